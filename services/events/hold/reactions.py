"""A hold hears of its seats and of its money; money that meets no seats waits an hour."""

from datetime import timedelta

from services.events.hold import commands, events
from services.events.hold.decider import HOLD
from services.events.sale import events as sales
from services.events.sale.events import HoldId
from shared.contracts.billing_order import OrderPaid, OrderRefunded
from shared.event_store import Fact
from shared.ids import PersonId
from shared.reaction import Ask, At, Reaction

# A quote is given only once its seats are held, so its money is early by our own delay at most.
PATIENCE = timedelta(hours=1)


def when_seat_held_open_hold(fact: Fact) -> list[At]:
    seats: sales.Seats = fact.body.seats
    opening = commands.OpenHold(seats.hold_id, seats.gathering_id)
    # Due at once, but not in line: the holds of a crowded sale do not wait for one another.
    return [At(fact.at, Ask(HOLD, seats.hold_id, opening))]


def when_order_paid_pay_hold(fact: Fact) -> list[Ask]:
    order: OrderPaid = fact.body
    return [
        Ask(
            HOLD,
            line.hold_id,
            commands.PayHold(
                HoldId(line.hold_id),
                PersonId(order.person_id),
                line.revision or 0,
                line.amount.money(),
            ),
        )
        for line in order.lines
        if line.kind == "quote" and line.hold_id
    ]


def when_order_refunded_refund_hold(fact: Fact) -> list[Ask]:
    """Every order is heard of here; whether seats were bought with it, the hold of its name knows."""
    refunded: OrderRefunded = fact.body
    return [Ask(HOLD, refunded.order_id, commands.RefundHold(HoldId(refunded.order_id)))]


def when_payment_waited_return_payment(fact: Fact) -> list[At]:
    return [At(fact.at + PATIENCE, Ask(HOLD, fact.stream_id, commands.ReturnPayment()))]


REACTIONS = (
    Reaction("events.hold.when_seat_held_open_hold", sales.SeatHeld, when_seat_held_open_hold),
    Reaction("events.hold.when_order_paid_pay_hold", OrderPaid, when_order_paid_pay_hold),
    Reaction(
        "events.hold.when_order_refunded_refund_hold",
        OrderRefunded,
        when_order_refunded_refund_hold,
    ),
    Reaction(
        "events.hold.when_payment_waited_return_payment",
        events.PaymentWaited,
        when_payment_waited_return_payment,
    ),
)
