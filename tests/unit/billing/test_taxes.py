"""Which rate holds for what, how much of a price is tax, and how much of it goes back."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from services.billing.checkout.events import OfferLine, QuoteLine, charges_of
from services.billing.payment.events import MoneyLine
from services.billing.taxes import TaxRate, category_of, rate_on, returned, taxed
from shared.money import Money
from tests.unit.billing.cast import euros, noon

gold = OfferLine(UUID(int=10), UUID(int=20), euros(12), "month", 0, 1)
course = OfferLine(UUID(int=11), None, euros(40), "once", 0, 1, content_id=UUID(int=60))
gift = OfferLine(UUID(int=13), None, euros(5), "once", 0, 1, donation=True)
seats = QuoteLine(UUID(int=30), 1, euros(15), noon)
before = TaxRate("membership", 1900, date(2025, 1, 1))
now = TaxRate("membership", 2000, date(2026, 3, 2))
rates = (now, before, TaxRate("digital", 550, date(2026, 1, 1)))


def cents(minor: int) -> Money:
    return Money(minor, "EUR")


def test_what_is_sold_is_taxed_as_what_it_is() -> None:
    told = [category_of(line) for line in (gold, course, seats, gift)]
    assert told == ["membership", "digital", "event", None]


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2024, 12, 31), None),
        (date(2025, 1, 1), 1900),
        (date(2026, 3, 1), 1900),
        (date(2026, 3, 2), 2000),
    ],
)
def test_a_rate_holds_from_its_day_on(day: date, rate: int | None) -> None:
    assert rate_on(rates, "membership", day) == rate


def test_the_day_is_the_communitys() -> None:
    late = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert [line.tax_rate for line in taxed([gold, course, gift], rates, late, "UTC")] == [
        1900,
        550,
        None,
    ]
    (here,) = taxed([gold], rates, late, "Europe/Paris")
    assert here.tax_rate == 2000
    assert [line.tax_rate for line in taxed([seats], rates, late, "UTC")] == [None]


@pytest.mark.parametrize(
    ("price", "rate", "tax"),
    [
        (1200, 2000, 200),
        (4000, 550, 209),  # 208.53
        (3, 2000, 1),  # 0.5, away from zero
        (1, 2000, 0),
        (999, 0, 0),
        (1000, 10_000, 500),
    ],
)
def test_the_tax_is_in_the_price_rounded_half_away_from_zero(
    price: int, rate: int, tax: int
) -> None:
    line = replace(gold, price=cents(price), tax_rate=rate)
    assert line.tax == cents(tax)
    assert replace(seats, price=cents(price), tax_rate=rate).tax == cents(tax)


def test_each_line_is_rounded_by_itself_and_a_trial_has_none_yet() -> None:
    line = replace(gold, price=cents(3), tax_rate=2000)
    other = replace(line, offer_id=UUID(int=15))
    assert charges_of((line, other)) == (MoneyLine("subscription", cents(6), cents(2)),)
    assert replace(line, trial_days=14).tax == cents(0)
    assert gold.tax is None
    assert charges_of((gold,)) == (MoneyLine("subscription", euros(12)),)


def test_a_fee_is_taxed_as_what_it_sets_up() -> None:
    line = replace(gold, setup_fee=euros(6), tax_rate=2000)
    assert line.tax == euros(3)
    assert charges_of((line,)) == (
        MoneyLine("subscription", euros(12), euros(2)),
        MoneyLine("purchase", euros(6), euros(1)),
    )


def test_untaxed_things_beside_taxed_ones_add_nothing() -> None:
    free_of_it = replace(gold, offer_id=UUID(int=16))
    line = replace(gold, tax_rate=2000)
    assert charges_of((free_of_it, line)) == (MoneyLine("subscription", euros(24), euros(2)),)


def test_refunds_have_their_part_of_it_and_all_of_them_all_of_it() -> None:
    whole = (MoneyLine("subscription", cents(1000), cents(167)),)
    left, parts = whole, []
    for minor in (333, 333, 333, 1):
        (back,) = returned(whole, left, (MoneyLine("subscription", cents(minor)),))
        assert back.tax is not None
        parts.append(back.tax.minor)
        left = (replace(left[0], amount=left[0].amount - back.amount),)
    assert parts == [56, 55, 56, 0]
    assert sum(parts) == 167
    (more,) = returned(whole, left, (MoneyLine("subscription", cents(100)),))
    assert more.tax == cents(0)


def test_what_was_sold_without_a_rate_goes_back_without_tax() -> None:
    plain = (MoneyLine("purchase", euros(10)),)
    assert returned(plain, plain, plain) == plain
