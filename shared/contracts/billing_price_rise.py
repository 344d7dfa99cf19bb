"""tessera.billing.price_rise.v1: dearer prices for those who have an older one, and how each of them fares."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.contract import CodeText, Contract, MoneyValue

Otherwise = Literal["keep", "end"]


class PriceRiseContract(Contract):
    """A fact about one rise; the key is the rise, or the subscription where it is about one."""

    topic: ClassVar[str] = "tessera.billing.price_rise.v1"

    rise_id: UUID
    offer_id: UUID


class PriceRiseStarted(PriceRiseContract):
    """So many `subscriptions` are told that they cost more, from the first period at `effective_from` or later."""

    price_version: int
    prices: tuple[MoneyValue, ...]
    effective_from: AwareDatetime
    notice_days: int
    needs_consent: bool
    otherwise: Otherwise
    subscriptions: int


class PriceRiseCancelled(PriceRiseContract):
    """It was called off before its day: the price stays for everybody."""


class SubscriptionPriceRise(PriceRiseContract):
    """What all facts say that are about one subscription."""

    subscription_id: UUID
    person_id: UUID


class PriceRiseAnnounced(SubscriptionPriceRise):
    """Who pays was told that it costs `price` from the first period that begins at `applies_from` or later."""

    price: MoneyValue
    price_version: int
    applies_from: AwareDatetime
    first_due: AwareDatetime
    needs_consent: bool
    otherwise: Otherwise


class PriceRiseAccepted(SubscriptionPriceRise):
    """Who pays has agreed."""


class PriceRiseApplied(SubscriptionPriceRise):
    """From now on it costs `price`."""

    price: MoneyValue
    price_version: int


class PriceRiseDropped(SubscriptionPriceRise):
    """It does not cost more after all: it `ended` or `changed`, was `not_agreed` to, or is `withdrawn`."""

    reason: CodeText
