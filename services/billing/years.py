"""A fixed membership year: when the next begins, and what is left of this one."""

from datetime import UTC, date, datetime, time
from fractions import Fraction
from zoneinfo import ZoneInfo

from services.billing.least import is_enough
from services.billing.offer.events import FixedYear
from shared.money import Money


def next_beginning(year: FixedYear, at: datetime, time_zone: str) -> datetime:
    """The midnight at which the year after the one that runs at `at` begins, in the seller's zone."""
    begins = _after(year, _day(at, time_zone))
    return datetime.combine(begins, time(), ZoneInfo(time_zone)).astimezone(UTC)


def first_price(
    year: FixedYear, price: Money, at: datetime, time_zone: str, quantity: int = 1
) -> Money:
    """What the rest of the year costs, today included: a share of its days, or all of it, as the seller wants.

    What is too little to be charged is free.
    """
    if year.first == "full":
        return price
    today = _day(at, time_zone)
    end = _after(year, today)
    whole = (end - end.replace(year=end.year - 1)).days
    share = price.share(Fraction((end - today).days, whole))
    return share if is_enough(share * quantity) else price * 0


def _day(at: datetime, time_zone: str) -> date:
    return at.astimezone(ZoneInfo(time_zone)).date()


def _after(year: FixedYear, day: date) -> date:
    begins = date(day.year, year.month, year.day)
    return begins if begins > day else begins.replace(year=day.year + 1)
