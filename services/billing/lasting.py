"""For how many payments something is taken off, where it lasts for months and a period does not."""

from dataclasses import replace
from fractions import Fraction
from math import ceil

from services.billing.discount.events import Reduction
from services.billing.offer.events import Interval

Pace = tuple[Interval, int]

TIMES_A_YEAR = {"week": 52, "month": 12, "quarter": 4, "year": 1}


def _months_of(pace: Pace) -> Fraction:
    interval, every = pace
    return Fraction(12 * every, TIMES_A_YEAR[interval])


def payments_in(months: int | Fraction, pace: Pace) -> int:
    """How many payments begin within so many months, the first of them at once; of what does not recur, one."""
    return 1 if pace[0] == "once" else ceil(months / _months_of(pace))


def at_pace(reduction: Reduction | None, paid: int, before: Pace, after: Pace) -> Reduction | None:
    """The same, for as long as it would have lasted, where periods are of another length from now on."""
    if reduction is None or reduction.periods is None or before == after:
        return reduction
    left = reduction.periods - paid
    if left <= 0:
        return reduction
    return replace(reduction, periods=paid + payments_in(left * _months_of(before), after))
