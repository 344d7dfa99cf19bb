"""Changes within a fixed year: what who joined on that day would pay for what is left of it, and the same last day."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import pytest
from hypothesis import given as holds
from hypothesis import strategies as st

from services.billing.checkout.events import FirstPeriod, OfferLine
from services.billing.offer.events import FixedYear
from services.billing.policy.events import Unit
from services.billing.proration import price_of, worked_out
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import Change, Period, Standing, Terms, terms_of
from services.billing.years import first_price, next_beginning
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, euros, visa

PARIS = Code("Europe/Paris")
season, whole = FixedYear(9, 1, "prorata"), FixedYear(9, 1, "full")
bought = datetime(2026, 5, 24, 12, tzinfo=UTC)
september = next_beginning(season, bought, PARIS)
next_september = next_beginning(season, september, PARIS)
line = OfferLine(
    UUID(int=1),
    UUID(int=2),
    euros(365),
    "year",
    0,
    1,
    year=season,
    first=FirstPeriod(euros(100), september),
)
gold = replace(
    line, offer_id=UUID(int=3), price=euros(730), first=FirstPeriod(euros(200), september)
)
basic = terms_of(ada, line, PARIS)
to_gold = terms_of(ada, gold, PARIS)
rest_of_season = Period(bought, september)
activated = events.SubscriptionActivated(basic, visa, rest_of_season, euros(100))
change_id = UUID(int=70)
in_july = datetime(2026, 7, 13, 12, tzinfo=UTC)  # Half of a hundred days later.


def asked(to: OfferLine, mode: events.ChangeMode | None = None) -> commands.ChangeSubscription:
    return commands.ChangeSubscription(
        change_id,
        ada,
        to,
        keeps_price=to.offer_id == line.offer_id,
        mode=mode,
        unit="day",
        at=in_july,
    )


def test_more_is_charged_by_the_share_of_the_year_that_is_left() -> None:
    wanted = given(SUBSCRIPTION, activated).when(asked(gold))
    (billed,) = wanted.events
    assert isinstance(billed, events.ChangeBilled)
    amounts = [(one.kind, one.amount) for one in billed.change.lines]
    assert amounts == [("credit", euros(-50)), ("debit", euros(100))]
    assert (billed.change.due, billed.change.period) == (euros(50), rest_of_season)


def test_the_year_after_costs_all_of_it_on_the_day_of_everybody() -> None:
    (billed,) = given(SUBSCRIPTION, activated).when(asked(gold)).events
    assert isinstance(billed, events.ChangeBilled)
    changed = events.SubscriptionChanged(basic, billed.change)
    renew = commands.RenewSubscription(september, UUID(int=9))
    period = Period(september, next_september)
    given(SUBSCRIPTION, activated, billed, changed).when(renew).then(
        events.RenewalStarted(to_gold, visa, period, UUID(int=9), 1, euros(730))
    )


def test_less_waits_for_the_next_year() -> None:
    on_gold = events.SubscriptionActivated(to_gold, visa, rest_of_season, euros(200))
    given(SUBSCRIPTION, on_gold).when(replace(asked(line), keeps_price=False)).then(
        events.ChangeScheduled(to_gold, change_id, basic, september)
    )


def test_two_instead_of_one_cost_another_share() -> None:
    (billed,) = given(SUBSCRIPTION, activated).when(asked(replace(line, quantity=2))).events
    assert isinstance(billed, events.ChangeBilled)
    assert billed.change.due == euros(50)


@pytest.mark.parametrize(
    ("to", "mode", "code"),
    [
        (replace(gold, year=None, first=None), None, "fixed_year_is_not_changed"),
        (replace(gold, year=FixedYear(1, 1, "prorata")), None, "fixed_year_is_not_changed"),
        (replace(gold, year=None, interval="month"), "reset", "fixed_year_is_not_changed"),
        (gold, "reset", "fixed_year_is_not_reset"),
    ],
)
def test_no_year_begins_on_another_day(
    to: OfferLine, mode: events.ChangeMode | None, code: str
) -> None:
    given(SUBSCRIPTION, activated).when(asked(to, mode)).then_rejected(code)


def test_what_has_no_fixed_year_does_not_get_one() -> None:
    monthly = replace(basic, year=None, interval="month")
    month = Period(bought, bought + timedelta(days=31))
    begun = events.SubscriptionActivated(monthly, visa, month, euros(365))
    given(SUBSCRIPTION, begun).when(asked(gold)).then_rejected("fixed_year_is_not_changed")


firsts: st.SearchStrategy[Literal["prorata", "full"]] = st.sampled_from(["prorata", "full"])
years = st.builds(FixedYear, st.integers(1, 12), st.integers(1, 28), firsts)
units: st.SearchStrategy[Unit] = st.sampled_from(["second", "day"])
prices = st.integers(1_000, 99_999).map(lambda minor: Money(minor, "EUR"))
joined = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
parts = st.fractions(0, 1, max_denominator=1_000)
quantities = st.integers(1, 5)


def joining(year: FixedYear, price: Money, at: datetime, quantity: int = 1) -> Standing:
    """Who joins then, and pays what is asked of them."""
    had = replace(basic, price=price, year=year, quantity=quantity)
    period = Period(at, next_beginning(year, at, PARIS))
    paid = first_price(year, price, at, PARIS, quantity) * quantity
    return Standing(had, period, 1, paid, price * 0)


def after(now: Standing, change: Change) -> Standing:
    return Standing(change.to, change.period, now.number, change.worth, now.balance + change.left)


def sum_of(change: Change) -> Money:
    return sum((one.amount for one in change.lines), Money(0, "EUR"))


def wanting(now: Standing, price: Money, quantity: int) -> Terms:
    return replace(now.terms, offer_id=UUID(int=3), price=price, quantity=quantity)


@holds(years, prices, prices, joined, quantities, units)
def test_who_changes_as_they_join_pays_what_joining_that_costs(
    year: FixedYear, one: Money, other: Money, at: datetime, quantity: int, unit: Unit
) -> None:
    now = joining(year, one, at)
    change = worked_out(change_id, now, wanting(now, other, quantity), "invoice", at, unit)
    assert now.worth + sum_of(change) == joining(year, other, at, quantity).worth


@holds(years, prices, prices, joined, parts, units)
def test_there_and_back_in_one_instant_is_nothing_and_so_is_the_same_price(
    year: FixedYear, one: Money, other: Money, at: datetime, part: float, unit: Unit
) -> None:
    now = joining(year, one, at)
    moment = at + (now.period.end - at) * float(part)
    there = worked_out(change_id, now, wanting(now, other, 1), "prorate", moment, unit)
    back = worked_out(change_id, after(now, there), now.terms, "prorate", moment, unit)
    assert not sum_of(there) + sum_of(back)
    assert after(after(now, there), back) == now
    same = worked_out(change_id, now, wanting(now, one, 1), "prorate", moment, unit)
    assert not sum_of(same)


@holds(years, prices, prices, joined, parts, units)
def test_no_more_goes_back_than_was_paid_and_the_last_day_stays(
    year: FixedYear, one: Money, other: Money, at: datetime, part: float, unit: Unit
) -> None:
    now = joining(year, one, at)
    moment = at + (now.period.end - at) * float(part)
    change = worked_out(change_id, now, wanting(now, other, 1), "invoice", moment, unit)
    assert (change.period, change.anchor) == (now.period, None)
    for found in change.lines:
        if found.kind == "credit":
            assert -now.worth.minor <= found.amount.minor < 0
        else:
            assert found.amount <= price_of(change.to, 1, now.period)


@holds(years, prices, joined)
def test_a_whole_year_costs_the_whole_price(year: FixedYear, price: Money, at: datetime) -> None:
    now = joining(year, price, at)
    begins = now.period.end
    whole_year = Period(begins, next_beginning(year, begins, PARIS))
    assert price_of(now.terms, 2, whole_year) == price


def test_a_change_leaves_the_series_of_years_as_it_was() -> None:
    (billed,) = given(SUBSCRIPTION, activated).when(asked(gold)).events
    assert isinstance(billed, events.ChangeBilled)
    before = SUBSCRIPTION.fold([activated])
    now = SUBSCRIPTION.fold([activated, billed, events.SubscriptionChanged(basic, billed.change)])
    assert isinstance(before, Running)
    assert isinstance(now, Running)
    assert now.next_period == before.next_period == Period(september, next_september)
