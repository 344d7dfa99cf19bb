"""On which days a rule of recurrence (RFC 5545) falls, and which moment a wall clock shows then."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

HORIZON = timedelta(days=5 * 366)

_PARTS = {
    "FREQ": re.compile("DAILY|WEEKLY|MONTHLY"),
    "INTERVAL": re.compile("[1-9]|[1-4][0-9]|5[0-2]"),
    "BYDAY": re.compile("(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)(,(-?[1-5])?(MO|TU|WE|TH|FR|SA|SU)){0,6}"),
    "BYMONTHDAY": re.compile("-?([1-9]|[12][0-9]|3[01])(,-?([1-9]|[12][0-9]|3[01])){0,30}"),
}


def is_offered(rule: str) -> bool:
    """Whether it is daily, weekly or monthly, of the four parts we offer, in a mix that RFC 5545 allows.

    Nor do we offer what would be searched for, a day at a time, to the end of the calendar.
    """
    named = [part.partition("=")[::2] for part in rule.split(";")]
    parts = dict(named)
    if len(parts) < len(named) or "FREQ" not in parts or not parts.keys() <= _PARTS.keys():
        return False
    if not all(_PARTS[name].fullmatch(value) for name, value in parts.items()):
        return False
    by_day = parts.get("BYDAY", "")
    match parts["FREQ"]:
        case "MONTHLY":
            return not ("BYDAY" in parts and "BYMONTHDAY" in parts)
        case "WEEKLY":
            return "BYMONTHDAY" not in parts and not re.search("[0-9]", by_day)
        case _:
            is_every_day = parts.get("INTERVAL", "1") == "1"
            is_plain = not re.search("[0-9]", by_day) and "BYMONTHDAY" not in parts
            return is_plain and (is_every_day or not by_day)


def days(rule: str, starts_on: date, until: date | None, after: date) -> Iterator[date]:
    """The days it falls on after a day, the next first, for five years or up to and with `until`."""
    end = min(after + HORIZON, until or date.max)
    start = datetime.combine(starts_on, time())
    bounded = rrulestr(f"{rule};WKST=MO;UNTIL={end:%Y%m%d}", dtstart=start)
    for moment in bounded.xafter(datetime.combine(after, time())):
        yield moment.date()


def moment(day: date, local_time: str, time_zone: str) -> datetime:
    """When the wall clock shows HH:MM on that day: an hour that comes twice is the first, one left out an hour on."""
    shown = datetime.combine(day, time.fromisoformat(local_time), ZoneInfo(time_zone))
    return shown.astimezone(UTC)


def day_of(at: datetime, time_zone: str) -> date:
    """Which day it is there."""
    return at.astimezone(ZoneInfo(time_zone)).date()
