"""A debit is chosen where it is taken, and with trust what recurs begins before its money is there."""

from dataclasses import replace

import pytest

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT, LIFETIME
from services.billing.debit.events import AccessWhile
from services.billing.payer.events import Instrument, Mandate
from services.billing.payment.events import MoneyLine
from shared.ids import Code
from shared.money import Money
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.billing.cast import ada, noon
from tests.unit.billing.checkout.test_decider import (
    BACK,
    a_book,
    a_month,
    account,
    basket,
    book_opened,
    complete,
    month_opened,
    opened,
    seats,
)

iban = Code("pm_iban")
accepted = Sealed(ada, "profile", Code("box"))
signed = Instrument(iban, Code("cus_ada"), account, mandate=Mandate(Code("mandate_1"), Code("REF")))


def paying(access: AccessWhile | None) -> commands.PayCheckout:
    return commands.PayCheckout(ada, iban, noon, debit=commands.Debit(accepted, access))


def asked(access: AccessWhile) -> events.PaymentMethodAsked:
    return events.PaymentMethodAsked(ada, 1, iban, account, accepted, access)


use, way = commands.UseKeptCard(1, signed), commands.AwaitMoney(1)
month = events.ChargeAsked(ada, 1, signed, a_month.due, a_month.charges)
book = events.ChargeAsked(ada, 1, signed, a_book.due, a_book.charges)
processing = events.CheckoutProcessing(1)
trusted = events.AccessTrusted(a_month, signed)
lost = events.TrustLost(a_month)
no_funds = Code("insufficient_funds")
declined = events.CheckoutDeclined(1, no_funds)
returned = events.CheckoutExpired(ada, "returned")
fails = commands.DeclineAttempt(1, no_funds, noon)
on_trust = (month_opened, asked("at_once"), month, processing, trusted)


def test_whatever_is_debited_is_kept_under_its_mandate_first() -> None:
    given(CHECKOUT, month_opened).when(paying("at_once")).then(asked("at_once"))
    given(CHECKOUT, book_opened).when(paying("when_paid")).then(asked("when_paid"))
    given(CHECKOUT, book_opened, asked("when_paid")).when(use).then(book)


def test_it_is_refused_where_nobody_takes_it_in_other_money_and_for_seats() -> None:
    given(CHECKOUT, month_opened).when(paying(None)).then_rejected("not_by_debit")
    dollars = Money(1000, "USD")
    line = replace(a_month.lines[0], price=dollars)
    abroad = basket(line, due=dollars, charges=(MoneyLine("subscription", dollars),))
    foreign = opened(abroad)
    given(CHECKOUT, foreign).when(paying("at_once")).then_rejected("debit_in_other_currency")
    held = basket(seats, due=seats.price, charges=seats.charges)
    evening = events.CheckoutOpened(held, BACK, noon + LIFETIME)
    given(CHECKOUT, evening).when(paying("at_once")).then_rejected("seats_not_by_debit")


def test_only_what_recurs_begins_on_trust_and_only_where_the_seller_trusts() -> None:
    given(CHECKOUT, *on_trust[:3]).when(way).then(processing, trusted)
    given(CHECKOUT, *on_trust).when(way).then_nothing()
    given(CHECKOUT, month_opened, asked("when_paid"), month).when(way).then(processing)
    given(CHECKOUT, book_opened, asked("at_once"), book).when(way).then(processing)


def test_money_that_comes_completes_what_had_begun() -> None:
    done = events.CheckoutCompleted(a_month, signed)
    given(CHECKOUT, *on_trust).when(complete).then(done)
    given(CHECKOUT, *on_trust, done).when(fails).then_nothing()


@pytest.mark.parametrize("late", [False, True])
def test_a_debit_that_fails_ends_it_and_the_checkout_with_it(*, late: bool) -> None:
    told = replace(fails, at=noon + LIFETIME) if late else fails
    given(CHECKOUT, *on_trust).when(told).then(declined, lost, returned)
    given(CHECKOUT, *on_trust, declined, lost, returned).when(told).then_nothing()


def test_without_trust_another_card_may_follow() -> None:
    waits = (month_opened, asked("when_paid"), month, processing)
    given(CHECKOUT, *waits).when(fails).then(declined)
