"""What may be asked of who sits on seats."""

from dataclasses import dataclass

from services.membership.access.events import Barred
from services.membership.sitter.events import Held


@dataclass(frozen=True, slots=True)
class TakeSeat:
    held: Held


@dataclass(frozen=True, slots=True)
class LeaveSeats:
    """For good: who is banned or erased sits nowhere again."""

    cause: Barred


SitterCommand = TakeSeat | LeaveSeats
