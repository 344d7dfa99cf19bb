"""What happened to the seats of a gathering."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NewType
from uuid import UUID

from services.events.gathering.events import FOR_ALL, GatheringId, MemberTerms
from shared.ids import AccountId, Label, PersonId, derive
from shared.money import Money
from shared.personal_value import Sealed

HoldId = NewType("HoldId", UUID)

ReleaseReason = Literal["released", "expired", "replaced", "gathering_cancelled"]
DenialReason = Literal["sold_out", "gathering_cancelled", "unknown_hold"]
Origin = Literal["paid", "free"]


def sale_of(gathering_id: UUID) -> UUID:
    """The stream of a gathering's sale."""
    return derive(gathering_id, "sale")


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where people come."""

    starts_at: datetime
    place: Label | None = None


@dataclass(frozen=True, slots=True)
class SaleOpened:
    """Seats can be had, at `price` each, until `closes_at`, unless the terms say otherwise."""

    gathering_id: GatheringId
    title: Label
    capacity: int
    price: Money
    closes_at: datetime
    member_terms: MemberTerms = FOR_ALL
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class SaleMoved:
    closes_at: datetime
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SaleCancelled:
    """No seat is given any more, and those that were are taken back."""


@dataclass(frozen=True, slots=True)
class Seats:
    """`count` seats for a person, at `amount` in all: what is held, sold and admitted."""

    hold_id: HoldId
    gathering_id: GatheringId
    person_id: PersonId
    title: Label
    count: int
    amount: Money

    @property
    def price(self) -> Money:
        """What one of them costs: the amount is a multiple of it."""
        return Money(self.amount.minor // self.count, self.amount.currency)


@dataclass(frozen=True, slots=True)
class SeatHeld:
    """The seats are kept until `expires_at`; `holder` is the name they are for, where one was given."""

    seats: Seats
    account_id: AccountId
    revision: int
    expires_at: datetime
    holder: Sealed | None


@dataclass(frozen=True, slots=True)
class SeatReleased:
    """A hold ended unpaid; its seats are free again."""

    seats: Seats
    reason: ReleaseReason


@dataclass(frozen=True, slots=True)
class SeatsSold:
    """The seats are the person's; `late` when they had been given up and were taken anew."""

    seats: Seats
    origin: Origin
    holder: Sealed | None
    late: bool
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class SeatsMoved:
    """Sold seats are for another time; they stay sold."""

    seats: Seats
    occasion: Occasion


@dataclass(frozen=True, slots=True)
class SeatDenied:
    """Money came for which there is no seat; it goes back."""

    hold_id: HoldId
    gathering_id: GatheringId
    person_id: PersonId
    title: Label | None
    reason: DenialReason


@dataclass(frozen=True, slots=True)
class SeatsWithdrawn:
    """Sold seats were taken back: the gathering does not take place. What was paid goes back."""

    seats: Seats


@dataclass(frozen=True, slots=True)
class SeatsReturned:
    """What was paid for sold seats has gone back, and the seats are free again."""

    seats: Seats


SaleEvent = (
    SaleOpened
    | SaleMoved
    | SaleCancelled
    | SeatHeld
    | SeatReleased
    | SeatsSold
    | SeatsMoved
    | SeatDenied
    | SeatsWithdrawn
    | SeatsReturned
)
