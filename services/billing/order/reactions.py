"""What a checkout bought becomes orders; seats that cannot be had become a refund."""

from uuid import UUID

from services.billing.checkout.events import CheckoutCompleted, Line, QuoteLine, charges_of
from services.billing.order import commands
from services.billing.order.decider import ORDER
from services.billing.order.events import REVERSALS, Purchase, Reversal, order_of
from services.billing.payment.events import DisputeClosed, DisputeOpened, RefundIssued, payment_of
from shared.contracts.events_sale import SeatDenied
from shared.event_store import Fact
from shared.money import Money
from shared.reaction import Ask, Reaction


def when_checkout_completed_pay_order(fact: Fact) -> list[Ask]:
    """The offers are one order; seats are one for each hold, whichever checkout pays it first."""
    lines = fact.body.basket.lines
    seats = [line for line in lines if isinstance(line, QuoteLine)]
    offers = tuple(line for line in lines if not isinstance(line, QuoteLine))
    asks = [Ask(ORDER, line.hold_id, _pay(fact, (line,))) for line in seats]
    if offers:
        asks.append(Ask(ORDER, order_of(fact.stream_id), _pay(fact, offers)))
    return asks


def when_seat_denied_return_order(fact: Fact) -> list[Ask]:
    denied: SeatDenied = fact.body
    cancelled = denied.reason == "gathering_cancelled"
    back = commands.ReturnOrder("gathering_cancelled" if cancelled else "seat_denied")
    return [Ask(ORDER, denied.hold_id, back)]


def when_refund_issued_record_return(fact: Fact) -> list[Ask]:
    refund: RefundIssued = fact.body
    if refund.reason not in ("seat_denied", "gathering_cancelled"):
        return []
    # The refund of an order carries the order's id.
    return [Ask(ORDER, refund.refund_id, commands.RecordReturn(refund.amount))]


def when_refund_issued_record_reversal(fact: Fact) -> list[Ask]:
    refund: RefundIssued = fact.body
    charge = refund.charge
    if charge is None or charge.origin != "checkout" or not refund.emptied:
        return []
    reversal = commands.RecordReversal(fact.stream_id, "refunded", refund.emptied)
    return [_offers_of(charge.origin_id, reversal)]


def when_dispute_opened_record_reversal(fact: Fact) -> list[Ask]:
    opened: DisputeOpened = fact.body
    return [] if opened.inquiry else _disputed(fact, "disputed")


def when_dispute_closed_record_reversal(fact: Fact) -> list[Ask]:
    closed: DisputeClosed = fact.body
    return _disputed(fact, REVERSALS[closed.outcome])


def _disputed(fact: Fact, reversal: Reversal) -> list[Ask]:
    news: DisputeOpened | DisputeClosed = fact.body
    if news.charge.origin != "checkout":
        return []
    kinds = tuple(line.charged_for for line in news.charge.lines)
    record = commands.RecordReversal(fact.stream_id, reversal, kinds, news.dispute)
    return [_offers_of(news.charge.origin_id, record)]


def _offers_of(checkout_id: UUID, reversal: commands.RecordReversal) -> Ask:
    return Ask(ORDER, order_of(checkout_id), reversal)


def _pay(fact: Fact, lines: tuple[Line, ...]) -> commands.PayOrder:
    completed: CheckoutCompleted = fact.body
    basket = completed.basket
    amounts = (charge.amount for charge in charges_of(lines))
    return commands.PayOrder(
        Purchase(
            person_id=basket.person_id,
            checkout_id=fact.stream_id,
            payment_id=payment_of(fact.stream_id),
            total=sum(amounts, Money(0, basket.due.currency)),
            lines=lines,
            instrument=completed.instrument,
            time_zone=basket.time_zone,
        )
    )


REACTIONS = (
    Reaction(
        "billing.order.when_checkout_completed_pay_order",
        CheckoutCompleted,
        when_checkout_completed_pay_order,
    ),
    Reaction(
        "billing.order.when_seat_denied_return_order", SeatDenied, when_seat_denied_return_order
    ),
    Reaction(
        "billing.order.when_refund_issued_record_return",
        RefundIssued,
        when_refund_issued_record_return,
    ),
    Reaction(
        "billing.order.when_refund_issued_record_reversal",
        RefundIssued,
        when_refund_issued_record_reversal,
    ),
    Reaction(
        "billing.order.when_dispute_opened_record_reversal",
        DisputeOpened,
        when_dispute_opened_record_reversal,
    ),
    Reaction(
        "billing.order.when_dispute_closed_record_reversal",
        DisputeClosed,
        when_dispute_closed_record_reversal,
    ),
)
