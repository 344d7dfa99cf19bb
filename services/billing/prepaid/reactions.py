"""Who was brought is written to on their days; who is no member any more is not."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.links import LINK_LIFE, OF_CARD, make_link
from services.billing.offer.projections import offers_among
from services.billing.prepaid import commands, events
from services.billing.prepaid.decider import PREPAID
from services.billing.prepaid.events import prepaid_of
from services.billing.prepaid.projections import prepaid_now, progress_with, standing_with
from shared.contracts.membership_member import MemberBanned, MemberLeft, PersonErased
from shared.contracts.membership_prepaid import MembersPrepaid
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction


@dataclass(frozen=True, slots=True)
class LookWhetherSubscribed:
    """And by which link they would."""

    person_id: PersonId
    offer_id: UUID
    until: datetime
    occasion: events.Occasion


def when_members_prepaid_hear(fact: Fact) -> list[Ask]:
    told: MembersPrepaid = fact.body
    at_once = told.letter == "at_once"
    return [
        Ask(
            PREPAID,
            prepaid_of(one.person_id),
            commands.HearPrepaid(
                PersonId(one.person_id), told.offer_id, one.until, at_once, told.occurred_at
            ),
        )
        for one in told.people
    ]


def when_prepaid_heard_write(fact: Fact) -> list[At]:
    heard: events.PrepaidHeard = fact.body
    return [
        At(letter.at, Ask(PREPAID, fact.stream_id, _write(letter.occasion, heard.until)))
        for letter in heard.letters
    ]


def _write(occasion: events.Occasion, until: datetime) -> commands.WritePrepaid:
    return commands.WritePrepaid(occasion, until)


def when_prepaid_letter_due_look(fact: Fact) -> list[Call]:
    due: events.PrepaidLetterDue = fact.body
    return [Call(LookWhetherSubscribed(due.person_id, due.offer_id, due.until, due.occasion))]


def when_member_gone_let_go(fact: Fact) -> list[Ask]:
    gone: MemberLeft | MemberBanned | PersonErased = fact.body
    let_go = commands.LetPrepaidGo(PersonId(gone.person_id), gone.occurred_at)
    return [Ask(PREPAID, prepaid_of(gone.person_id), let_go)]


REACTIONS = (
    Reaction(
        "billing.prepaid.when_members_prepaid_hear", MembersPrepaid, when_members_prepaid_hear
    ),
    Reaction(
        "billing.prepaid.when_prepaid_heard_write", events.PrepaidHeard, when_prepaid_heard_write
    ),
    Reaction(
        "billing.prepaid.when_prepaid_letter_due_look",
        events.PrepaidLetterDue,
        when_prepaid_letter_due_look,
    ),
    Reaction("billing.prepaid.when_member_left_let_go", MemberLeft, when_member_gone_let_go),
    Reaction("billing.prepaid.when_member_banned_let_go", MemberBanned, when_member_gone_let_go),
    Reaction("billing.prepaid.when_person_erased_let_go", PersonErased, when_member_gone_let_go),
)


async def look_whether_subscribed(
    action: LookWhetherSubscribed, context: ActionContext
) -> Ask | None:
    """As of now; done again after a crash, it makes another link for the one letter."""
    service, community_id = context.service, context.community_id
    prepaid = await prepaid_now(service, community_id, action.person_id)
    if prepaid is None:
        return None
    progress = await progress_with(service, community_id, prepaid)
    async with service.pool.acquire() as connection:
        offer = (await offers_among(connection, [action.offer_id])).get(action.offer_id)
        standing = await standing_with(connection, prepaid, progress)
    until = max(action.until, context.now) + LINK_LIFE
    tell = commands.TellPrepaid(
        action.occasion,
        action.until,
        offer.name if offer and offer.sellable else None,
        make_link(service.secret, action.person_id, community_id, until, OF_CARD),
        standing,
    )
    return Ask(PREPAID, prepaid_of(action.person_id), tell)


ACTIONS = (Action(LookWhetherSubscribed, look_whether_subscribed),)
