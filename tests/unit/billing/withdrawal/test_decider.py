"""Who may withdraw from what, once, and what becomes of it."""

from dataclasses import replace
from datetime import timedelta

from services.billing.checkout.events import Basket, CheckoutCompleted, Line, charges_of
from services.billing.payment.events import MoneyLine, payment_of
from services.billing.purse import Purse
from services.billing.withdrawal import commands, events
from services.billing.withdrawal.decider import WITHDRAWAL
from services.billing.withdrawals import Return, Spell
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, euros, noon, stream_id
from tests.unit.billing.test_withdrawals import (
    course,
    gift,
    gold,
    lifetime,
    month,
    seats,
)

payment = payment_of(stream_id)
spell = Spell(stream_id, month, euros(30), ((payment, euros(30)),), euros(0))


def bought(*lines: Line, begun: bool = False, left: Money | None = None) -> commands.Bought:
    due = sum((line.due for line in lines), euros(0))
    basket = Basket(ada, lines, due, charges_of(lines), None, Code("UTC"))
    done = CheckoutCompleted(basket, None, begun_by=Code("2026-01") if begun else None)
    spells = ((gold.offer_id, spell),) if gold in lines else ()
    purse = Purse(charges_of(lines), due if left is None else left)
    return commands.Bought(stream_id, basket, done, noon, spells, ((payment, purse),))


def declare(*lines: Line, begun: bool = False, days: int = 5) -> commands.DeclareWithdrawal:
    at = noon + timedelta(days=days)
    return commands.DeclareWithdrawal(bought(*lines, begun=begun), at)


def declared(
    *parts: MoneyLine, ends: bool = False, closes: bool = False
) -> events.WithdrawalDeclared:
    total = sum((part.amount for part in parts), euros(0))
    back = (Return(payment, parts),) if parts else ()
    return events.WithdrawalDeclared(
        ada, stream_id, total, back, (stream_id,) if ends else (), closes_order=closes
    )


all_of_it = declared(MoneyLine("subscription", euros(30)), ends=True)


def test_what_began_without_being_asked_for_goes_back_whole_and_ends() -> None:
    given(WITHDRAWAL).when(declare(gold)).then(all_of_it)


def test_what_began_at_the_buyers_wish_goes_back_in_part_and_ends() -> None:
    part = declared(MoneyLine("subscription", euros(25)), ends=True)
    given(WITHDRAWAL).when(declare(gold, begun=True)).then(part)


def test_digital_content_goes_back_unless_it_was_waived() -> None:
    whole = declared(MoneyLine("purchase", euros(40)), closes=True)
    given(WITHDRAWAL).when(declare(course)).then(whole)
    waived = declare(course, begun=True)
    given(WITHDRAWAL).when(waived).then_rejected("withdrawal_waived")
    given(WITHDRAWAL).when(declare(course, seats, begun=True)).then_rejected("withdrawal_waived")


def test_seats_and_donations_are_exempt() -> None:
    given(WITHDRAWAL).when(declare(seats)).then_rejected("withdrawal_exempt")
    given(WITHDRAWAL).when(declare(seats, gift)).then_rejected("withdrawal_exempt")


def test_of_a_mixed_basket_goes_back_what_may_and_the_rest_stays() -> None:
    part = MoneyLine("subscription", euros(25))
    left = declared(part, ends=True)
    given(WITHDRAWAL).when(declare(gold, course, seats, begun=True)).then(left)
    given(WITHDRAWAL).when(declare(gold, lifetime, course, begun=True)).then(left)


def test_no_money_goes_back_for_what_cannot_be_taken_away() -> None:
    beside = declare(lifetime, course, begun=True)
    given(WITHDRAWAL).when(beside).then_rejected("withdrawal_waived")
    beside = declare(lifetime, course, gift, begun=True)
    given(WITHDRAWAL).when(beside).then_rejected("withdrawal_waived")


