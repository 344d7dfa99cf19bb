"""What may be asked of an offer."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.offer.events import Interval
from shared.ids import Label
from shared.money import Money


@dataclass(frozen=True, slots=True)
class PublishOffer:
    name: Label
    price: Money
    interval: Interval
    trial_days: int
    tier_id: UUID | None


@dataclass(frozen=True, slots=True)
class RetireOffer:
    pass


OfferCommand = PublishOffer | RetireOffer
