"""What may be asked of an order."""

from dataclasses import dataclass

from services.billing.order.events import Purchase, ReturnReason
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


OrderCommand = PayOrder | ReturnOrder | RecordReturn
