"""A trial is begun by a card that has not had it; each card that was asked about is settled when the checkout is."""

from dataclasses import replace

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT
from services.billing.payment.events import MoneyLine
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, amex, euros, noon, visa
from tests.unit.billing.checkout.test_decider import account as seller
from tests.unit.billing.checkout.test_decider import (
    basket,
    cancel,
    card_asked,
    complete,
    given_up,
    gold_on_trial,
    opened,
    opening,
    other_card,
    pay_otherwise,
    timed_out,
    trial_opened,
)

tried = (gold_on_trial.offer_id,)
use = commands.UseKeptCard(1, visa)
asked = events.CardTrialAsked(1, visa, tried)
allow = commands.AllowTrial(1)
deny = commands.DeclineAttempt(1, Code("card_had_trial"), noon)
denied = events.CheckoutDeclined(1, Code("card_had_trial"))
begun = events.CheckoutCompleted(trial_opened.basket, visa)
kept = events.CardTrialKept(visa, tried)
released = events.CardTrialsReleased((visa,))

with_fee = replace(gold_on_trial, setup_fee=euros(5))
fee = (MoneyLine("purchase", euros(5)),)
fee_opened = opened(basket(with_fee, due=euros(5), charges=fee))
fee_charged = events.ChargeAsked(ada, 1, visa, euros(5), fee)
fee_declined = events.CheckoutDeclined(1, Code("card_declined"))
amex_asked = events.PaymentMethodAsked(ada, 2, other_card, seller, alone=True)
amex_tried = events.CardTrialAsked(2, amex, tried)
amex_charged = events.ChargeAsked(ada, 2, amex, euros(5), fee)


def test_a_kept_card_is_asked_about_before_a_trial_begins() -> None:
    given(CHECKOUT, trial_opened, card_asked).when(use).then(asked)
    given(CHECKOUT, trial_opened, card_asked, asked).when(use).then_nothing()
    given(CHECKOUT, trial_opened, card_asked, asked).when(allow).then(begun, kept)


def test_a_card_that_has_had_it_is_declined_and_another_may_follow() -> None:
    given(CHECKOUT, trial_opened, card_asked, asked).when(deny).then(denied)
    once_more = events.PaymentMethodAsked(ada, 2, other_card, seller, alone=True)
    given(CHECKOUT, trial_opened, card_asked, asked, denied).when(pay_otherwise).then(once_more)


def test_an_answer_that_comes_twice_begins_nothing_more() -> None:
    done = (trial_opened, card_asked, asked, begun, kept)
    given(CHECKOUT, *done).when(allow).then_nothing()
    given(CHECKOUT, trial_opened, card_asked, asked, denied).when(allow).then_nothing()


def test_what_was_given_to_a_checkout_that_had_expired_goes_back() -> None:
    gone = (trial_opened, card_asked, asked, timed_out)
    given(CHECKOUT, *gone).when(allow).then(released)
    given(CHECKOUT, *gone, released).when(allow).then_nothing()
    given(CHECKOUT, *gone).when(deny).then_nothing()


def test_a_checkout_that_is_given_up_leaves_the_trial_to_the_next() -> None:
    declined = (fee_opened, card_asked, asked, fee_charged, fee_declined)
    given(CHECKOUT, *declined).when(cancel).then(given_up, released)


def test_only_the_card_that_paid_has_had_its_trial() -> None:
    second = (fee_opened, card_asked, asked, fee_charged, fee_declined, amex_asked, amex_tried)
    bought = events.CheckoutCompleted(fee_opened.basket, amex)
    amex_kept = events.CardTrialKept(amex, tried)
    given(CHECKOUT, *second, amex_charged).when(complete).then(bought, amex_kept, released)


def test_money_of_the_card_before_completes_while_another_is_asked_about() -> None:
    second = (fee_opened, card_asked, asked, fee_charged, fee_declined, amex_asked, amex_tried)
    bought = events.CheckoutCompleted(fee_opened.basket, visa)
    given(CHECKOUT, *second).when(complete).then(bought, kept)
    late = commands.AllowTrial(2)
    let_go = events.CardTrialsReleased((amex,))
    given(CHECKOUT, *second, bought, kept).when(late).then(let_go)


def test_who_wants_no_trial_pays_from_the_first_day() -> None:
    month = replace(gold_on_trial, trial_days=0)
    charges = (MoneyLine("subscription", euros(10)),)
    paying = opened(basket(month, due=euros(10), charges=charges))
    wants_none = replace(opening(gold_on_trial), without_trial=True)
    given(CHECKOUT).when(wants_none).then(paying)
