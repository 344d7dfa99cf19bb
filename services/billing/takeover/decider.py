"""A period is charged by one side only: ours charges once theirs was seen to have ended, and goes back until then."""

from dataclasses import replace
from datetime import datetime
from typing import assert_never

from services.billing.elsewhere import brought, obstacles, terms_after
from services.billing.handover import OPEN, UNDER_WAY, Takeover, following
from services.billing.payer.events import Instrument
from services.billing.takeover import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import derive


def decide(command: commands.TakeoverCommand, takeover: Takeover) -> list[events.TakeoverEvent]:
    match command:
        case commands.NoteTheirs(theirs, account):
            is_ours = takeover.standing in (*UNDER_WAY, "owned")
            is_known = takeover.standing in OPEN and takeover.theirs == theirs
            return [] if is_ours or is_known else [events.TheirsSeen(theirs, account)]
        case commands.TakeOver():
            return _begin(command, takeover)
        case commands.LookAgain():
            is_open = takeover.standing in (*UNDER_WAY, "reverted")
            return [events.TheirsDue()] if is_open else []
        case commands.RecordTheirs(heading=then) if then not in (None, takeover.heading):
            return []
        case commands.RecordTheirs():
            return following(
                command.theirs, takeover, command.takeover_id, command.at, command.refused
            )
        case commands.Revert(leaving, at):
            return _revert(takeover, at, leaving=leaving)
        case _:
            assert_never(command)


def _begin(asked: commands.TakeOver, takeover: Takeover) -> list[events.TakeoverEvent]:
    theirs = takeover.theirs
    if theirs is None:
        raise _not_found()
    if takeover.standing in (*UNDER_WAY, "owned"):
        return []
    found = obstacles(
        theirs, asked.person_id, asked.target, twice=asked.twice, subscribed=asked.subscribed
    )
    if found or asked.person_id is None or asked.target is None:
        raise Rejected("cannot_be_taken_over", "It stays where it is.", obstacles=list(found))
    if theirs.period_end <= asked.at or takeover.standing not in OPEN:
        raise Rejected("plan_out_of_date", "It is not as it was: read the account again.")
    assert theirs.payment_method  # noqa: S101  Without a card it is not taken over.
    takeover_id = asked.takeover_id
    terms = terms_after(
        theirs, asked.person_id, asked.target, asked.time_zone, derive(takeover_id, "coupon")
    )
    return [
        events.TakeoverBegun(
            derive(takeover_id, "subscription", str(takeover.times + 1)),
            terms,
            Instrument(theirs.payment_method, theirs.customer, takeover.account),
            brought(theirs),
            theirs.good_until,
        )
    ]


def _revert(takeover: Takeover, at: datetime, *, leaving: bool) -> list[events.TakeoverEvent]:
    match takeover.standing:
        case "unknown":
            raise _not_found()
        case "planned" | "reverting" | "reverted" | "failed":
            return []
        case "owned":
            raise Rejected("takeover_final", "Theirs has ended: there is nothing to go back to.")
        case "begun" | "confirmed":
            pass
        case _:
            assert_never(takeover.standing)
    if leaving:
        raise Rejected("cancelled_here", "Who has cancelled here is not charged there again.")
    if takeover.ends_at and at >= takeover.ends_at:
        raise Rejected("takeover_final", "The period that was charged there is over.")
    return [events.ReversalAsked()]


def _not_found() -> NotFound:
    return NotFound("takeover_not_found", "There is no such subscription to take over.")


def evolve(takeover: Takeover, event: events.TakeoverEvent) -> Takeover:
    if isinstance(event, events.TheirsHeldUp):
        return replace(takeover, held=event)
    if isinstance(event, events.TheirsDue | events.ReversalMissed):
        return takeover
    return _evolve(replace(takeover, held=None), event)


def _evolve(takeover: Takeover, event: events.TakeoverEvent) -> Takeover:
    match event:
        case events.TheirsSeen(theirs, account):
            return replace(takeover, standing="planned", theirs=theirs, account=account)
        case events.TakeoverBegun(subscription_id, brought=came):
            return replace(
                takeover,
                standing="begun",
                times=takeover.times + 1,
                subscription_id=subscription_id,
                ends_at=came.period.end,
            )
        case events.TheirsSetToEnd(ends_at):
            return replace(takeover, standing="confirmed", ends_at=ends_at)
        case events.TheirsRenewed(_, period):
            standing = "begun" if takeover.standing == "confirmed" else takeover.standing
            return replace(takeover, standing=standing, ends_at=period.end)
        case events.TheirsEnded(_, ends_at):
            return replace(takeover, standing="owned", ends_at=ends_at)
        case events.ReversalAsked():
            return replace(takeover, standing="reverting")
        case events.TakeoverReverted():
            return replace(takeover, standing="reverted")
        case events.TakeoverFailed():
            return replace(takeover, standing="failed")
        case _:
            return takeover


TAKEOVER: Decider[commands.TakeoverCommand, Takeover, events.TakeoverEvent] = Decider(
    "takeover",
    initial=Takeover(),
    decide=decide,
    evolve=evolve,
    commands=commands.TakeoverCommand,
    events=events.TakeoverEvent,
)
