from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.billing.checkout.events import OfferLine, QuoteLine
from services.billing.order import commands, events
from services.billing.order.decider import ORDER
from services.billing.order.events import Purchase
from services.billing.payment.events import ChargedFor, MoneyLine, Reversal
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, euros, noon, visa

payment_id, other_payment = UUID(int=10), UUID(int=11)


def purchase(price: Money) -> Purchase:
    seat = QuoteLine(UUID(int=1), 1, price, noon + timedelta(minutes=13))
    return Purchase(ada, UUID(int=2), payment_id, price, (seat,), visa, Code("UTC"))


bought = purchase(euros(15))
bought_again = replace(bought, payment_id=other_payment)
charges = (MoneyLine("ticket", euros(15)),)
paid = events.OrderPaid(bought)
asked_back = events.OrderReturnAsked(ada, payment_id, charges, "seat_denied")
refunded = events.OrderRefunded(ada, euros(15), "seat_denied")
no_seat = commands.ReturnOrder("seat_denied")


def test_an_order_is_paid() -> None:
    given(ORDER).when(commands.PayOrder(bought)).then(paid)


def test_the_same_payment_twice_is_one() -> None:
    given(ORDER, paid).when(commands.PayOrder(bought)).then_nothing()


def test_a_second_payment_goes_back() -> None:
    expected = events.OrderPaidAgain(other_payment, charges)
    given(ORDER, paid).when(commands.PayOrder(bought_again)).then(expected)
    given(ORDER, paid, expected, asked_back, refunded).when(commands.PayOrder(bought_again)).then(
        expected
    )


def test_of_nothing_there_is_nothing_to_give_back() -> None:
    again = replace(purchase(euros(0)), payment_id=other_payment)
    given(ORDER, paid).when(commands.PayOrder(again)).then_nothing()


def test_without_a_seat_the_money_is_asked_back_once() -> None:
    given(ORDER, paid).when(no_seat).then(asked_back)
    given(ORDER, paid, asked_back).when(no_seat).then_nothing()


def test_what_was_free_is_returned_at_once() -> None:
    free = events.OrderPaid(purchase(euros(0)))
    nothing = events.OrderReturnAsked(ada, payment_id, (), "gathering_cancelled")
    done = events.OrderRefunded(ada, euros(0), "gathering_cancelled")
    given(ORDER, free).when(commands.ReturnOrder("gathering_cancelled")).then(nothing, done)


def test_an_order_is_refunded_when_its_money_has_gone_back() -> None:
    given(ORDER, paid, asked_back).when(commands.RecordReturn(euros(15))).then(refunded)
    told_twice = given(ORDER, paid, asked_back, refunded).when(commands.RecordReturn(euros(15)))
    told_twice.then_nothing()


def test_money_that_was_not_asked_back_is_not_this_orders() -> None:
    given(ORDER, paid).when(commands.RecordReturn(euros(15))).then_nothing()


def test_what_was_never_paid_has_nothing_to_return() -> None:
    given(ORDER).when(no_seat).then_nothing()
    given(ORDER).when(commands.RecordReturn(euros(15))).then_nothing()


by_the_month = OfferLine(UUID(int=3), UUID(int=4), euros(10), "month", 0, 1)
for_good = OfferLine(UUID(int=5), UUID(int=6), euros(20), "once", 0, 1)


def of_offers(*lines: OfferLine) -> Purchase:
    total = sum((line.price for line in lines), Money(0, "EUR"))
    return replace(bought, lines=lines, total=total)


def test_what_went_back_of_a_payment_concerns_the_order_it_paid() -> None:
    both = of_offers(by_the_month, for_good)
    one_back = commands.RecordReversal(payment_id, "refunded", ("subscription", "ticket"))
    heard = events.OrderReversed(both, "refunded", ("subscription",))
    given(ORDER, events.OrderPaid(both)).when(one_back).then(heard)
    all_back = commands.RecordReversal(payment_id, "refunded", ("subscription", "purchase"))
    all_heard = events.OrderReversed(both, "refunded", ("subscription", "purchase"))
    over = events.OrderRefunded(ada, euros(30), "requested")
    given(ORDER, events.OrderPaid(both), heard).when(all_back).then(all_heard, over)
    given(ORDER, events.OrderPaid(both), all_heard, over).when(all_back).then(all_heard)


def test_a_dispute_ends_an_order_only_when_it_is_lost() -> None:
    order = of_offers(for_good)
    dispute = Code("dp_1")
    kinds: tuple[ChargedFor, ...] = ("purchase",)
    undecided: tuple[Reversal, ...] = ("disputed", "won")
    for reversal in undecided:
        told = commands.RecordReversal(payment_id, reversal, kinds, dispute)
        heard = events.OrderReversed(order, reversal, kinds, dispute)
        given(ORDER, events.OrderPaid(order)).when(told).then(heard)
    lost = commands.RecordReversal(payment_id, "lost", kinds, dispute)
    given(ORDER, events.OrderPaid(order)).when(lost).then(
        events.OrderReversed(order, "lost", kinds, dispute),
        events.OrderRefunded(ada, euros(20), "disputed"),
    )


