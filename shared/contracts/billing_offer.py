"""tessera.billing.offer.v1: what can be bought."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract, LabelText, MoneyValue

Interval = Literal["week", "month", "quarter", "year", "once"]


class OfferContract(Contract):
    """A fact about one offer; the key is the offer."""

    topic: ClassVar[str] = "tessera.billing.offer.v1"

    offer_id: UUID


class OfferPublished(OfferContract):
    """An offer exists. It sells only once the tier it grants has been heard of."""

    name: LabelText
    tier_id: UUID | None
    price: MoneyValue
    interval: Interval
    trial_days: int


class OfferRetired(OfferContract):
    """The offer is no longer sold; who has it keeps it."""
