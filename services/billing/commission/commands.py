"""What may be asked of what a buyer's payments earn others."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.commission.events import (
    BuyerSent,
    DisputeCounted,
    PurchaseCounted,
    ReturnCounted,
)


@dataclass(frozen=True, slots=True)
class CountBuyerSent:
    news: BuyerSent


@dataclass(frozen=True, slots=True)
class CountPurchase:
    news: PurchaseCounted


@dataclass(frozen=True, slots=True)
class CountReturn:
    news: ReturnCounted


@dataclass(frozen=True, slots=True)
class CountDispute:
    news: DisputeCounted


@dataclass(frozen=True, slots=True)
class EndHold:
    payment_id: UUID
    at: datetime


CommissionCommand = CountBuyerSent | CountPurchase | CountReturn | CountDispute | EndHold
