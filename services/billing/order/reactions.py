"""What a checkout bought becomes orders, and each hears when its money goes back."""

from dataclasses import dataclass
from uuid import UUID

from services.billing.checkout.events import (
    Basket,
    CheckoutCompleted,
    CheckoutReversed,
    Line,
    QuoteLine,
    charges_of,
)
from services.billing.order import commands, events
from services.billing.order.decider import ORDER
from services.billing.order.events import Purchase, order_of
from services.billing.payment.events import RefundIssued, payment_of
from services.billing.policy.projections import policy_now
from services.billing.withdrawal.events import WithdrawalDeclared
from shared.contracts.events_sale import SeatDenied
from shared.event_store import Fact
from shared.ids import Code
from shared.money import Money
from shared.reaction import Action, ActionContext, Ask, Call, Reaction


@dataclass(frozen=True, slots=True)
class ConsultOnDispute:
    """Whether what was bought for good is withheld while a bank decides, the seller says."""

    order_id: UUID
    dispute: Code


def when_checkout_completed_pay_order(fact: Fact) -> list[Ask]:
    completed: CheckoutCompleted = fact.body
    orders = _orders(fact.stream_id, completed.basket)
    return [Ask(ORDER, order_id, _pay(fact, lines)) for order_id, lines in orders.items()]


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


def when_checkout_reversed_record_reversal(fact: Fact) -> list[Ask]:
    told: CheckoutReversed = fact.body
    record = commands.RecordReversal(
        payment_of(fact.stream_id), told.reversal, told.kinds, told.dispute
    )
    return [Ask(ORDER, order_id, record) for order_id in _orders(fact.stream_id, told.basket)]


def when_withdrawal_declared_withdraw_order(fact: Fact) -> list[Ask]:
    declared: WithdrawalDeclared = fact.body
    withdraw = commands.WithdrawOrder(declared.total)
    return [Ask(ORDER, order_of(declared.checkout_id), withdraw)] if declared.closes_order else []


def when_order_reversed_consult_policy(fact: Fact) -> list[Call]:
    news: events.OrderReversed = fact.body
    if news.reversal != "disputed" or news.dispute is None or not news.purchase.is_for_good:
        return []
    return [Call(ConsultOnDispute(fact.stream_id, news.dispute))]


async def consult_on_dispute(action: ConsultOnDispute, context: ActionContext) -> Ask | None:
    policy = await policy_now(context.service, context.community_id)
    if policy.during_dispute == "keep":
        return None
    return Ask(ORDER, action.order_id, commands.SuspendOrder(action.dispute))


def _orders(checkout_id: UUID, basket: Basket) -> dict[UUID, tuple[Line, ...]]:
    """The offers are one order; seats are one for each hold, whichever checkout pays it first."""
    offers = tuple(line for line in basket.lines if not isinstance(line, QuoteLine))
    seats = {line.hold_id: (line,) for line in basket.lines if isinstance(line, QuoteLine)}
    return {**seats, order_of(checkout_id): offers} if offers else {**seats}


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
        "billing.order.when_withdrawal_declared_withdraw_order",
        WithdrawalDeclared,
        when_withdrawal_declared_withdraw_order,
    ),
    Reaction(
        "billing.order.when_order_reversed_consult_policy",
        events.OrderReversed,
        when_order_reversed_consult_policy,
    ),
    Reaction(
        "billing.order.when_checkout_reversed_record_reversal",
        CheckoutReversed,
        when_checkout_reversed_record_reversal,
    ),
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
)

ACTIONS = (Action(ConsultOnDispute, consult_on_dispute),)
