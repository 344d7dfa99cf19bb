"""What one person has not paid of all they subscribe to, and whether that is too much; the stream follows from them."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.policy.events import ArrearsLimits
from shared.ids import Code, PersonId, derive
from shared.money import Money


def arrears_stream(person_id: UUID) -> UUID:
    """The stream of all that one person owes."""
    return derive(person_id, "arrears")


@dataclass(frozen=True, slots=True)
class Overdue:
    """What somebody owes who is over a limit, and the link that pays each bill."""

    owed: tuple[Money, ...]
    links: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class SubscriptionCounted:
    """It is one of those that are withheld if too much is owed."""

    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class SubscriptionUncounted:
    """It has ended, and nothing is owed for it any more."""

    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class BillOverdue:
    person_id: PersonId
    subscription_id: UUID
    amount: Money


@dataclass(frozen=True, slots=True)
class BillSettled:
    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class ArrearsExceeded:
    """More is owed than these `limits` allow: these subscriptions are withheld."""

    person_id: PersonId
    limits: ArrearsLimits
    subscriptions: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class ArrearsCleared:
    """No more is owed than is allowed: these subscriptions are had again."""

    person_id: PersonId
    subscriptions: tuple[UUID, ...]


ArrearsEvent = (
    SubscriptionCounted
    | SubscriptionUncounted
    | BillOverdue
    | BillSettled
    | ArrearsExceeded
    | ArrearsCleared
)
