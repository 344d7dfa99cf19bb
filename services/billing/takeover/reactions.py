"""What is seen is noted; what is begun is told to end there, and looked at again until it has."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.elsewhere import Theirs
from services.billing.gateways.elsewhere import BillingElsewhere
from services.billing.gateways.gateway import Declined
from services.billing.gateways.webhooks import SOURCE, TakeoverSubject, takeover_of_report
from services.billing.handover import SOON, Takeover, wish_for
from services.billing.migration.events import PageRead
from services.billing.takeover import commands, events
from services.billing.takeover.decider import TAKEOVER
from services.billing.takeover.events import takeover_of
from shared.consumer import Webhook
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import Code
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient


@dataclass(frozen=True, slots=True)
class LookAtTheirs:
    """Ask the processor for what is wanted now, if anything is, and how it stands."""

    takeover_id: UUID
    community_id: UUID | None = None


def when_page_read_note_theirs(fact: Fact) -> list[Ask]:
    read: PageRead = fact.body
    return [
        Ask(
            TAKEOVER,
            takeover_of(fact.community_id, theirs.subscription),
            commands.NoteTheirs(theirs, read.account),
        )
        for theirs in read.theirs
    ]


def when_takeover_begun_look(fact: Fact) -> list[Call | At]:
    begun: events.TakeoverBegun = fact.body
    again = Ask(TAKEOVER, fact.stream_id, commands.LookAgain())
    return [Call(LookAtTheirs(fact.stream_id)), At(begun.brought.period.end, again)]


def when_theirs_renewed_look(fact: Fact) -> list[Call | At]:
    renewed: events.TheirsRenewed = fact.body
    again = Ask(TAKEOVER, fact.stream_id, commands.LookAgain())
    return [Call(LookAtTheirs(fact.stream_id)), At(renewed.period.end, again)]


def when_theirs_held_up_look_again(fact: Fact) -> list[At]:
    held: events.TheirsHeldUp = fact.body
    return [At(held.look_at, Ask(TAKEOVER, fact.stream_id, commands.LookAgain()))]


def when_takeover_reverted_look_again(fact: Fact) -> list[At]:
    """A call that was under way may have told it to end after all."""
    return [At(fact.at + SOON, Ask(TAKEOVER, fact.stream_id, commands.LookAgain()))]


def when_due_look(fact: Fact) -> list[Call]:
    return [Call(LookAtTheirs(fact.stream_id))]


def when_processor_reported_look(fact: Fact) -> list[Call]:
    report: Webhook = fact.body
    subject: TakeoverSubject | None = takeover_of_report(report.payload)
    is_about_one = report.type.startswith("customer.subscription.")
    if report.source != SOURCE or not is_about_one or subject is None:
        return []
    return [Call(LookAtTheirs(subject.takeover_id, subject.community_id))]


async def look_at_theirs(action: LookAtTheirs, context: ActionContext) -> Ask | None:
    elsewhere: BillingElsewhere = context.gateways["elsewhere"]
    community_id = action.community_id or context.community_id
    try:
        takeover, _ = await context.service.handler.state(
            TAKEOVER, action.takeover_id, community_id
        )
    except NotFound:
        return None  # Whoever has an account at the processor can write any name on a subscription.
    if takeover.theirs is None:
        return None
    theirs, refused = await _told(elsewhere, takeover, action.takeover_id, community_id)
    record = commands.RecordTheirs(
        action.takeover_id, theirs, context.now, refused, takeover.heading
    )
    return Ask(TAKEOVER, action.takeover_id, record, community_id=community_id)


async def _told(
    elsewhere: BillingElsewhere, takeover: Takeover, takeover_id: UUID, community_id: UUID
) -> tuple[Theirs | None, Code | None]:
    """An unknown outcome is looked up, never believed: what counts is how it stands when it is fetched again."""
    assert takeover.theirs  # noqa: S101  The caller has looked.
    which = takeover.theirs.subscription, takeover.account
    theirs = await elsewhere.fetch(*which)
    wish = wish_for(theirs, takeover) if theirs else None
    if wish is None:
        return theirs, None
    try:
        if wish == "end":
            await elsewhere.set_to_end(*which, takeover_id, community_id)
        else:
            await elsewhere.let_go_on(*which)
    except Declined as no:
        return await elsewhere.fetch(*which), no.code
    theirs = await elsewhere.fetch(*which)
    if theirs and wish_for(theirs, takeover):
        raise Transient("The processor has not done it yet.")
    return theirs, None


REACTIONS = (
    Reaction("billing.takeover.when_page_read_note_theirs", PageRead, when_page_read_note_theirs),
    Reaction(
        "billing.takeover.when_takeover_begun_look", events.TakeoverBegun, when_takeover_begun_look
    ),
    Reaction(
        "billing.takeover.when_theirs_renewed_look", events.TheirsRenewed, when_theirs_renewed_look
    ),
    Reaction(
        "billing.takeover.when_theirs_held_up_look_again",
        events.TheirsHeldUp,
        when_theirs_held_up_look_again,
    ),
    Reaction(
        "billing.takeover.when_takeover_reverted_look_again",
        events.TakeoverReverted,
        when_takeover_reverted_look_again,
    ),
    Reaction("billing.takeover.when_theirs_due_look", events.TheirsDue, when_due_look),
    Reaction("billing.takeover.when_reversal_asked_look", events.ReversalAsked, when_due_look),
    Reaction(
        "billing.takeover.when_processor_reported_look", Webhook, when_processor_reported_look
    ),
)

ACTIONS = (Action(LookAtTheirs, look_at_theirs),)
