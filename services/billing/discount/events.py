"""What happened to a discount, and what it takes off: the one arithmetic that previews and bills."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from shared.ids import Code, PersonId, derive
from shared.money import Money


def as_typed(text: str) -> Code:
    """A code however a person types it."""
    return Code(text.strip().upper())


def discount_of(community_id: UUID, code: Code) -> UUID:
    """The one discount of a code; another community's code is another."""
    return derive(community_id, "discount", code)


@dataclass(frozen=True, slots=True)
class Reduction:
    """What a line of a basket carries, and the subscription it becomes: so many per cent, or `amount`.

    It lasts for so many payments, or for ever.
    """

    discount_id: UUID
    percent: int
    amount: Money | None
    periods: int | None

    def off(self, full: Money, number: int) -> Money:
        """What is taken off payment `number`, which counts from 1: never more than there is."""
        if self.periods is not None and number > self.periods:
            return full * 0
        if self.amount is None:
            return full.share(Fraction(self.percent, 100))
        return min(self.amount, full)


@dataclass(frozen=True, slots=True)
class Deal:
    """What a code is good for: of named offers, or of all with a fixed price; for so many `months`, or payments."""

    percent: int = 0
    amounts: tuple[Money, ...] = ()
    periods: int | None = 1
    offers: tuple[UUID, ...] = ()
    months: int | None = None

    def covers(self, offer_id: UUID) -> bool:
        return not self.offers or offer_id in self.offers

    def amount_in(self, currency: str) -> Money | None:
        return next((amount for amount in self.amounts if amount.currency == currency), None)


@dataclass(frozen=True, slots=True)
class Discount:
    discount_id: UUID
    deal: Deal

    def reductions(self, fulls: Sequence[Money]) -> list[Reduction]:
        """One for each amount, of one currency that the deal knows; a fixed amount is spread over them to the cent."""
        deal, nothing = self.deal, Money(0, fulls[0].currency)
        amount = deal.amount_in(nothing.currency)
        parts: Sequence[Money | None] = [None] * len(fulls)
        if not deal.percent and amount:
            parts = min(amount, sum(fulls, nothing)).split([full.minor for full in fulls])
        return [Reduction(self.discount_id, deal.percent, part, deal.periods) for part in parts]


@dataclass(frozen=True, slots=True)
class DiscountPublished:
    """The code is good from `starts_at` until `ends_at`, for named persons or for all, so many times.

    For `founders` it is for those of its offer, whoever they are when they buy.
    """

    code: Code
    deal: Deal
    persons: tuple[PersonId, ...]
    most: int | None
    most_per_person: int | None
    starts_at: datetime | None
    ends_at: datetime | None
    founders: bool = False


@dataclass(frozen=True, slots=True)
class DiscountHeld:
    """A checkout is open that uses it."""

    checkout_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class DiscountReleased:
    """The checkout came to nothing; somebody else may use it."""

    checkout_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class DiscountRedeemed:
    """What it was used for is paid."""

    checkout_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class DiscountWithdrawn:
    """No checkout can use it any more; who has it keeps it."""


DiscountEvent = (
    DiscountPublished | DiscountHeld | DiscountReleased | DiscountRedeemed | DiscountWithdrawn
)
