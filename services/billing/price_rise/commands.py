"""What may be asked of a price rise."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.billing.price_rise.events import Whom
from services.billing.subscription.events import Rise


@dataclass(frozen=True, slots=True)
class StartPriceRise:
    """`fingerprint` is that of whom it would be about now, `seen` that of the preview."""

    rise: Rise
    whom: Whom
    subscriptions: tuple[UUID, ...]
    fingerprint: UUID
    seen: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class TellRise:
    """Turn `number` is due."""

    number: int


@dataclass(frozen=True, slots=True)
class CancelPriceRise:
    at: datetime


@dataclass(frozen=True, slots=True)
class TakeRiseBack:
    """Turn `number` of those who were told is due."""

    number: int


PriceRiseCommand = StartPriceRise | TellRise | CancelPriceRise | TakeRiseBack


@dataclass(frozen=True, slots=True)
class TellSubscriber:
    """A call to tell one payer, as of now: their notice counts from when they are told, not from when it was due."""

    subscription_id: UUID
    rise: Rise
