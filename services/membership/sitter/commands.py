"""What may be asked of who sits on seats."""

from dataclasses import dataclass

from services.membership.access.events import Barred
from services.membership.sitter.events import Held


@dataclass(frozen=True, slots=True)
class TakeSeat:
    held: Held


@dataclass(frozen=True, slots=True)
class LeaveSeats:
    """Who is banned or erased sits nowhere again, unless the ban is lifted."""

    cause: Barred


@dataclass(frozen=True, slots=True)
class AllowSitting:
    """The ban is lifted; the seats they had are somebody else's."""


SitterCommand = TakeSeat | LeaveSeats | AllowSitting
