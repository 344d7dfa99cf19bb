"""Who buys as a consumer withdraws once, within fourteen days, from what the law does not except."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.billing.checkout.events import Line, OfferLine
from services.billing.payment.events import payment_of, total
from services.billing.purse import Purse
from services.billing.withdrawal import commands, events
from services.billing.withdrawals import Return, ends_at, kept, returns_of
from shared.decider import Decider, Rejected

Declared = events.WithdrawalDeclared | None


def decide(command: commands.WithdrawalCommand, declared: Declared) -> list[events.WithdrawalEvent]:
    bought = command.bought
    if bought.completed is None:
        raise Rejected("checkout_not_paid", "It has not been paid.")
    basket, begun = bought.basket, bought.completed.begun_by is not None
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
    spells = dict(bought.spells)
    if any(line.recurs and line.offer_id not in spells for line in lines):
        raise Rejected("subscription_not_begun", "It is about to begin: try again in a moment.")
    used_until = command.at if begun else None
    wanted = _wanted(returns_of(lines, spells, payment_of(bought.checkout_id), used_until))
    back = _still_there(wanted, dict(bought.left))
    if wanted and not back:
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


def _wanted(returns: Sequence[Return]) -> list[Return]:
    return [one for one in returns if any(line.amount for line in one.lines)]


def _still_there(wanted: Sequence[Return], left: Mapping[UUID, Purse]) -> tuple[Return, ...]:
    """No more is promised than will be sent."""
    back = []
    for one in wanted:
        purse = left.get(one.payment_id)
        if purse is None:
            raise Rejected("payment_under_way", "It is being paid: try again in a moment.")
        if purse.disputed:
            raise Rejected(
                "payment_disputed", "While a bank decides whose it is, none of it moves."
            )
        if lines := purse.still_there(one.lines):
            back.append(Return(one.payment_id, lines))
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
