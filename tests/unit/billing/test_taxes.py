"""Which rate holds for what, how much of a price is tax, and how much of it goes back."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.checkout.events import OfferLine, QuoteLine, charges_of, tax_in
from services.billing.payer.events import Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from services.billing.taxes import TaxRate, category_of, rate_on, returned, taxed, with_tax
from shared.ids import Code
from shared.money import Money
from tests.unit.billing.cast import ada, euros, noon

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
        assert left[0].tax is not None
        left = (replace(left[0], amount=left[0].amount - back.amount, tax=left[0].tax - back.tax),)
    assert parts == [56, 55, 56, 0]
    assert sum(parts) == 167
    (more,) = returned(whole, left, (MoneyLine("subscription", cents(100)),))
    assert more.tax == cents(0)


@given(
    price=st.integers(1, 5000),
    steps=st.lists(st.tuples(st.integers(1, 2000), st.booleans()), max_size=12),
)
def test_whichever_refunds_fail_all_of_them_have_all_of_the_tax(
    price: int, steps: list[tuple[int, bool]]
) -> None:
    tax = tax_in(cents(price), 2000)
    assert tax is not None
    line = MoneyLine("subscription", cents(price), tax)
    charge = Charge(ada, cents(price), (line,), "checkout", UUID(int=10))
    visa = Instrument(Code("pm_visa"), None, None)
    paid: list[events.PaymentEvent] = [
        events.ChargeStarted(charge, 1, visa, None),
        events.PaymentIntentCreated(1, Code("pi_1"), None),
        events.PaymentSucceeded(charge, 1, Code("pi_1")),
    ]
    refunds: list[tuple[UUID, bool]] = []
    for number, (minor, fails) in enumerate([*steps, (price, False)]):
        state = PAYMENT.fold(paid)
        assert state is not None
        wanted = min(cents(minor), state.refundable)
        if wanted:
            refund_id = UUID(int=100 + number)
            refunds.append((refund_id, fails))
            paid += PAYMENT.decide(commands.RefundPayment(refund_id, wanted), state)
        for one in [one for one in refunds if one[1]][: number % 2]:
            refunds.remove(one)
            failure = commands.RecordRefundFailure(one[0], Code("no"))
            paid += PAYMENT.decide(failure, PAYMENT.fold(paid))
    for refund_id, fails in refunds:
        if fails:
            failure = commands.RecordRefundFailure(refund_id, Code("no"))
            paid += PAYMENT.decide(failure, PAYMENT.fold(paid))
    state = PAYMENT.fold(paid)
    assert state is not None
    if state.refundable:
        paid += PAYMENT.decide(commands.RefundPayment(UUID(int=99), None), state)
    failed = {one.refund_id for one in paid if isinstance(one, events.RefundFailed)}
    begun = [one for one in paid if isinstance(one, events.RefundStarted)]
    back = [line.tax for one in begun if one.refund_id not in failed for line in one.lines]
    assert all(one is not None and one.minor >= 0 for one in back)
    assert sum(one.minor for one in back if one is not None) == tax.minor


def test_what_was_sold_without_a_rate_goes_back_without_tax() -> None:
    plain = (MoneyLine("purchase", euros(10)),)
    assert returned(plain, plain, plain) == plain


@pytest.mark.parametrize(
    ("at", "tax"),
    [
        (datetime(2026, 3, 1, 22, 59, tzinfo=UTC), 192),
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), 200),
    ],
)
def test_what_recurs_is_taxed_at_the_rate_of_the_day_its_period_begins(
    at: datetime, tax: int
) -> None:
    (line,) = with_tax((MoneyLine("subscription", euros(12)),), rates, at, "Europe/Paris")
    assert line == MoneyLine("subscription", euros(12), cents(tax))


def test_a_donation_that_recurs_is_outside_of_it() -> None:
    given = (MoneyLine("donation", euros(12)),)
    assert with_tax(given, rates, noon, "Europe/Paris") == given


def test_what_recurs_is_told_without_tax_where_no_rate_is_set() -> None:
    plain = (MoneyLine("subscription", euros(12)),)
    assert with_tax(plain, (), noon, "Europe/Paris") == plain
