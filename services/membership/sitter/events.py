"""What happened to the seats that a person sits on; the stream is derived from the person."""

from dataclasses import dataclass
from uuid import UUID

from services.membership.access.events import Barred


@dataclass(frozen=True, slots=True)
class Held:
    """A seat, and the subscription that pays for it."""

    subscription_id: UUID
    seat_id: UUID


@dataclass(frozen=True, slots=True)
class SeatTaken:
    held: Held


@dataclass(frozen=True, slots=True)
class SeatsLeft:
    """The person is banned or erased, and sits on none of these any more."""

    cause: Barred
    seats: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class SittingAllowed:
    """The person is banned no more, and may be given another seat."""


SitterEvent = SeatTaken | SeatsLeft | SittingAllowed
