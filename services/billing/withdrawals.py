"""The right of withdrawal of Directive 2011/83/EU: until when a buyer may withdraw, and what then goes back.

Fourteen days from the conclusion of the contract (article 9), which is when the checkout was completed. They are
counted as Regulation 1182/71 has it, in the community's time zone: the day of the conclusion is not counted, the last
day counts whole, and where that is a Saturday, a Sunday or a holiday, the time ends with the next working day. Of a
seller no country is known, so as holidays count those that most member states keep: a day more than the law gives is
the buyer's.

Without an express request nothing is owed for what was had meanwhile (article 14(4)). Who asked for it to begin at once
pays for the part of the period that is over, by the second (14(3)): what a change has credited was not supplied, and
what it left to be billed was. Such a buyer has no right of digital content (16(m)).
Seats are for a date (16(l)), and a donation buys nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from dateutil.easter import easter

from services.billing.checkout.events import Line, OfferLine
from services.billing.payment.events import MoneyLine
from services.billing.proration import rest_of
from services.billing.subscription.events import Period
from shared.money import Money

DAYS = 14
SUNDAY_AND_SATURDAY = frozenset({5, 6})
FIXED = frozenset({(1, 1), (5, 1), (12, 25), (12, 26)})
AROUND_EASTER = frozenset({-2, 1, 39, 50})
"""Good Friday, Easter Monday, Ascension Day and Whit Monday, in days from Easter Sunday."""

Kept = Literal["exempt", "waived"]


@dataclass(frozen=True, slots=True)
class Spell:
    """What a line that recurs became: the period that runs, `worth` so much, and what was paid, the latest first.

    Nothing is used of it while it is paused. `balance` is what changes left: to be given back where it is negative.
    """

    subscription_id: UUID
    period: Period
    worth: Money
    payments: tuple[tuple[UUID, Money], ...]
    balance: Money
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """What goes back of one payment."""

    payment_id: UUID
    lines: tuple[MoneyLine, ...]


def ends_at(concluded_at: datetime, time_zone: str) -> datetime:
    """The first moment at which it is too late."""
    zone = ZoneInfo(time_zone)
    last = concluded_at.astimezone(zone).date() + timedelta(days=DAYS)
    while not _is_working_day(last):
        last += timedelta(days=1)
    return datetime.combine(last + timedelta(days=1), time.min, zone)


def _is_working_day(day: date) -> bool:
    around_easter = (day - easter(day.year)).days in AROUND_EASTER
    is_holiday = (day.month, day.day) in FIXED or around_easter
    return day.weekday() not in SUNDAY_AND_SATURDAY and not is_holiday


def kept(line: Line, *, begun_at_once: bool) -> Kept | None:
    """Why nothing of it goes back; None where it does."""
    if not isinstance(line, OfferLine) or line.donation:
        return "exempt"
    waived = begun_at_once and not line.recurs and line.content_id is not None
    return "waived" if waived else None


def returns_of(
    lines: Iterable[OfferLine],
    spells: Mapping[UUID, Spell],
    payment_id: UUID,
    used_until: datetime | None,
) -> tuple[Return, ...]:
    """What goes back of each payment for these lines: all, or what was not used until then where that is to be paid."""
    back: dict[UUID, dict[str, MoneyLine]] = {}
    for line in lines:
        for paid_by, part in _of_line(line, spells, payment_id, used_until):
            sums = back.setdefault(paid_by, {})
            before = sums.get(part.charged_for)
            amount = before.amount + part.amount if before else part.amount
            sums[part.charged_for] = MoneyLine(part.charged_for, amount)
    return tuple(Return(paid_by, tuple(sums.values())) for paid_by, sums in back.items())


def _of_line(
    line: OfferLine, spells: Mapping[UUID, Spell], payment_id: UUID, at: datetime | None
) -> Iterable[tuple[UUID, MoneyLine]]:
    spell = spells.get(line.offer_id)
    if spell is None:
        yield from ((payment_id, charge) for charge in line.charges if charge.amount)
        return
    parts = spell.payments if at is None else _unused(spell, at)
    yield from ((paid_by, MoneyLine(line.charged_for, part)) for paid_by, part in parts)
    if line.setup_fee:
        on_trial = spell.period.start == spell.period.end
        fee = line.setup_fee if at is None or on_trial else _rest(line.setup_fee, spell, at)
        yield from [(payment_id, MoneyLine("purchase", fee))] if fee else []


def _unused(spell: Spell, at: datetime) -> Iterable[tuple[UUID, Money]]:
    """What is left of the period that runs and of what changes gave back, from what was paid last."""
    left = _rest(spell.worth, spell, at) - spell.balance
    for payment_id, paid in spell.payments:
        part = max(min(paid, left), left * 0)
        left -= part
        if part:
            yield payment_id, part


def _rest(amount: Money, spell: Spell, at: datetime) -> Money:
    used_until = min(at, spell.paused_at) if spell.paused_at else at
    return amount.share(rest_of(spell.period, used_until, "second", "UTC"))
