"""What happened to an order: what one checkout bought, or one hold of seats."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.billing.checkout.events import Line, OfferLine
from services.billing.payer.events import Instrument
from services.billing.payment.events import ChargedFor, MoneyLine, Reversal
from shared.ids import Code, PersonId, derive
from shared.money import Money

ReturnReason = Literal["seat_denied", "gathering_cancelled"]
BackReason = Literal["seat_denied", "gathering_cancelled", "requested", "disputed"]


def order_of(checkout_id: UUID) -> UUID:
    """The order of a checkout's offers. Seats are ordered under the id of their hold."""
    return derive(checkout_id, "order")


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is bought, by whom, and the payment that paid for it."""

    person_id: PersonId
    checkout_id: UUID
    payment_id: UUID
    total: Money
    lines: tuple[Line, ...]
    instrument: Instrument | None
    time_zone: Code

    @property
    def is_for_good(self) -> bool:
        """Something was bought that lasts: not a period, not a seat."""
        return any(isinstance(line, OfferLine) and not line.recurs for line in self.lines)


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """It is paid, or was free."""

    purchase: Purchase


@dataclass(frozen=True, slots=True)
class OrderPaidAgain:
    """Another payment came for the same order; it goes back."""

    payment_id: UUID
    charges: tuple[MoneyLine, ...]


@dataclass(frozen=True, slots=True)
class OrderReturnAsked:
    """What was paid for is not to be had; the money goes back."""

    person_id: PersonId
    payment_id: UUID
    charges: tuple[MoneyLine, ...]
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class OrderRefunded:
    """The money has gone back."""

    person_id: PersonId
    total: Money
    reason: BackReason


@dataclass(frozen=True, slots=True)
class OrderReversed:
    """What was paid for these kinds of thing went back, or a bank disputes it or has decided whose it is."""

    purchase: Purchase
    reversal: Reversal
    kinds: tuple[ChargedFor, ...]
    dispute: Code | None = None


@dataclass(frozen=True, slots=True)
class OrderSuspended:
    """What it bought for good is withheld while this dispute is open."""

    person_id: PersonId
    dispute: Code


@dataclass(frozen=True, slots=True)
class OrderReinstated:
    """The last dispute that withheld it was won: what it bought is had again."""

    purchase: Purchase


OrderEvent = (
    OrderPaid
    | OrderPaidAgain
    | OrderReturnAsked
    | OrderRefunded
    | OrderReversed
    | OrderSuspended
    | OrderReinstated
)
