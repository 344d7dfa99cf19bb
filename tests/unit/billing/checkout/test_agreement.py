"""A checkout whose buyer agrees on the processor's own page, and what it asks to be kept there."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT, LIFETIME
from services.billing.checkout.events import Basket, Line, OfferLine, QuoteLine
from services.billing.payer.events import Approval, Instrument
from services.billing.payment.events import MoneyLine
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, euros, noon, visa

gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 1)
seats = QuoteLine(UUID(int=30), 1, euros(10), noon + timedelta(minutes=13))
back, seller = Code("https://club.example/thanks"), Code("paypal:SELLER")
wallet, ten = Code("paypal"), euros(10)


def opened(line: Line, due: Money = ten) -> events.CheckoutOpened:
    charges = (MoneyLine("subscription", due),) if due else ()
    basket = Basket(ada, (line,), due, charges, None, Code("UTC"))
    return events.CheckoutOpened(basket, back, noon + LIFETIME)


month = opened(gold)
agrees = commands.PayCheckout(ada, wallet, noon, agree_at=seller)
keeping = Instrument(wallet, None, seller, Approval(back, keep=True))
charged = events.ChargeAsked(ada, 1, keeping, euros(10), month.basket.charges)
waits = events.CheckoutActionRequired(1)
on_its_way = events.CheckoutProcessing(1)


def test_what_recurs_is_charged_and_asked_to_be_kept_in_one() -> None:
    given(CHECKOUT, month).when(agrees).then(charged)
    given(CHECKOUT, month, charged).when(agrees).then_nothing()
    given(CHECKOUT, month, charged, waits).when(agrees).then_nothing()


def test_what_is_bought_once_leaves_nothing_there() -> None:
    once = opened(seats)
    passing = Instrument(wallet, None, seller, Approval(back, keep=False))
    given(CHECKOUT, once).when(agrees).then(
        events.ChargeAsked(ada, 1, passing, euros(10), once.basket.charges)
    )


def test_a_trial_that_costs_nothing_yet_is_not_begun_so() -> None:
    trial = opened(replace(gold, trial_days=14), euros(0))
    given(CHECKOUT, trial).when(agrees).then_rejected("nothing_due_now")


def test_who_thinks_better_of_it_may_until_they_have_agreed() -> None:
    card = commands.PayCheckout(ada, Code("pm_visa"), noon)
    asked = events.PaymentMethodAsked(ada, 2, Code("pm_visa"), None)
    given(CHECKOUT, month, charged, waits).when(card).then(asked)
    given(CHECKOUT, month, charged, waits).when(commands.AwaitMoney(1)).then(on_its_way)
    agreed = (month, charged, waits, on_its_way)
    given(CHECKOUT, *agreed).when(card).then_nothing()
    given(CHECKOUT, *agreed).when(commands.ExpireCheckout()).then_nothing()
    cancel = commands.CancelCheckout(ada)
    given(CHECKOUT, *agreed).when(cancel).then_rejected("payment_underway")


def test_what_was_kept_pays_from_now_on_and_what_was_not_has_to_be_agreed_to_again() -> None:
    done = events.CheckoutCompleted(month.basket, visa)
    given(CHECKOUT, month, charged).when(commands.CompleteCheckout(visa)).then(done)
    spent = events.CheckoutCompleted(month.basket, replace(keeping, approval=None))
    given(CHECKOUT, month, charged).when(commands.CompleteCheckout()).then(spent)
