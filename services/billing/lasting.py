"""For how many payments something is taken off, where it lasts for months and a period does not."""

from dataclasses import replace
from fractions import Fraction
from math import ceil

from services.billing.discount.events import Reduction
from services.billing.offer.events import Interval

Pace = tuple[Interval, int]

MONTHS = {
    "week": Fraction(12, 52),
    "month": Fraction(1),
    "quarter": Fraction(3),
    "year": Fraction(12),
}


def payments_in(months: int | Fraction, pace: Pace) -> int:
    """How many payments begin within so many months, the first of them at once; of what does not recur, one."""
    interval, every = pace
    return 1 if interval == "once" else ceil(months / (MONTHS[interval] * every))


def at_pace(reduction: Reduction | None, paid: int, before: Pace, after: Pace) -> Reduction | None:
    """The same, for as long as it would have lasted, where periods are of another length from now on."""
    if reduction is None or reduction.periods is None or before == after:
        return reduction
    left = reduction.periods - paid
    if left <= 0:
        return reduction
    interval, every = before
    return replace(reduction, periods=paid + payments_in(left * MONTHS[interval] * every, after))
