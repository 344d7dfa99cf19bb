"""What may be asked of a page of activity."""

from dataclasses import dataclass

from services.membership.activity.events import Signal
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class RecordSignals:
    """`declined` are those who want nothing recorded of what they do."""

    signals: tuple[Signal, ...]
    declined: frozenset[PersonId] = frozenset()


@dataclass(frozen=True, slots=True)
class RecordAttendance:
    """Have these recorded, of who wants it; all are of one hour."""

    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """Have it recorded, of whoever the person is now, that they came to a gathering, if they are a member."""

    signal: Signal
