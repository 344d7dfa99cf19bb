"""What may be asked of a discount."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.discount.events import Deal
from shared.ids import Code, PersonId


@dataclass(frozen=True, slots=True)
class PublishDiscount:
    code: Code
    deal: Deal
    persons: tuple[PersonId, ...] = ()
    most: int | None = None
    most_per_person: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    founders: bool = False


@dataclass(frozen=True, slots=True)
class HoldDiscount:
    """A checkout that uses it is about to open, by a founder of these offers."""

    checkout_id: UUID
    person_id: PersonId
    at: datetime
    founder_of: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class ReleaseDiscount:
    """No money can come of the checkout any more."""

    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class RedeemDiscount:
    """The checkout is paid."""

    checkout_id: UUID


@dataclass(frozen=True, slots=True)
class WithdrawDiscount:
    pass


DiscountCommand = (
    PublishDiscount | HoldDiscount | ReleaseDiscount | RedeemDiscount | WithdrawDiscount
)
