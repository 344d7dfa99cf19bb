"""A signal counts once, however often its source sends it, and not at all of who wants nothing recorded.

A page is one hour of one community by the signals' own clock: what it has seen fits in memory, and the batches of many
callers share its lane and its write. A signal sent again with another time would be another page's.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.activity import commands, events
from services.membership.activity.events import Signal, SignalRecorded
from shared.decider import Decider, Rejected
from shared.ids import derive

OLDEST = timedelta(days=400)
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Page:
    """The ids seen, in sets of growing size: one more costs little, and no state is ever changed in place."""

    seen: tuple[frozenset[UUID], ...] = ()

    def has(self, signal_id: UUID) -> bool:
        return any(signal_id in part for part in self.seen)

    def plus(self, signal_id: UUID) -> "Page":
        parts = [*self.seen, frozenset((signal_id,))]
        while len(parts) > 1 and len(parts[-2]) <= len(parts[-1]):
            last = parts.pop()
            parts[-1] |= last
        return Page(tuple(parts))


def page_of(community_id: UUID, seen_at: datetime) -> UUID:
    return derive(community_id, "activity", f"{seen_at.astimezone(UTC):%Y-%m-%dT%H}")


def signal_of(community_id: UUID, source: str, key: str) -> UUID:
    """The id of a signal by what its source calls it."""
    return derive(community_id, "signal", source, key)


def check_times(times: tuple[datetime, ...], at: datetime) -> None:
    """The pointer leads to the first that is wrong."""
    for number, seen_at in enumerate(times):
        if not at - OLDEST <= seen_at <= at + AHEAD:
            raise Rejected(
                "seen_out_of_range",
                "A signal is of the last four hundred days.",
                pointer=f"/signals/{number}/seen_at",
            )


def decide(command: commands.RecordSignals, page: Page) -> list[SignalRecorded]:
    new: dict[UUID, Signal] = {}
    for signal in command.signals:
        if signal.person_id in command.declined or page.has(signal.signal_id):
            continue
        towards = None if signal.towards in command.declined else signal.towards
        new.setdefault(signal.signal_id, replace(signal, towards=towards))
    return [SignalRecorded(signal) for signal in new.values()]


def evolve(page: Page, event: SignalRecorded) -> Page:
    return page.plus(event.signal.signal_id)


ACTIVITY: Decider[commands.RecordSignals, Page, SignalRecorded] = Decider(
    "activity",
    initial=Page(),
    decide=decide,
    evolve=evolve,
    commands=commands.RecordSignals,
    events=events.SignalRecorded,
)
