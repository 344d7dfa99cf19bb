"""What is left of a period, and what changing a subscription in the middle of one costs."""

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from services.billing.least import is_enough
from services.billing.policy.events import Unit
from services.billing.subscription.events import (
    Change,
    ChangeLine,
    ChangeMode,
    Period,
    Standing,
    Terms,
    boundary,
)
from services.billing.years import first_price
from shared.money import Money


def rest_of(period: Period, at: datetime, unit: Unit, time_zone: str) -> Fraction:
    """The part of [start, end) that is left at `at`, of the period's own length.

    By second, `(end - at) / (end - start)` in real time, so the hour of a clock change is neither lost nor paid twice
    (Stripe, Polar). By day, whole days of the community's zone: the day of the change belongs to what it is changed
    to (Lago, Kill Bill). A year with 29 February has 366 of them.
    """
    if unit == "second":
        left, whole = period.end - at, period.end - period.start
    else:
        zone = ZoneInfo(time_zone)
        start, day, end = (
            moment.astimezone(zone).date() for moment in (period.start, at, period.end)
        )
        left, whole = end - day, end - start
    if not whole:
        return Fraction(0)  # A trial costs nothing, so nothing is left of it.
    part = Fraction(left // timedelta.resolution, whole // timedelta.resolution)
    return min(max(part, Fraction(0)), Fraction(1))


def billed(full: Money, balance: Money) -> Money:
    """What is charged of `full` and of what earlier bills left: too little to be charged waits for the next one."""
    owed = full + balance
    return owed if is_enough(owed) else full * 0


def price_of(to: Terms, number: int, period: Period) -> Money:
    """What period `number` costs at these terms: of a fixed year, what who joined on its first day here pays."""
    if to.year is None:
        return to.due(number)
    share = first_price(to.year, to.price, period.start, to.time_zone, to.quantity)
    return replace(to, price=share).due(number)


def usual_mode(terms: Terms, to: Terms) -> ChangeMode:
    """More is had now and paid now, less begins when what is paid is over; another interval begins anew."""
    if terms.pace != to.pace:
        return "reset"
    return "next_period" if to.amount < terms.amount else "invoice"


def worked_out(
    change_id: UUID, now: Standing, to: Terms, mode: ChangeMode, at: datetime, unit: Unit
) -> Change:
    """The change and its two lines; a line of nothing is none.

    credit = round(what was billed for the period * rest), debit = round(new price * rest), each rounded by itself, half
    away from zero (Polar). What was billed is after its discount, so no more is given back than was asked for; the
    debit is after the discount that stays, and of a year that was joined late the share that was joined. `reset`
    charges a whole new period (Stripe, Polar, Lago). Neither `none` nor `next_period` has lines.
    """
    nothing = now.worth * 0
    has_lines = mode not in ("none", "next_period")
    rest = rest_of(now.period, at, unit, to.time_zone) if has_lines else Fraction(0)
    period, worth = now.period, now.worth
    if has_lines:
        worth = price_of(to, now.number, period)
    debit = worth.share(rest)
    anchor, on = (None, None) if to.pace == now.terms.pace else (now.period.end, now.on)
    if mode == "reset":
        period, worth = Period(at, boundary(at, to, 1)), to.due(now.number + 1)
        debit, anchor, on = worth, at, None
    credit = now.worth.share(rest)
    had = Period(min(max(at, now.period.start), now.period.end), now.period.end)
    owed = debit - credit + now.balance
    due = owed if mode in ("invoice", "reset") and is_enough(owed) else nothing
    lines = (
        _line("credit", -credit, now.terms, had),
        _line("debit", debit, to, period if mode == "reset" else had),
    )
    carried = now.balance if due else nothing
    some = tuple(line for line in lines if line.amount)
    return Change(change_id, to, mode, some, period, worth, carried, due, anchor, on)


def _line(
    kind: Literal["credit", "debit"], amount: Money, terms: Terms, period: Period
) -> ChangeLine:
    return ChangeLine(kind, amount, terms.offer_id, terms.price_version, terms.quantity, period)
