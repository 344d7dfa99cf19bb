from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from services.analytics.community.projections import quarter_hour
from services.analytics.days import window
from shared.decider import Rejected

almost_april = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)


def test_a_window_without_days_is_the_month_so_far_where_the_community_is() -> None:
    rome = window("Europe/Rome", None, None, almost_april)
    assert (rome.first_day, rome.last_day) == (date(2026, 4, 1), date(2026, 4, 1))
    lisbon = window("America/Lima", None, None, almost_april)
    assert (lisbon.first_day, lisbon.last_day) == (date(2026, 3, 1), date(2026, 3, 31))


def test_both_days_of_a_window_are_included() -> None:
    march = window("Europe/Rome", date(2026, 3, 1), date(2026, 3, 31), almost_april)
    assert march.start == datetime(2026, 2, 28, 23, 0, tzinfo=UTC)
    assert march.end == datetime(2026, 3, 31, 22, 0, tzinfo=UTC)


def test_a_window_does_not_run_backwards() -> None:
    with pytest.raises(Rejected, match="lies before"):
        window("Europe/Rome", date(2026, 4, 2), date(2026, 4, 1), almost_april)


@pytest.mark.parametrize("zone", ["Europe/Rome", "Asia/Kathmandu", "Australia/Eucla", "UTC"])
def test_every_day_begins_with_a_quarter_of_an_hour(zone: str) -> None:
    midnight = datetime(2026, 3, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert quarter_hour(midnight) == midnight
