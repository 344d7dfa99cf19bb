from datetime import UTC, date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from services.membership.recurrence import HORIZON, day_of, days, is_offered, moment

friday = date(2026, 1, 2)


def first(rule: str, *, starts_on: date = friday, until: date | None = None) -> list[date]:
    return list(islice(days(rule, starts_on, until, date(2025, 12, 31)), 3))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=10",
        "FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR",
        "FREQ=WEEKLY;BYDAY=FR",
        "BYDAY=TU,FR;INTERVAL=2;FREQ=WEEKLY",
        "FREQ=MONTHLY;BYDAY=1MO,-1FR",
        "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
        "FREQ=MONTHLY;INTERVAL=52",
    ],
)
def test_rules_we_offer(rule: str) -> None:
    assert is_offered(rule)
    assert next(days(rule, friday, None, friday)) > friday


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=",
        "freq=daily",
        "BYDAY=FR",
        "FREQ=HOURLY",
        "FREQ=YEARLY",
        "FREQ=WEEKLY;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20260101",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=53",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1FR",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=DAILY;BYMONTHDAY=1",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=WEEKLY;BYDAY=FR\n",
        "FREQ=WEEKLY;;BYDAY=FR",
    ],
)
def test_rules_we_do_not_offer(rule: str) -> None:
    assert not is_offered(rule)


def test_days_follow_the_rule() -> None:
    assert first("FREQ=WEEKLY;BYDAY=FR") == [date(2026, 1, d) for d in (2, 9, 16)]
    assert first("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR") == [date(2026, 1, d) for d in (2, 16, 30)]
    assert first("FREQ=MONTHLY;BYDAY=-1FR")[:2] == [date(2026, 1, 30), date(2026, 2, 27)]
    assert first("FREQ=MONTHLY;BYMONTHDAY=31")[:2] == [date(2026, 1, 31), date(2026, 3, 31)]


def test_days_begin_with_the_first_and_end_with_the_last() -> None:
    assert first("FREQ=DAILY", until=friday) == [friday]
    assert first("FREQ=DAILY", until=friday - timedelta(days=1)) == []
    assert first("FREQ=WEEKLY;BYDAY=TH")[0] == date(2026, 1, 8)
    assert first("FREQ=DAILY", starts_on=date.max) == []


def test_for_ever_is_five_years_at_a_time() -> None:
    for until in (None, date.max):
        last = list(days("FREQ=DAILY", friday, until, friday))[-1]
        assert last == friday + HORIZON


def test_a_week_begins_on_monday_wherever_the_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calendar.firstweekday", lambda: 6)
    found = first("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO")
    assert found == [date(2026, 1, 4), date(2026, 1, 12), date(2026, 1, 18)]


def test_the_wall_clock_stays_when_the_offset_changes() -> None:
    shown = [moment(date(2026, 3, day), "18:30", "Europe/Paris") for day in (28, 29)]
    assert shown[1] - shown[0] == timedelta(hours=23)
    assert {at.astimezone(ZoneInfo("Europe/Paris")).hour for at in shown} == {18}


def test_an_hour_left_out_is_an_hour_on_and_one_that_comes_twice_is_the_first() -> None:
    assert moment(date(2026, 3, 29), "02:30", "Europe/Paris") == at(2026, 3, 29, 1, 30)
    assert moment(date(2026, 10, 25), "02:30", "Europe/Paris") == at(2026, 10, 25, 0, 30)


def at(*parts: int) -> datetime:
    year, month, day, hour, minute = parts
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def test_the_day_is_that_of_the_place() -> None:
    assert day_of(at(2026, 1, 1, 23, 30), "Europe/Paris") == friday
