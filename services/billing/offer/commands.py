"""What may be asked of an offer."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.offer.events import MOST_OF_ONE, FixedYear, Interval, Price
from shared.ids import Label


@dataclass(frozen=True, slots=True)
class PublishOffer:
    name: Label
    prices: tuple[Price, ...]
    interval: Interval
    trial_days: int
    tier_id: UUID | None
    every: int = 1
    donation: bool = False
    fewest: int = 1
    most: int = MOST_OF_ONE
    content_id: UUID | None = None
    seats: bool = False
    year: FixedYear | None = None
    trial_needs_card: bool = True


@dataclass(frozen=True, slots=True)
class RepriceOffer:
    prices: tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class RetireOffer:
    pass


OfferCommand = PublishOffer | RepriceOffer | RetireOffer
