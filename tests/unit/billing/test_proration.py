"""Money that a change moves: exact sums, no more back than was billed, and nothing for going there and back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.discount.events import Reduction
from services.billing.least import is_enough
from services.billing.policy.events import Unit
from services.billing.proration import billed, rest_of, usual_mode, worked_out
from services.billing.subscription.events import (
    Change,
    ChangeMode,
    Period,
    Standing,
    Terms,
    boundary,
)
from shared.ids import Code
from shared.money import Money
from tests.cases import cases
from tests.unit.billing.cast import ada, euros

PARIS = Code("Europe/Paris")
basic = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, PARIS)
better = replace(basic, offer_id=UUID(int=11), tier_id=UUID(int=21), price=euros(30))
yearly = replace(better, offer_id=UUID(int=12), interval="year", price=euros(300))
april = Period(datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 5, 1, 12, tzinfo=UTC))
in_half = datetime(2026, 4, 16, 12, tzinfo=UTC)
change_id = UUID(int=70)

units: st.SearchStrategy[Unit] = st.sampled_from(["second", "day"])
modes: st.SearchStrategy[ChangeMode] = st.sampled_from(["invoice", "prorate", "reset", "none"])
plans = st.builds(
    lambda price, quantity, percent: replace(
        basic,
        price=Money(price, "EUR"),
        quantity=quantity,
        reduction=Reduction(UUID(int=40), percent, None, None) if percent else None,
    ),
    st.integers(1, 99_999),
    st.integers(1, 9),
    st.integers(0, 100),
)
moments = st.integers(-36, 33 * 24).map(lambda hours: april.start + timedelta(hours=hours))


def standing(terms: Terms, worth: Money | None = None, balance: int = 0) -> Standing:
    billed_for_it = terms.due(1) if worth is None else worth
    return Standing(terms, april, 1, billed_for_it, Money(balance, "EUR"))


def after(now: Standing, change: Change) -> Standing:
    number = now.number + (change.mode == "reset")
    return Standing(change.to, change.period, number, change.worth, now.balance + change.left)


def amounts(change: Change) -> list[tuple[str, int]]:
    return [(line.kind, line.amount.minor) for line in change.lines]


def sum_of(change: Change) -> Money:
    return sum((line.amount for line in change.lines), Money(0, "EUR"))


def test_half_a_month_more_is_half_of_each_price_in_two_lines() -> None:
    change = worked_out(change_id, standing(basic), better, "invoice", in_half, "second")
    assert amounts(change) == [("credit", -500), ("debit", 1500)]
    assert {line.period for line in change.lines} == {Period(in_half, april.end)}
    assert change.due == euros(10)
    assert change.left == euros(0)


def test_what_was_never_billed_is_not_given_back() -> None:
    free = standing(basic, worth=euros(0))
    change = worked_out(change_id, free, better, "invoice", in_half, "second")
    assert amounts(change) == [("debit", 1500)]


def test_less_for_the_rest_is_kept_for_the_next_bill() -> None:
    change = worked_out(change_id, standing(better), basic, "invoice", in_half, "second")
    assert amounts(change) == [("credit", -1500), ("debit", 500)]
    assert (change.due, change.left) == (euros(0), euros(-10))


def test_the_next_bill_has_the_lines_of_prorate() -> None:
    change = worked_out(change_id, standing(basic), better, "prorate", in_half, "second")
    assert (change.due, change.left) == (euros(0), euros(10))


def test_what_is_billed_at_once_takes_with_it_what_waited() -> None:
    waiting = standing(basic, balance=700)
    change = worked_out(change_id, waiting, better, "invoice", in_half, "second")
    assert (change.carried, change.due, change.left) == (euros(7), euros(17), euros(-7))


def test_too_little_to_be_charged_waits_for_the_next_bill() -> None:
    last_minutes = april.end - timedelta(minutes=20)
    change = worked_out(change_id, standing(basic), better, "invoice", last_minutes, "second")
    assert (change.due, change.left.minor) == (euros(0), 1)


def test_another_interval_gives_back_the_rest_and_begins_a_whole_period() -> None:
    change = worked_out(change_id, standing(basic), yearly, "reset", in_half, "second")
    assert amounts(change) == [("credit", -500), ("debit", 30_000)]
    assert change.period == Period(in_half, datetime(2027, 4, 16, 12, tzinfo=UTC))
    assert change.anchor == in_half


@pytest.mark.parametrize("mode", ["none", "next_period"])
def test_a_change_without_lines_leaves_what_was_billed_as_it_was(mode: ChangeMode) -> None:
    change = worked_out(change_id, standing(basic), better, mode, in_half, "second")
    assert (change.lines, change.worth, change.due) == ((), euros(10), euros(0))
    assert worked_out(change_id, standing(basic), yearly, mode, in_half, "day").anchor == april.end


def test_more_is_paid_now_and_less_begins_with_the_next_period() -> None:
    assert usual_mode(basic, better) == "invoice"
    assert usual_mode(better, basic) == "next_period"
    assert usual_mode(basic, replace(basic, tier_id=None)) == "invoice"
    assert usual_mode(basic, yearly) == "reset"


def test_the_day_of_the_change_belongs_to_what_it_is_changed_to() -> None:
    start, end = (datetime(2026, month, 1, 0, 0, tzinfo=ZoneInfo(PARIS)) for month in (4, 5))
    whole = Period(start.astimezone(UTC), end.astimezone(UTC))
    late_on_the_16th = datetime(2026, 4, 16, 23, 30, tzinfo=ZoneInfo(PARIS))
    assert rest_of(whole, late_on_the_16th, "day", PARIS) == Fraction(15, 30)
    assert rest_of(whole, start, "day", PARIS) == 1
    assert rest_of(whole, end, "day", PARIS) == 0


def test_the_hour_of_a_clock_change_is_neither_lost_nor_paid_twice() -> None:
    start = datetime(2026, 3, 10, 12, tzinfo=ZoneInfo(PARIS)).astimezone(UTC)
    month = Period(start, boundary(start, basic, 1))
    assert month.end - month.start == timedelta(days=31, hours=-1)
    half = month.start + (month.end - month.start) / 2
    assert rest_of(month, half, "second", PARIS) == Fraction(1, 2)
    for hours in range(24 * 31 - 1):
        at = month.start + timedelta(hours=hours)
        assert rest_of(month, at, "second", PARIS) == 1 - Fraction(hours, 24 * 31 - 1)


def test_a_year_with_the_29th_of_february_has_366_days() -> None:
    year = Period(datetime(2027, 3, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC))
    on_leap_day = datetime(2028, 2, 29, tzinfo=UTC)
    assert rest_of(year, on_leap_day, "day", "UTC") == Fraction(1, 366)
    assert rest_of(year, on_leap_day, "second", "UTC") == Fraction(1, 366)


@given(plans, plans, modes, moments, units, st.integers(-9999, 9999))
def test_what_is_billed_and_what_is_left_are_the_lines_exactly(
    a: Terms, b: Terms, mode: ChangeMode, at: datetime, unit: Unit, balance: int
) -> None:
    now = standing(a, balance=balance)
    change = worked_out(change_id, now, b, mode, at, unit)
    assert change.due + after(now, change).balance == sum_of(change) + now.balance
    assert change.due.minor == 0 or is_enough(change.due)
    kinds = [line.kind for line in change.lines]
    assert kinds in ([], ["credit"], ["debit"], ["credit", "debit"])


@given(plans, plans, modes, moments, units)
def test_no_more_is_given_back_than_was_billed_for_the_period(
    a: Terms, b: Terms, mode: ChangeMode, at: datetime, unit: Unit
) -> None:
    change = worked_out(change_id, standing(a), b, mode, at, unit)
    for line in change.lines:
        if line.kind == "credit":
            assert -a.due(1).minor <= line.amount.minor < 0


@given(plans, moments, units)
def test_a_change_to_the_same_price_costs_nothing(a: Terms, at: datetime, unit: Unit) -> None:
    """P3."""
    same = replace(a, offer_id=UUID(int=11))
    change = worked_out(change_id, standing(a), same, "prorate", at, unit)
    assert sum_of(change) == euros(0)


@given(plans, plans, moments, units)
def test_a_change_and_its_reverse_in_one_instant_are_nothing(
    a: Terms, b: Terms, at: datetime, unit: Unit
) -> None:
    """P4."""
    b = replace(b, reduction=a.reduction)
    now = standing(a)
    there = worked_out(change_id, now, b, "prorate", at, unit)
    back = worked_out(change_id, after(now, there), a, "prorate", at, unit)
    assert sum_of(there) + sum_of(back) == euros(0)
    assert after(after(now, there), back) == now


@given(plans, st.lists(moments, min_size=1, max_size=9), units)
def test_the_pieces_of_a_period_differ_from_the_whole_by_half_a_cent_each(
    a: Terms, cuts: list[datetime], unit: Unit
) -> None:
    """P5."""
    inside = sorted(min(max(cut, april.start), april.end) for cut in cuts)
    rests = [rest_of(april, at, unit, PARIS) for at in [april.start, *inside, april.end]]
    worth = a.due(1)
    pieces = [worth.share(before - later) for before, later in pairwise(rests)]
    drift = sum(pieces, euros(0)) - worth
    assert abs(drift.minor) * 2 <= len(pieces)


@settings(max_examples=cases(50))
@given(plans, st.lists(st.tuples(plans, modes, moments), max_size=8), units)
def test_however_often_it_is_changed_no_more_is_given_back_than_was_ever_billed(
    a: Terms, changes: list[tuple[Terms, ChangeMode, datetime]], unit: Unit
) -> None:
    now, asked_for, given_back = standing(a), a.due(1), euros(0)
    for to, mode, at in sorted(changes, key=lambda change: change[2]):
        change = worked_out(change_id, now, to, mode, at, unit)
        for line in change.lines:
            if line.kind == "debit":
                asked_for += line.amount
            else:
                given_back -= line.amount
        now = after(now, change)
        assert given_back.minor <= asked_for.minor


@given(st.integers(0, 99_999), st.integers(-99_999, 99_999))
def test_a_bill_is_nothing_or_enough_to_be_charged(full: int, balance: int) -> None:
    due = billed(Money(full, "EUR"), Money(balance, "EUR"))
    assert due.minor in {0, full + balance}
    assert not due or is_enough(due)
    assert due.minor <= max(full, full + balance)
