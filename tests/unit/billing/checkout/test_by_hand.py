"""A checkout that is paid by hand waits for a month, and its buyer may still think better of it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT, LIFETIME
from services.billing.checkout.events import Basket, Line, OfferLine, QuoteLine
from services.billing.payer.events import BY_HAND, Instrument
from services.billing.payment.events import MoneyLine
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, euros, noon

gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 1)
seats = QuoteLine(UUID(int=30), 1, euros(15), noon + timedelta(minutes=13))
instrument, ten = Instrument(BY_HAND, None, None), euros(10)


def opened(line: Line, due: Money = ten) -> events.CheckoutOpened:
    charges = (MoneyLine("subscription", due),) if due else ()
    basket = Basket(ada, (line,), due, charges, None, Code("UTC"))
    return events.CheckoutOpened(basket, Code("https://club.example/thanks"), noon + LIFETIME)


by_hand = commands.PayCheckout(ada, BY_HAND, noon, by_hand=True)
by_card = commands.PayCheckout(ada, Code("pm_visa"), noon + timedelta(days=3))
month = opened(gold)
charged = events.ChargeAsked(ada, 1, instrument, euros(10), month.basket.charges)
waits = events.CheckoutProcessing(1)
awaited = (month, charged, waits)


def test_who_pays_by_hand_keeps_no_card_with_the_processor() -> None:
    given(CHECKOUT, month).when(by_hand).then(charged)
    given(CHECKOUT, *awaited).when(by_hand).then_nothing()


def test_it_is_the_sellers_to_offer_and_not_for_seats() -> None:
    refused = replace(by_hand, by_hand=False)
    given(CHECKOUT, month).when(refused).then_rejected("not_by_hand")
    given(CHECKOUT, opened(seats)).when(by_hand).then_rejected("seats_not_by_hand")


def test_a_trial_that_costs_nothing_yet_begins_at_once() -> None:
    trial = opened(replace(gold, trial_days=14), euros(0))
    done = events.CheckoutCompleted(trial.basket, instrument)
    given(CHECKOUT, trial).when(by_hand).then(done)


def test_who_thinks_better_of_it_pays_by_card_days_later() -> None:
    card = events.PaymentMethodAsked(ada, 2, Code("pm_visa"), None)
    given(CHECKOUT, *awaited).when(by_card).then(card)


def test_it_is_not_waited_for_for_ever() -> None:
    given(CHECKOUT, *awaited).when(commands.ExpireCheckout()).then_nothing()
    stop = commands.StopAwaiting(1)
    expired = events.CheckoutExpired(ada, "timeout")
    given(CHECKOUT, *awaited).when(stop).then(expired)
    given(CHECKOUT, *awaited).when(commands.StopAwaiting(2)).then_nothing()
    completed = events.CheckoutCompleted(month.basket, instrument)
    given(CHECKOUT, *awaited, completed).when(stop).then_nothing()
    given(CHECKOUT, *awaited).when(commands.CancelCheckout(ada)).then(
        events.CheckoutExpired(ada, "cancelled")
    )


def test_late_money_buys_what_it_was_for() -> None:
    expired = events.CheckoutExpired(ada, "timeout")
    given(CHECKOUT, *awaited, expired).when(commands.CompleteCheckout()).then(
        events.CheckoutCompleted(month.basket, instrument)
    )
