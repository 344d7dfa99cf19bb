"""What may be asked of an order."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.order.events import Purchase, ReturnReason
from services.billing.payment.events import ChargedFor, Reversal
from shared.ids import Code
from shared.money import Money


@dataclass(frozen=True, slots=True)
class PayOrder:
    purchase: Purchase


@dataclass(frozen=True, slots=True)
class ReturnOrder:
    reason: ReturnReason


@dataclass(frozen=True, slots=True)
class RecordReturn:
    """So much of what was paid has gone back."""

    total: Money


@dataclass(frozen=True, slots=True)
class RecordReversal:
    """All that the payment brought for these kinds of thing went back, or a bank has a word in it."""

    payment_id: UUID
    reversal: Reversal
    kinds: tuple[ChargedFor, ...]
    dispute: Code | None = None


@dataclass(frozen=True, slots=True)
class SuspendOrder:
    """The seller withholds what it bought while a bank decides."""

    dispute: Code


@dataclass(frozen=True, slots=True)
class WithdrawOrder:
    """Its buyer withdrew from it; so much goes back."""

    total: Money


OrderCommand = WithdrawOrder | PayOrder | ReturnOrder | RecordReturn | RecordReversal | SuspendOrder
