"""What may be asked of a page of activity."""

from dataclasses import dataclass

from services.membership.activity.events import Signal


@dataclass(frozen=True, slots=True)
class RecordSignals:
    signals: tuple[Signal, ...]
