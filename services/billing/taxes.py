"""The tax that is in a price: prices are gross, and the seller says at which rate what they sell is taxed from when on.

Nobody looks up a rate, and none follows from where the buyer lives: what the seller has set is what is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Literal
from zoneinfo import ZoneInfo

from services.billing.checkout.events import Line, OfferLine, tax_in
from services.billing.payment.events import MoneyLine

Category = Literal["membership", "digital", "event"]


@dataclass(frozen=True, slots=True)
class TaxRate:
    """So many basis points of the net price, from this day of the community's on."""

    category: Category
    basis_points: int
    since: date


def category_of(line: Line) -> Category | None:
    """As what it is taxed; a donation is outside of it."""
    if not isinstance(line, OfferLine):
        return "event"
    if line.donation:
        return None
    return "digital" if line.content_id is not None and not line.recurs else "membership"


def rate_on(rates: Sequence[TaxRate], category: Category | None, day: date) -> int | None:
    """The latest that had begun by then; None where none was set."""
    begun = [rate for rate in rates if rate.category == category and rate.since <= day]
    return max(begun, key=lambda rate: rate.since).basis_points if begun else None


def taxed(lines: Sequence[Line], rates: Sequence[TaxRate], at: datetime, zone: str) -> list[Line]:
    """The same lines, each at the rate of the day."""
    day = at.astimezone(ZoneInfo(zone)).date()
    return [replace(line, tax_rate=rate_on(rates, category_of(line), day)) for line in lines]


def with_tax(
    lines: Sequence[MoneyLine], rates: Sequence[TaxRate], at: datetime, zone: str
) -> tuple[MoneyLine, ...]:
    """What a subscription is charged, with the tax in it at the rate of the day; a donation is outside of it."""
    rate = rate_on(rates, "membership", at.astimezone(ZoneInfo(zone)).date())
    return tuple(
        line if line.charged_for == "donation" else replace(line, tax=tax_in(line.amount, rate))
        for line in lines
    )


def returned(
    charged: Sequence[MoneyLine], left: Sequence[MoneyLine], back: Sequence[MoneyLine]
) -> tuple[MoneyLine, ...]:
    """What goes back, with the tax that was in it: in proportion, and in all of it all of the tax, not a cent more.

    What is still there of the tax, `left` says: what went back before may have been rounded in another order.
    """
    whole = {line.charged_for: line for line in charged}
    before = {line.charged_for: line for line in left}
    told = []
    for line in back:
        one = whole.get(line.charged_for)
        if one is None or one.tax is None or not one.amount:
            told.append(line)
            continue
        there = before.get(line.charged_for, one)
        gone = max((one.amount - there.amount).minor, 0) + line.amount.minor
        share = one.tax.share(min(Fraction(gone, one.amount.minor), Fraction(1)))
        untouched = one.tax if there.tax is None else there.tax
        more = max(share - (one.tax - untouched), one.tax * 0)
        told.append(replace(line, tax=min(more, untouched)))
    return tuple(told)
