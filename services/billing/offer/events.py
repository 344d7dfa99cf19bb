"""What happened to an offer."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.ids import Label
from shared.money import Money

Interval = Literal["week", "month", "quarter", "year", "once"]


@dataclass(frozen=True, slots=True)
class OfferPublished:
    """It can be bought at `price` per `interval`, and grants the tier, if it names one."""

    name: Label
    price: Money
    interval: Interval
    trial_days: int
    tier_id: UUID | None


@dataclass(frozen=True, slots=True)
class OfferRetired:
    """It is no longer sold; who has it keeps it."""


OfferEvent = OfferPublished | OfferRetired
