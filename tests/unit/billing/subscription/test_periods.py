"""Periods end on the day they began, or on the last of a shorter month, at the same hour by the local clock."""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.offer.events import Interval
from services.billing.subscription.events import MONTHS, Terms, boundary
from shared.ids import Code
from tests.unit.billing.cast import ada, euros

monthly = Terms(ada, UUID(int=10), None, euros(10), "month", 1, Code("UTC"))
in_paris = replace(monthly, time_zone=Code("Europe/Paris"))
paris = ZoneInfo("Europe/Paris")

INTERVALS: list[Interval] = ["week", "month", "quarter", "year"]
instants = st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from(["UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata"])


def ends(anchor: datetime, terms: Terms, *numbers: int) -> list[str]:
    zone = ZoneInfo(terms.time_zone)
    return [str(boundary(anchor, terms, number).astimezone(zone).date()) for number in numbers]


@pytest.mark.parametrize("day", [29, 30, 31])
def test_a_short_month_ends_early_and_the_next_does_not_remember(day: int) -> None:
    anchor = datetime(2026, 1, day, 9, 0, tzinfo=UTC)
    assert ends(anchor, monthly, 1, 2) == ["2026-02-28", f"2026-03-{day}"]


def test_a_leap_day_is_the_last_of_february_in_other_years() -> None:
    yearly = replace(monthly, interval="year")
    leap = datetime(2028, 2, 29, 9, 0, tzinfo=UTC)
    assert ends(leap, yearly, 1, 4) == ["2029-02-28", "2032-02-29"]


def test_the_28th_of_february_is_the_28th_and_not_the_last() -> None:
    anchor = datetime(2026, 2, 28, 9, 0, tzinfo=UTC)
    assert ends(anchor, monthly, 1, 2) == ["2026-03-28", "2026-04-28"]


def test_a_quarter_is_three_months() -> None:
    quarterly = replace(monthly, interval="quarter")
    anchor = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    assert ends(anchor, quarterly, 1, 2) == ["2027-02-28", "2027-05-30"]


def test_a_week_is_seven_days_by_the_local_clock() -> None:
    weekly = replace(in_paris, interval="week")
    before_summer = datetime(2026, 3, 26, 12, 0, tzinfo=paris)
    assert boundary(before_summer, weekly, 1) == datetime(2026, 4, 2, 12, 0, tzinfo=paris)


def test_the_day_is_counted_where_the_community_lives() -> None:
    late_in_paris = datetime(2026, 1, 30, 23, 30, tzinfo=UTC)  # There it is the 31st.
    assert ends(late_in_paris, in_paris, 1, 2) == ["2026-02-28", "2026-03-31"]


def test_the_hour_stays_when_the_clocks_change() -> None:
    anchor = datetime(2026, 3, 15, 12, 0, tzinfo=paris)
    assert boundary(anchor, in_paris, 1) == datetime(2026, 4, 15, 12, 0, tzinfo=paris)


def test_an_hour_that_the_clocks_skip_is_the_one_after() -> None:
    anchor = datetime(2026, 1, 29, 2, 30, tzinfo=paris)
    assert str(boundary(anchor, in_paris, 2).astimezone(paris)) == "2026-03-29 03:30:00+02:00"


def test_every_second_month_from_the_31st_is_the_last_of_a_shorter_one() -> None:
    anchor = datetime(2026, 12, 31, 9, 0, tzinfo=UTC)
    every_second = replace(monthly, every=2)
    assert ends(anchor, every_second, 1, 2) == ["2027-02-28", "2027-04-30"]


@given(instants, zones, st.sampled_from(INTERVALS), st.integers(1, 36), st.integers(1, 60))
def test_periods_follow_one_another_without_gap_on_the_day_of_the_anchor(
    anchor: datetime, zone: str, interval: Interval, every: int, number: int
) -> None:
    terms = replace(monthly, interval=interval, time_zone=Code(zone), every=every)
    end, after = boundary(anchor, terms, number), boundary(anchor, terms, number + 1)
    assert anchor < end < after
    began = anchor.astimezone(ZoneInfo(zone))
    local = end.astimezone(ZoneInfo(zone))
    if interval == "week":
        assert (local.date() - began.date()).days == 7 * every * number
        return
    months = (local.year - began.year) * 12 + local.month - began.month
    last = monthrange(local.year, local.month)[1]
    assert (months, local.day) == (MONTHS[interval] * every * number, min(began.day, last))
