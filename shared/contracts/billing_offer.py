"""tessera.billing.offer.v1: what can be bought."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.contract import Contract, LabelText, MoneyValue

Interval = Literal["week", "month", "quarter", "year", "once"]


class OfferPrice(BaseModel):
    """What one unit costs in one currency; where there is a `minimum`, the buyer names the price."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    amount: MoneyValue
    setup_fee: MoneyValue | None = None
    minimum: MoneyValue | None = None


class OfferContract(Contract):
    """A fact about one offer; the key is the offer."""

    topic: ClassVar[str] = "tessera.billing.offer.v1"

    offer_id: UUID


class FixedYear(BaseModel):
    """Every year begins on this day for everybody; who comes later pays a share of it, or all of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    month: int
    day: int
    first: Literal["prorata", "full"]


class OfferPublished(OfferContract):
    """An offer exists. It sells only once what it grants has been heard of."""

    version: ClassVar[int] = 5

    name: LabelText
    tier_id: UUID | None
    price: MoneyValue
    interval: Interval
    every: int = 1
    trial_days: int
    donation: bool = False
    prices: tuple[OfferPrice, ...] = ()
    content_id: UUID | None = None
    seats: bool = False
    year: FixedYear | None = None
    trial_needs_card: bool = True


class OfferRepriced(OfferContract):
    """From now on it is sold at these prices; who has it keeps what they bought."""

    price_version: int
    prices: tuple[OfferPrice, ...]


class OfferRetired(OfferContract):
    """The offer is no longer sold; who has it keeps it."""