def test_what_went_back_of_something_else_does_not_concern_it() -> None:
    order = events.OrderPaid(of_offers(for_good))
    other = commands.RecordReversal(other_payment, "refunded", ("purchase",))
    given(ORDER, order).when(other).then_nothing()
    seats = commands.RecordReversal(payment_id, "refunded", ("ticket",))
    given(ORDER, order).when(seats).then_nothing()
    given(ORDER).when(seats).then_nothing()


def test_seats_are_refunded_for_the_reason_they_were_asked_back_for() -> None:
    went_back = commands.RecordReversal(payment_id, "refunded", ("ticket",))
    heard = events.OrderReversed(bought, "refunded", ("ticket",))
    by_staff = events.OrderRefunded(ada, euros(15), "requested")
    given(ORDER, paid).when(went_back).then(heard, by_staff)
    given(ORDER, paid, asked_back).when(went_back).then(heard, refunded)
    given(ORDER, paid, asked_back, refunded).when(went_back).then(heard)


def disputes(name: str, reversal: Reversal) -> tuple[commands.RecordReversal, events.OrderReversed]:
    """What is heard of a dispute about a book, and what is kept of it."""
    dispute = Code(name)
    kinds: tuple[ChargedFor, ...] = ("purchase",)
    heard = events.OrderReversed(of_offers(for_good), reversal, kinds, dispute)
    return commands.RecordReversal(payment_id, reversal, kinds, dispute), heard


def test_what_was_bought_for_good_is_withheld_until_the_bank_has_decided() -> None:
    book = events.OrderPaid(of_offers(for_good))
    _, opened = disputes("dp_1", "disputed")
    won, heard = disputes("dp_1", "won")
    lost, heard_lost = disputes("dp_1", "lost")
    suspend, suspended = (
        commands.SuspendOrder(Code("dp_1")),
        events.OrderSuspended(ada, Code("dp_1")),
    )
    given(ORDER, book, opened).when(suspend).then(suspended)
    given(ORDER, book, opened, suspended).when(suspend).then_nothing()
    back = events.OrderReinstated(of_offers(for_good))
    given(ORDER, book, opened, suspended).when(won).then(heard, back)
    over = events.OrderRefunded(ada, euros(20), "disputed")
    given(ORDER, book, opened, suspended).when(lost).then(heard_lost, over)


def test_a_bank_that_decides_before_the_seller_does_is_not_overruled() -> None:
    book = events.OrderPaid(of_offers(for_good))
    _, opened = disputes("dp_1", "disputed")
    won, heard = disputes("dp_1", "won")
    given(ORDER, book, opened).when(won).then(heard)
    given(ORDER, book, opened, heard).when(commands.SuspendOrder(Code("dp_1"))).then_nothing()
    given(ORDER).when(commands.SuspendOrder(Code("dp_1"))).then_nothing()


def test_of_two_disputes_the_last_one_gives_it_back() -> None:
    book = events.OrderPaid(of_offers(for_good))
    _, first = disputes("dp_1", "disputed")
    _, second = disputes("dp_2", "disputed")
    held = [events.OrderSuspended(ada, Code(name)) for name in ("dp_1", "dp_2")]
    one_won, one_heard = disputes("dp_1", "won")
    both_won, both_heard = disputes("dp_2", "won")
    history: tuple[events.OrderEvent, ...] = (book, first, second, *held)
    given(ORDER, *history).when(one_won).then(one_heard)
    back = events.OrderReinstated(of_offers(for_good))
    given(ORDER, *history, one_heard).when(both_won).then(both_heard, back)


def test_a_subscription_and_a_seat_are_not_withheld_by_their_order() -> None:
    seat = events.OrderReversed(bought, "disputed", ("ticket",), Code("dp_1"))
    given(ORDER, paid, seat).when(commands.SuspendOrder(Code("dp_1"))).then_nothing()
    monthly = events.OrderPaid(of_offers(by_the_month))
    period = events.OrderReversed(monthly.purchase, "disputed", ("subscription",), Code("dp_1"))
    given(ORDER, monthly, period).when(commands.SuspendOrder(Code("dp_1"))).then_nothing()


def test_who_withdraws_from_it_has_it_no_more_once() -> None:
    withdraw = commands.WithdrawOrder(bought.total)
    back = events.OrderRefunded(ada, bought.total, "requested")
    given(ORDER, paid).when(withdraw).then(back)
    given(ORDER, paid, back).when(withdraw).then_nothing()
    given(ORDER).when(withdraw).then_nothing()
