from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.billing.commission.events import Commission
from services.billing.commission_payout.commands import BookCommission, PayCommissions
from services.billing.commission_payout.decider import COMMISSION_PAYOUT
from services.billing.commission_payout.events import CommissionBooked, CommissionsPaid
from shared.ids import AccountId, Code
from shared.money import Money
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.billing.cast import bob, euros, noon

receipt, another = UUID(int=40), UUID(int=41)
words = Sealed(bob, "accounting", Code("sealed"))
staff = AccountId(UUID(int=60))
link, spring, summer = UUID(int=10), UUID(int=20), UUID(int=21)
one = Commission(
    bob, spring, link, "affiliate", euros(20), 1, noon, noon + timedelta(days=30), is_due=True
)
two = replace(one, payment_id=summer, amount=euros(5))
booked = CommissionBooked(one, 3)


def pay(amount: Money, receipt_id: UUID = receipt) -> PayCommissions:
    return PayCommissions(bob, receipt_id, words, amount, staff)


def paid(amount: Money, receipt_id: UUID = receipt) -> CommissionsPaid:
    return CommissionsPaid(bob, receipt_id, words, amount, staff)


def test_the_latest_news_counts_whenever_it_comes() -> None:
    given(COMMISSION_PAYOUT).when(BookCommission(one, 3)).then(booked)
    given(COMMISSION_PAYOUT, booked).when(BookCommission(one, 3)).then_nothing()
    given(COMMISSION_PAYOUT, booked).when(BookCommission(two, 2)).then(CommissionBooked(two, 2))
    less = replace(one, amount=euros(1))
    given(COMMISSION_PAYOUT, booked).when(BookCommission(less, 2)).then_nothing()
    given(COMMISSION_PAYOUT, booked).when(BookCommission(less, 4)).then(CommissionBooked(less, 4))


def test_all_that_is_due_is_paid_and_counts_once() -> None:
    both = booked, CommissionBooked(two, 9)
    given(COMMISSION_PAYOUT, *both).when(pay(euros(25))).then(paid(euros(25)))
    given(COMMISSION_PAYOUT, *both).when(pay(euros(20))).then_rejected("amount_differs")
    given(COMMISSION_PAYOUT, *both, paid(euros(25))).when(pay(euros(25))).then_nothing()
    given(COMMISSION_PAYOUT, *both, paid(euros(25))).when(pay(euros(5))).then_rejected(
        "payout_differs"
    )
    again = pay(euros(25), another)
    given(COMMISSION_PAYOUT, *both, paid(euros(25))).when(again).then_rejected("nothing_due")


def test_what_waits_or_is_held_is_not_due() -> None:
    for not_due in (replace(one, is_due=False), replace(one, is_held=True)):
        known = CommissionBooked(not_due, 3)
        given(COMMISSION_PAYOUT, known).when(pay(euros(20))).then_rejected("nothing_due")


def test_who_never_earned_anything_is_not_paid() -> None:
    given(COMMISSION_PAYOUT).when(pay(euros(20))).then_rejected("no_commissions")


def test_what_is_lost_after_it_was_paid_is_taken_off_the_next() -> None:
    lost = CommissionBooked(replace(one, amount=euros(0)), 4)
    known = booked, paid(euros(20)), lost
    given(COMMISSION_PAYOUT, *known).when(pay(euros(5), another)).then_rejected("nothing_due")
    small = *known, CommissionBooked(two, 9)
    given(COMMISSION_PAYOUT, *small).when(pay(euros(5), another)).then_rejected("nothing_due")
    large = *known, CommissionBooked(replace(two, amount=euros(30)), 9)
    given(COMMISSION_PAYOUT, *large).when(pay(euros(10), another)).then(paid(euros(10), another))


def test_each_currency_is_paid_by_itself() -> None:
    dollars = CommissionBooked(replace(two, amount=Money(700, "USD")), 9)
    given(COMMISSION_PAYOUT, booked, dollars).when(pay(Money(700, "USD"))).then(
        paid(Money(700, "USD"))
    )
