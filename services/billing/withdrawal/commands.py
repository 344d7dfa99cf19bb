"""What may be asked of a right of withdrawal."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.checkout.events import Basket, CheckoutCompleted
from services.billing.purse import Purse
from services.billing.withdrawals import Spell


@dataclass(frozen=True, slots=True)
class Bought:
    """What a checkout bought and when, what became of what recurs, by offer, and what is left of each that was paid.

    `completed` is None while it is not paid.
    """

    checkout_id: UUID
    basket: Basket
    completed: CheckoutCompleted | None
    at: datetime
    spells: tuple[tuple[UUID, Spell], ...]
    left: tuple[tuple[UUID, Purse], ...]


@dataclass(frozen=True, slots=True)
class DeclareWithdrawal:
    """The buyer wants out, and need not say why."""

    bought: Bought
    at: datetime


WithdrawalCommand = DeclareWithdrawal
