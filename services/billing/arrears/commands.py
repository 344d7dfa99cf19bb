"""What may be asked of what one person owes."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.policy.events import ArrearsLimits
from shared.ids import PersonId
from shared.money import Money


@dataclass(frozen=True, slots=True)
class CountSubscription:
    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class UncountSubscription:
    """It has ended."""

    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class CountBill:
    """It is past due."""

    person_id: PersonId
    subscription_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class SettleBill:
    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class WeighArrears:
    """By the limits that the seller sets now."""

    person_id: PersonId
    limits: ArrearsLimits


ArrearsCommand = CountSubscription | UncountSubscription | CountBill | SettleBill | WeighArrears
