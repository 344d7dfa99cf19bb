from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.billing.checkout.events import OfferLine
from services.billing.choices import Today, awaited, line_of
from services.billing.offer.events import Price
from services.billing.offer.projections import Listed
from services.billing.subscription.events import terms_of
from shared.decider import Rejected
from shared.ids import Code, Label
from shared.money import Money
from tests.unit.billing.cast import ada, euros, noon

fixed = Price(euros(10), setup_fee=euros(5))
dollars = Price(Money(1100, "USD"))
named = Price(euros(10), minimum=euros(5))
gold = Listed(
    offer_id=UUID(int=10),
    name=Label("Gold"),
    tier_id=UUID(int=20),
    interval="month",
    trial_days=14,
    every=2,
    donation=False,
    fewest=1,
    most=5,
    price_version=3,
    prices=(fixed, dollars),
)
gift = replace(gold, prices=(named,))
today = Today(noon, "Europe/Paris")


def test_an_offer_is_bought_at_its_price_of_the_day() -> None:
    assert line_of(gold, 2, None, None, "/lines/0", today) == OfferLine(
        gold.offer_id,
        gold.tier_id,
        euros(10),
        "month",
        trial_days=14,
        quantity=2,
        every=2,
        price_version=3,
        setup_fee=euros(5),
        most=5,
    )


def test_what_is_bought_for_others_stays_so() -> None:
    for_a_team = replace(gold, seats=True)
    line = line_of(for_a_team, 3, None, None, "/lines/0", today)
    assert terms_of(ada, line, Code("UTC")).seats == 3
    assert terms_of(ada, line_of(gold, 3, None, None, "/lines/0", today), Code("UTC")).seats == 0


def test_the_currency_of_the_checkout_decides() -> None:
    line = line_of(gold, 1, None, "USD", "/lines/0", today)
    assert (line.price, line.setup_fee) == (Money(1100, "USD"), None)


def test_the_buyer_names_the_price_where_they_may() -> None:
    line = line_of(gift, 1, euros(7), None, "/lines/0", today)
    assert (line.price, line.minimum) == (euros(7), euros(5))


@pytest.mark.parametrize(
    ("offer", "amount", "currency", "code"),
    [
        (None, None, None, "offer_not_on_sale"),
        (replace(gold, tier_retired=None), None, None, "offer_not_on_sale"),
        (gold, None, "JPY", "currency_not_offered"),
        (gold, euros(10), None, "price_is_fixed"),
        (gold, euros(0), None, "price_is_fixed"),
        (gift, None, None, "amount_missing"),
        (gift, Money(700, "USD"), None, "currency_not_offered"),
        (gift, Money(700, "USD"), "EUR", "other_currency"),
    ],
)
def test_what_is_not_for_sale_like_that_is_refused(
    offer: Listed | None, amount: Money | None, currency: str | None, code: str
) -> None:
    with pytest.raises(Rejected) as refused:
        line_of(offer, 1, amount, currency, "/lines/0", today)
    assert refused.value.code == code
    assert refused.value.pointer


def test_what_takes_the_place_of_something_free_is_paid_for_from_its_day() -> None:
    line = line_of(gold, 1, None, "USD", "/lines/0", today)
    day = noon + timedelta(days=40)
    later = awaited(line, day, noon)
    assert later == replace(line, trial_days=0, free_until=day)
    assert (later.due, later.is_due_later) == (line.price * 0, True)
    for passed in (None, noon, noon + timedelta(days=14)):
        assert awaited(line, passed, noon) == line
    lifetime = replace(line, interval="once", trial_days=0)
    assert awaited(lifetime, day, noon) == lifetime


@pytest.mark.parametrize(
    ("offer", "obstacle"),
    [
        (gold, None),
        (replace(gold, retired=True), "offer_retired"),
        (replace(gold, tier_retired=None), "tier_unknown"),
        (replace(gold, tier_retired=True), "tier_retired"),
        (replace(gold, tier_id=None, tier_retired=None), None),
        (replace(gold, content_id=UUID(int=21), content_withdrawn=None), "content_unknown"),
        (replace(gold, content_id=UUID(int=21), content_withdrawn=True), "content_withdrawn"),
        (replace(gold, content_withdrawn=None), None),
    ],
)
def test_what_is_not_sold_says_why(offer: Listed, obstacle: str | None) -> None:
    assert (offer.obstacle, offer.sellable) == (obstacle, obstacle is None)
    assert offer.on_sale.sellable
