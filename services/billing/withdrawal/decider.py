"""Who buys as a consumer withdraws once, within fourteen days, from what the law does not except."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.billing.checkout.events import Line, OfferLine
from services.billing.payment.events import MoneyLine, payment_of, total
from services.billing.withdrawal import commands, events
from services.billing.withdrawals import Return, ends_at, kept, returns_of
from shared.decider import Decider, Rejected
from shared.money import Money

Declared = events.WithdrawalDeclared | None


def decide(command: commands.WithdrawalCommand, declared: Declared) -> list[events.WithdrawalEvent]:
    bought = command.bought
    basket, begun = bought.completed.basket, bought.completed.begun_by is not None
    if declared is not None:
        raise Rejected("withdrawn_already", "You have withdrawn from it.")
    why = {kept(line, begun_at_once=begun) for line in basket.lines}
    if why == {"exempt"}:
        raise Rejected("withdrawal_exempt", "By law nobody withdraws from that.")
    for_good = [line for line in basket.lines if _is_for_good(line)]
    lines = [
        line
        for line in basket.lines
        if isinstance(line, OfferLine) and kept(line, begun_at_once=begun) is None
    ]
    closes_order = bool(for_good) and all(line in lines for line in for_good)
    # An order is had as a whole: of what stays, no money goes back.
    lines = [line for line in lines if line.recurs or closes_order]
    if not lines:
        raise Rejected("withdrawal_waived", "It was had at once at your wish.")
    until = ends_at(bought.at, basket.time_zone)
    if command.at >= until:
        raise Rejected(
            "withdrawal_too_late", "The fourteen days are over.", until=until.isoformat()
        )
    spells, left = dict(bought.spells), dict(bought.left)
    if any(line.recurs and line.offer_id not in spells for line in lines):
        raise Rejected("subscription_not_begun", "It is about to begin: try again in a moment.")
    used_until = command.at if begun else None
    payment_id = payment_of(bought.checkout_id)
    back = _still_there(returns_of(lines, spells, payment_id, used_until), left)
    if basket.due and not any(left.values()):
        raise Rejected("refunded_already", "All of it has gone back.")
    return [
        events.WithdrawalDeclared(
            basket.person_id,
            bought.checkout_id,
            total([part for one in back for part in one.lines], basket.due.currency),
            back,
            tuple(spells[line.offer_id].subscription_id for line in lines if line.recurs),
            closes_order=closes_order,
        )
    ]


def _is_for_good(line: Line) -> bool:
    """A donation buys nothing that could be taken away."""
    return isinstance(line, OfferLine) and not line.recurs and not line.donation


def _still_there(returns: Sequence[Return], left: Mapping[UUID, Money]) -> tuple[Return, ...]:
    """No more than is kept of each payment, in the order of the lines."""
    back = []
    for one in returns:
        lines = []
        purse = left.get(one.payment_id)
        for line in one.lines:
            part = min(line.amount, purse) if purse else line.amount * 0
            purse = purse - part if purse else purse
            if part:
                lines.append(MoneyLine(line.charged_for, part))
        if lines:
            back.append(Return(one.payment_id, tuple(lines)))
    return tuple(back)


def evolve(declared: Declared, event: events.WithdrawalEvent) -> Declared:
    del declared
    return event


WITHDRAWAL: Decider[commands.WithdrawalCommand, Declared, events.WithdrawalEvent] = Decider(
    "withdrawal",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.WithdrawalCommand,
    events=events.WithdrawalEvent,
)
