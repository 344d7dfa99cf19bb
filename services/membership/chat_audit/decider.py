"""An audit only tells until somebody lets it repair; even then it takes no role from many without their word."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.membership.chat.events import SeatNow
from services.membership.chat_audit import commands, events
from services.membership.chat_audit.events import Comparison, Difference
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, derive

FIRST_AFTER = timedelta(hours=1)
EVERY = timedelta(days=1)
MOST_REMOVALS = 20
MOST_LISTED = 200
WAITING: frozenset[events.Outcome] = frozenset(("reported", "held_back"))


@dataclass(frozen=True, slots=True)
class Audits:
    """`waits` is the one whose repair nobody has approved yet, `trusted` the server that may be repaired."""

    number: int = 0
    due: datetime | None = None
    underway: events.ChatAuditBegun | None = None
    trusted: Code | None = None
    waits: events.ChatServerCompared | None = None


def audits_of(community_id: UUID) -> UUID:
    """The stream of a community's audits."""
    return derive(community_id, "chat_audits")


def compared(
    server: Code,
    mapped: Collection[Code],
    seats: Sequence[tuple[SeatNow, str]],
    there: Mapping[str, frozenset[Code]],
) -> Comparison:
    """What differs between the seats, each with its account, and who is `there`; only `mapped` roles are ours."""
    ours = frozenset(mapped)
    found = [
        difference
        for seat, account in seats
        if not seat.asks
        for difference in _differences(seat, ours, there.get(account))
    ]
    strangers = there.keys() - {account for _, account in seats}
    return Comparison(
        server=server,
        members=len(there),
        seats=len(seats),
        differences=len(found),
        removals=sum(one.kind == "role_extra" for one in found),
        strangers=sum(bool(there[account] & ours) for account in strangers),
        found=tuple(found[:MOST_LISTED]),
    )


def _differences(
    seat: SeatNow, ours: frozenset[Code], there: frozenset[Code] | None
) -> list[Difference]:
    if there is None:
        return [Difference(seat.person_id, "absent")] if seat.held else []
    back = [Difference(seat.person_id, "returned")] if seat.absent else []
    missing, extra = seat.held - there, (there & ours) - seat.held - seat.wanted
    return [
        *back,
        *(Difference(seat.person_id, "role_missing", role) for role in sorted(missing)),
        *(Difference(seat.person_id, "role_extra", role) for role in sorted(extra)),
    ]


def decide(command: commands.ChatAuditCommand, audits: Audits) -> list[events.ChatAuditEvent]:
    match command:
        case commands.ScheduleAudits(at):
            return [] if audits.due else [events.ChatAuditScheduled(at + FIRST_AFTER)]
        case commands.BeginAudit(None):
            begun = events.ChatAuditBegun(audits.number + 1, by_clock=False)
            return [] if audits.underway else [begun]
        case commands.BeginAudit(due):
            # One that never came to an end does not keep the next from beginning.
            begun = events.ChatAuditBegun(audits.number + 1, by_clock=True)
            return [begun] if due == audits.due else []
        case commands.ApproveRepair(number):
            return _approve(number, audits)
        case _ if audits.underway is None or audits.underway.number != command.number:
            return []
        case commands.RecordComparison(number, comparison, at):
            outcome = _outcome(comparison, audits)
            is_news = outcome in WAITING and audits.waits is None
            told = events.ChatServerCompared(number, comparison, outcome, is_news)
            return [told, *_again(audits.underway, at)]
        case commands.RecordRefusal(number, problem, at):
            return [events.ChatAuditRefused(number, problem), *_again(audits.underway, at)]
        case commands.RecordNoServer(number):
            return [events.ChatAuditStopped(number)]
        case _:
            assert_never(command)


def _outcome(comparison: Comparison, audits: Audits) -> events.Outcome:
    if not comparison.differences:
        return "clean"
    if comparison.server != audits.trusted:
        return "reported"
    return "held_back" if comparison.removals > MOST_REMOVALS else "repairing"


def _again(begun: events.ChatAuditBegun, at: datetime) -> list[events.ChatAuditEvent]:
    return [events.ChatAuditScheduled(at + EVERY)] if begun.by_clock else []


def _approve(number: int, audits: Audits) -> list[events.ChatAuditEvent]:
    if not 1 <= number <= audits.number:
        raise NotFound("audit_not_found", "There is no such audit.")
    if audits.waits is None or audits.waits.number != number:
        raise Rejected("nothing_to_approve", "Nothing of this audit waits for anybody's word.")
    return [events.ChatRepairApproved(number, audits.waits.comparison.server)]


def evolve(audits: Audits, event: events.ChatAuditEvent) -> Audits:
    match event:
        case events.ChatAuditScheduled(due):
            return replace(audits, due=due)
        case events.ChatAuditBegun(number, by_clock):
            waits_for = None if by_clock else audits.due
            return replace(audits, number=number, due=waits_for, underway=event)
        case events.ChatServerCompared(outcome=outcome):
            return replace(audits, underway=None, waits=event if outcome in WAITING else None)
        case events.ChatAuditRefused():
            return replace(audits, underway=None)
        case events.ChatRepairApproved(server=server):
            return replace(audits, waits=None, trusted=server)
        case events.ChatAuditStopped():
            return Audits(number=audits.number)
        case _:
            assert_never(event)


CHAT_AUDIT: Decider[commands.ChatAuditCommand, Audits, events.ChatAuditEvent] = Decider(
    "chat_audit",
    initial=Audits(),
    decide=decide,
    evolve=evolve,
    commands=commands.ChatAuditCommand,
    events=events.ChatAuditEvent,
)