def test_a_donation_beside_it_stays_and_the_order_is_closed() -> None:
    back = declared(MoneyLine("purchase", euros(90)), closes=True)
    given(WITHDRAWAL).when(declare(lifetime, gift)).then(back)
    ended = declared(MoneyLine("subscription", euros(30)), ends=True)
    given(WITHDRAWAL).when(declare(gold, gift)).then(ended)


def test_the_last_moment_is_in_time_and_the_next_is_not() -> None:
    # Noon of 1 March 2026, a Sunday: the fifteenth is one as well.
    late = noon.replace(day=17, hour=0)
    in_time = replace(declare(gold), at=late - timedelta(microseconds=1))
    given(WITHDRAWAL).when(in_time).then(all_of_it)
    given(WITHDRAWAL).when(replace(in_time, at=late)).then_rejected("withdrawal_too_late")


def test_nobody_withdraws_twice_or_from_what_has_gone_back() -> None:
    given(WITHDRAWAL, all_of_it).when(declare(gold)).then_rejected("withdrawn_already")
    gone = replace(declare(gold), bought=bought(gold, left=euros(0)))
    given(WITHDRAWAL).when(gone).then_rejected("refunded_already")


def test_no_more_goes_back_than_is_left() -> None:
    some = replace(declare(gold), bought=bought(gold, left=euros(12)))
    left = declared(MoneyLine("subscription", euros(12)), ends=True)
    given(WITHDRAWAL).when(some).then(left)


def test_no_more_goes_back_of_one_thing_than_is_left_of_it() -> None:
    lines = (MoneyLine("subscription", euros(10)), MoneyLine("donation", euros(5)))
    some = replace(bought(gold, gift), left=((payment, Purse(lines, euros(15))),))
    left = declared(MoneyLine("subscription", euros(10)), ends=True)
    given(WITHDRAWAL).when(replace(declare(gold, gift), bought=some)).then(left)
    lines = (MoneyLine("subscription", euros(0)), MoneyLine("donation", euros(5)))
    gone = replace(some, left=((payment, Purse(lines, euros(5))),))
    given(WITHDRAWAL).when(replace(declare(gold, gift), bought=gone)).then_rejected(
        "refunded_already"
    )


def test_what_goes_back_says_the_tax_that_is_in_it() -> None:
    charged = (MoneyLine("subscription", euros(30), euros(5)),)
    some = replace(bought(gold), left=((payment, Purse(charged, euros(30), charged=charged)),))
    back = declared(*charged, ends=True)
    given(WITHDRAWAL).when(replace(declare(gold), bought=some)).then(back)
    assert (back.tax, all_of_it.tax) == (euros(5), None)


def test_while_a_bank_decides_nobody_withdraws() -> None:
    purse = Purse((MoneyLine("subscription", euros(30)),), euros(0), disputed=True)
    held = replace(bought(gold), left=((payment, purse),))
    given(WITHDRAWAL).when(replace(declare(gold), bought=held)).then_rejected("payment_disputed")


def test_a_payment_that_is_not_known_yet_is_waited_for() -> None:
    early = replace(bought(gold), left=())
    given(WITHDRAWAL).when(replace(declare(gold), bought=early)).then_rejected("payment_under_way")


def test_what_is_free_ends_without_money() -> None:
    free = declared(closes=True)
    given(WITHDRAWAL).when(declare(replace(course, price=euros(0)))).then(free)


def test_nobody_withdraws_from_what_is_not_paid() -> None:
    unpaid = replace(declare(gold), bought=replace(bought(gold), completed=None, spells=()))
    given(WITHDRAWAL).when(unpaid).then_rejected("checkout_not_paid")


def test_what_has_not_begun_yet_is_waited_for() -> None:
    early = replace(declare(gold), bought=replace(bought(gold), spells=()))
    given(WITHDRAWAL).when(early).then_rejected("subscription_not_begun")
