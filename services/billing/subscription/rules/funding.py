"""Whose money is in what: in the period that runs, and in the credit that is taken off the next bills."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from uuid import UUID

from services.billing.subscription.events import Change, CreditTaken
from services.billing.subscription.rules.state import Running
from shared.money import Money

Funds = Mapping[UUID, Money]
Parts = list[tuple[UUID, Money]]


def for_period(running: Running, by: UUID | None, paid: Money, worth: Money) -> Running:
    """A period `worth` so much begins: what is left of earlier changes pays for it first, then the payment."""
    known = {by: paid * 0} if by else {}
    pool = [*running.credit.items(), *_part(by, paid)]
    return _spent(running, pool, worth, _owed(running), known)


def for_change(running: Running, change: Change, by: UUID | None) -> Running:
    """What is given back is of what had paid for the rest, each in proportion, and pays for what is had instead.

    What of the rest was still to be billed is not billed any more.
    """
    lines = {line.kind: line.amount for line in change.lines}
    if not lines:
        return running
    nothing, owed = change.due * 0, _owed(running)
    had = [(one, paid) for one, paid in running.paid_by.items() if paid]
    most = sum((paid for _, paid in had), owed)
    given_back = min(-lines.get("credit", nothing), most)
    *parts, unbilled = (
        given_back.split([*(paid.minor for _, paid in had), owed.minor]) if most else [nothing]
    )
    freed = [(one, part) for (one, _), part in zip(had, parts, strict=True)]
    pool = [*freed, *running.credit.items(), *_part(by, change.due)]
    return _spent(running, pool, lines.get("debit", nothing), owed - unbilled, {})


def gone_back(running: Running, payment_id: UUID, credit: Money | None) -> Running:
    """Nothing more is had for it: no credit, and of the period no part that a change could give back."""
    part = running.paid_by.get(payment_id, running.worth * 0)
    now = running
    if part:
        billed = sum(running.paid_by.values(), _owed(running))
        left = Fraction((billed - part).minor, billed.minor)
        paid_by = {**running.paid_by, payment_id: part * 0}
        now = replace(now, paid_by=paid_by, worth=running.worth.share(left))
    if not credit:
        return now
    rest = {one: amount for one, amount in running.credit.items() if one != payment_id}
    return replace(now, credit=rest, balance=running.balance + credit)


def handed(running: Running, taken: CreditTaken) -> Running:
    """What another had kept is taken off the next bills here; what is owed here is paid with it first."""
    now = _spent(running, list(taken.credit), taken.amount * 0, _owed(running), running.paid_by)
    credit = {**running.credit, **now.credit}
    return replace(running, balance=running.balance - taken.amount, credit=credit)


def _owed(running: Running) -> Money:
    return max(running.balance, running.balance * 0)


def _spent(running: Running, pool: Parts, cost: Money, owed: Money, known: Funds) -> Running:
    paid_by, credit = dict(known), dict[UUID, Money]()
    for payment_id, amount in pool:
        spent = min(amount, cost)
        cost -= spent
        if spent:
            paid_by[payment_id] = paid_by.get(payment_id, spent * 0) + spent
        repaid = min(amount - spent, owed)
        owed -= repaid
        if left := amount - spent - repaid:
            credit[payment_id] = credit.get(payment_id, left * 0) + left
    return replace(running, paid_by=paid_by, credit=credit)


def _part(by: UUID | None, amount: Money) -> Iterable[tuple[UUID, Money]]:
    return [(by, amount)] if by and amount else []
