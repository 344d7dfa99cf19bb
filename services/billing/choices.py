"""A choice is an offer in the currency of the checkout, at its price or at the one the buyer named."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.billing.checkout.events import FirstPeriod, OfferLine
from services.billing.offer.events import FixedYear, Price
from services.billing.offer.projections import Listed
from services.billing.subscription.events import Terms
from services.billing.years import first_price, next_beginning
from shared.decider import Rejected
from shared.money import Money

MOST_PERIODS = 36


class Today(NamedTuple):
    """When it is chosen, in whose zone."""

    at: datetime
    time_zone: str


def line_of(
    offer: Listed | None,
    quantity: int,
    named: Money | None,
    currency: str | None,
    pointer: str,
    today: Today,
) -> OfferLine:
    """The line, Rejected when it is not for sale like that; its limits are the checkout's to decide."""
    offer = _on_sale(offer, f"{pointer}/offer_id")
    price = _price(offer, named, currency, pointer)
    return OfferLine(
        offer.offer_id,
        offer.tier_id,
        price.amount if named is None else named,
        offer.interval,
        offer.trial_days,
        quantity,
        offer.every,
        offer.donation,
        offer.price_version,
        price.setup_fee,
        price.minimum,
        offer.fewest,
        offer.most,
        content_id=offer.content_id,
        seats=offer.seats,
        year=offer.year,
        first=_first(offer.year, price.amount if named is None else named, quantity, today),
        trial_needs_card=offer.trial_needs_card,
    )


def awaited(line: OfferLine, day: datetime | None, at: datetime) -> OfferLine:
    """The same, paid for from the day on which it takes the place of what is free; a trial that ends later stays."""
    if day is None or day <= at + timedelta(days=line.trial_days):
        return line
    if not line.recurs or line.year is not None:
        return line
    return replace(line, trial_days=0, free_until=day)


def given(line: OfferLine) -> OfferLine:
    """The same for somebody else: its quantity are periods, and none of them is free."""
    if line.interval == "once":
        return replace(line, gift=True)
    return replace(line, gift=True, trial_days=0, fewest=1, most=MOST_PERIODS)


def _on_sale(offer: Listed | None, pointer: str) -> Listed:
    why = offer.obstacle if offer else "offer_unknown"
    if offer is None or why:
        raise Rejected("offer_not_on_sale", "This offer is not on sale.", pointer=pointer, why=why)
    return offer


def _first(year: FixedYear | None, price: Money, quantity: int, today: Today) -> FirstPeriod | None:
    if year is None:
        return None
    return FirstPeriod(first_price(year, price, *today, quantity), next_beginning(year, *today))


def line_again(
    offer: Listed | None, terms: Terms, subscription_id: UUID, pointer: str, today: Today
) -> OfferLine:
    """What somebody had, at the price they had; a code that was for ever is still theirs, a trial is not."""
    _on_sale(offer, pointer)
    reduction = terms.reduction
    return OfferLine(
        terms.offer_id,
        terms.tier_id,
        terms.price,
        terms.interval,
        0,
        terms.quantity,
        terms.every,
        terms.charged_for == "donation",
        terms.price_version,
        reduction=reduction if reduction and reduction.periods is None else None,
        seats=terms.for_others,
        wins_back=subscription_id,
        year=terms.year,
        first=_first(terms.year, terms.price, terms.quantity, today),
    )


def _price(offer: Listed, named: Money | None, currency: str | None, pointer: str) -> Price:
    price = offer.price_in(currency or (named.currency if named else None))
    if price is None:
        raise Rejected(
            "currency_not_offered",
            "It is not sold in this currency.",
            pointer=f"{pointer}/offer_id",
            offered=[price.amount.currency for price in offer.prices],
        )
    if named is not None and price.minimum is None:
        raise Rejected("price_is_fixed", "The seller names its price.", pointer=f"{pointer}/amount")
    if named is None and price.minimum is not None:
        raise Rejected("amount_missing", "The buyer names its price.", pointer=f"{pointer}/amount")
    if named is not None and named.currency != price.amount.currency:
        raise Rejected("other_currency", "This is another currency.", pointer=f"{pointer}/amount")
    return price
