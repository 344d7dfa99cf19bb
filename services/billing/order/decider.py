"""An order is paid once: a second payment goes back, and so does the first if there is no seat."""

from dataclasses import dataclass, replace
from typing import assert_never

from services.billing.checkout.events import charges_of
from services.billing.order import commands, events
from services.billing.order.events import BackReason, Purchase, ReturnReason
from shared.decider import Decider
from shared.ids import Code


@dataclass(frozen=True, slots=True)
class Order:
    purchase: Purchase
    returning: ReturnReason | None = None
    refunded: bool = False
    disputes: frozenset[Code] = frozenset()
    withheld_for: frozenset[Code] = frozenset()


def decide(command: commands.OrderCommand, order: Order | None) -> list[events.OrderEvent]:
    match command:
        case commands.PayOrder(purchase) if order is None:
            return [events.OrderPaid(purchase)]
        case _ if order is None:
            return []
        case commands.PayOrder(purchase):
            again = purchase.payment_id != order.purchase.payment_id and purchase.total
            return (
                [events.OrderPaidAgain(purchase.payment_id, charges_of(purchase.lines))]
                if again
                else []
            )
        case commands.ReturnOrder() if order.returning:
            return []
        case commands.ReturnOrder(reason):
            paid = order.purchase
            asked = events.OrderReturnAsked(
                paid.person_id, paid.payment_id, charges_of(paid.lines), reason
            )
            gratis = events.OrderRefunded(paid.person_id, paid.total, reason)
            return [asked] if paid.total else [asked, gratis]
        case commands.RecordReversal():
            return _reversed(command, order)
        case commands.WithdrawOrder(total):
            back = events.OrderRefunded(order.purchase.person_id, total, "requested")
            return [] if order.refunded else [back]
        case commands.SuspendOrder(dispute):
            decided = dispute not in order.disputes or dispute in order.withheld_for
            nothing = decided or order.refunded or not order.purchase.is_for_good
            return [] if nothing else [events.OrderSuspended(order.purchase.person_id, dispute)]
        case commands.RecordReturn() if order.refunded or order.returning is None:
            return []
        case commands.RecordReturn(total):
            return [events.OrderRefunded(order.purchase.person_id, total, order.returning)]
        case _:
            assert_never(command)


def _reversed(told: commands.RecordReversal, order: Order) -> list[events.OrderEvent]:
    purchase = order.purchase
    charges = charges_of(purchase.lines)
    kinds = tuple(line.charged_for for line in charges if line.charged_for in told.kinds)
    if told.payment_id != purchase.payment_id or not kinds:
        return []
    heard = events.OrderReversed(purchase, told.reversal, kinds, told.dispute)
    if told.reversal == "won" and not order.refunded and order.withheld_for == {told.dispute}:
        return [heard, events.OrderReinstated(purchase)]
    if order.refunded or len(kinds) < len(charges) or told.reversal in ("disputed", "won"):
        return [heard]
    asked: BackReason = "disputed" if told.reversal == "lost" else "requested"
    back = events.OrderRefunded(purchase.person_id, purchase.total, order.returning or asked)
    return [heard, back]


def evolve(order: Order | None, event: events.OrderEvent) -> Order | None:
    match event:
        case events.OrderPaid(purchase):
            return Order(purchase)
        case _ if order is None:
            return None
        case events.OrderPaidAgain() | events.OrderReinstated():
            return order
        case events.OrderReversed(reversal="disputed", dispute=str(dispute)):
            return replace(order, disputes=order.disputes | {dispute})
        case events.OrderReversed(dispute=dispute):
            over = {dispute}
            still, withheld_for = order.disputes - over, order.withheld_for - over
            return replace(order, disputes=still, withheld_for=withheld_for)
        case events.OrderSuspended(dispute=dispute):
            return replace(order, withheld_for=order.withheld_for | {dispute})
        case events.OrderReturnAsked(reason=reason):
            return replace(order, returning=reason)
        case events.OrderRefunded():
            return replace(order, refunded=True)
        case _:
            assert_never(event)


ORDER: Decider[commands.OrderCommand, Order | None, events.OrderEvent] = Decider(
    "order",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.OrderCommand,
    events=events.OrderEvent,
)
