"""An audit only tells until somebody lets it repair; even then it takes no role from many without their word.

Each drift is told once, when it is first found, and once more when it is found no longer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.membership.chat_audit import commands, events
from services.membership.chat_audit.events import MOST_REMOVALS, Comparison, Drift
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, derive

FIRST_AFTER = timedelta(hours=1)
EVERY = timedelta(days=1)
MOST_DRIFTS = 100
What = tuple[UUID | None, events.Kind, Code | None]
WAITING: frozenset[events.Outcome] = frozenset(("reported", "held_back"))


@dataclass(frozen=True, slots=True)
class Audits:
    """`waits` is the one whose repair nobody has approved yet, `trusted` the server that may be repaired.

    `open` are the drifts that were found and are not settled, on which server; `mapped` the roles that followed from
    access at the last look.
    """

    number: int = 0
    due: datetime | None = None
    underway: events.ChatAuditBegun | None = None
    trusted: Code | None = None
    waits: events.ChatServerCompared | None = None
    mapped: tuple[Code, ...] = ()
    open: Mapping[What, events.ChatDriftFound] = field(default_factory=dict)


def audits_of(community_id: UUID) -> UUID:
    """The stream of a community's audits."""
    return derive(community_id, "chat_audits")


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
        case commands.ApproveRepair():
            return _approve(command, audits)
        case _ if audits.underway is None or audits.underway.number != command.number:
            return []
        case commands.RecordComparison(at=at):
            return [*_record(command, audits), *_again(audits.underway, at)]
        case commands.RecordRefusal(number, problem, at):
            return [events.ChatAuditRefused(number, problem), *_again(audits.underway, at)]
        case commands.RecordNoServer(number):
            return [*_settle(number, audits.open.values()), events.ChatAuditStopped(number)]
        case _:
            assert_never(command)


def _record(told: commands.RecordComparison, audits: Audits) -> list[events.ChatAuditEvent]:
    """So many drifts are open at once; the rest are told when there is room, and counted until then.

    Of who was not looked at, what is open stays open; of another server, nothing does.
    """
    number, comparison = told.number, told.comparison
    outcome = _outcome(comparison, audits)
    is_news = outcome in WAITING and audits.waits is None
    found = {one.what: one for one in told.drifts}
    still = {
        what
        for what, one in audits.open.items()
        if one.server == comparison.server
        and (what in found or one.drift.person_id in told.skipped)
    }
    gone = [one for what, one in audits.open.items() if what not in still]
    news = [_caused(one, audits) for what, one in found.items() if what not in still]
    room = MOST_DRIFTS - len(still)
    return [
        events.ChatServerCompared(number, comparison, outcome, is_news, told.mapped),
        *_settle(number, gone),
        *(events.ChatDriftFound(number, comparison.server, one) for one in news[:room]),
    ]


def _caused(drift: Drift, audits: Audits) -> Drift:
    """A role that nothing led to at the last look was nobody's to give through us: the rules made it ours since."""
    is_new = bool(audits.mapped) and drift.role not in audits.mapped
    by_hand = drift.cause == "given_by_hand"
    return replace(drift, cause="mapping_changed") if by_hand and is_new else drift


def _settle(number: int, found: Iterable[events.ChatDriftFound]) -> list[events.ChatAuditEvent]:
    return [events.ChatDriftSettled(number, one.server, one.drift) for one in found]


def _outcome(comparison: Comparison, audits: Audits) -> events.Outcome:
    if not comparison.differences:
        return "clean"
    if comparison.server != audits.trusted:
        return "reported"
    return "held_back" if comparison.removals > MOST_REMOVALS else "repairing"


def _again(begun: events.ChatAuditBegun, at: datetime) -> list[events.ChatAuditEvent]:
    return [events.ChatAuditScheduled(at + EVERY)] if begun.by_clock else []


def _approve(asked: commands.ApproveRepair, audits: Audits) -> list[events.ChatAuditEvent]:
    number = asked.number
    if not 1 <= number <= audits.number:
        raise NotFound("audit_not_found", "There is no such audit.")
    if audits.waits is None or audits.waits.number != number:
        raise Rejected("nothing_to_approve", "Nothing of this audit waits for anybody's word.")
    found = audits.waits.comparison
    if found.server != asked.server:
        raise Rejected("another_server", "It was of another server: look at this one first.")
    return [events.ChatRepairApproved(number, found.server, found.most_removals)]


def evolve(audits: Audits, event: events.ChatAuditEvent) -> Audits:
    match event:
        case events.ChatAuditScheduled(due):
            return replace(audits, due=due)
        case events.ChatAuditBegun(number, by_clock):
            waits_for = None if by_clock else audits.due
            return replace(audits, number=number, due=waits_for, underway=event)
        case events.ChatServerCompared(outcome=outcome, mapped=mapped):
            waits = event if outcome in WAITING else None
            return replace(audits, underway=None, waits=waits, mapped=mapped)
        case events.ChatDriftFound(drift=drift):
            return replace(audits, open={**audits.open, drift.what: event})
        case events.ChatDriftSettled(drift=drift):
            left = {what: one for what, one in audits.open.items() if what != drift.what}
            return replace(audits, open=left)
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
