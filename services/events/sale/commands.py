"""What may be asked of a gathering's sale."""

from dataclasses import dataclass
from datetime import datetime

from services.events.gathering.events import FOR_ALL, GatheringId, MemberTerms, TierId
from services.events.sale.events import HoldId, Occasion
from shared.ids import AccountId, Label, PersonId
from shared.money import Money
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class OpenSale:
    gathering_id: GatheringId
    title: Label
    capacity: int
    price: Money
    closes_at: datetime
    member_terms: MemberTerms = FOR_ALL
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class MoveSale:
    closes_at: datetime
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CancelSale:
    pass


@dataclass(frozen=True, slots=True)
class HoldSeats:
    """`tiers` are those that the person has; `price` is what they were shown for a seat, where they say so."""

    hold_id: HoldId
    person_id: PersonId
    account_id: AccountId
    seats: int
    holder: Sealed | None
    at: datetime
    tiers: tuple[TierId, ...] = ()
    price: Money | None = None


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    hold_id: HoldId
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ExpireHold:
    hold_id: HoldId
    at: datetime


@dataclass(frozen=True, slots=True)
class ConfirmHold:
    """The money for a revision of a hold is there."""

    hold_id: HoldId
    gathering_id: GatheringId
    person_id: PersonId
    revision: int
    amount: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class ReturnSeats:
    """What was paid for sold seats has gone back."""

    hold_id: HoldId


SaleCommand = (
    OpenSale
    | MoveSale
    | CancelSale
    | HoldSeats
    | ReleaseHold
    | ExpireHold
    | ConfirmHold
    | ReturnSeats
)
