from uuid import UUID

from services.events.gathering.events import GatheringId
from services.events.hold.commands import OpenHold, PayHold, RefundHold, ReturnPayment
from services.events.hold.decider import HOLD
from services.events.hold.events import (
    HoldOpened,
    HoldPaid,
    HoldRefunded,
    PaymentUnmatched,
    PaymentWaited,
)
from services.events.sale.events import HoldId
from shared.ids import PersonId
from shared.money import Money
from shared.testing import given

dinner = GatheringId(UUID(int=1))
hold = HoldId(UUID(int=2))
ada = PersonId(UUID(int=3))
price = Money(2400, "EUR")

open_hold = OpenHold(hold, dinner)
pay = PayHold(hold, ada, 1, price)
opened = HoldOpened(dinner)
waited = PaymentWaited(hold, ada, 1, price)
paid = HoldPaid(hold, dinner, ada, 1, price)
unmatched = PaymentUnmatched(hold, ada)
refund = RefundHold(hold)


def test_a_hold_learns_its_gathering() -> None:
    given(HOLD).when(open_hold).then(opened)


def test_a_hold_learns_its_gathering_once() -> None:
    given(HOLD, opened).when(open_hold).then_nothing()


def test_money_finds_the_gathering() -> None:
    given(HOLD, opened).when(pay).then(paid)


def test_the_same_money_twice_counts_once() -> None:
    given(HOLD, opened, paid).when(pay).then_nothing()


def test_money_that_comes_first_waits_for_the_hold() -> None:
    given(HOLD).when(pay).then(waited)


def test_waiting_money_is_not_taken_twice() -> None:
    given(HOLD, waited).when(pay).then_nothing()


def test_waiting_money_meets_the_gathering() -> None:
    given(HOLD, waited).when(open_hold).then(opened, paid)


def test_money_that_waited_for_nothing_goes_back() -> None:
    given(HOLD, waited).when(ReturnPayment()).then(unmatched)


def test_money_that_found_its_gathering_stays() -> None:
    given(HOLD, waited, opened, paid).when(ReturnPayment()).then_nothing()


def test_money_goes_back_once() -> None:
    given(HOLD, waited, unmatched).when(ReturnPayment()).then_nothing()


def test_money_that_went_back_buys_nothing_later() -> None:
    given(HOLD, waited, unmatched).when(open_hold).then(opened)


def test_money_that_went_back_is_told_once() -> None:
    refunded = HoldRefunded(hold, dinner)
    given(HOLD, opened, paid).when(refund).then(refunded)
    given(HOLD, opened, paid, refunded).when(refund).then_nothing()


def test_money_that_went_back_while_it_waited_buys_nothing() -> None:
    refunded = HoldRefunded(hold, None)
    given(HOLD, waited).when(refund).then(refunded)
    given(HOLD, waited, refunded).when(open_hold).then(opened)
    given(HOLD, waited, refunded).when(ReturnPayment()).then_nothing()


def test_an_order_that_bought_no_seats_is_no_hold() -> None:
    given(HOLD).when(refund).then_nothing()
