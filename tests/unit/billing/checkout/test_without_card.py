"""A trial that needs no card begins without one, where nothing else is to be paid."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.billing.agreements import Agreements, Version
from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT, LIFETIME
from services.billing.checkout.events import Basket, Line, OfferLine, charges_of
from services.billing.discount.events import Reduction
from services.billing.payer.events import NO_CARD, Instrument
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, noon

gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 14, 1, trial_needs_card=False)
silver = replace(gold, offer_id=UUID(int=11))
account = Code("acct_club")
nobody = Instrument(NO_CARD, None, account)
begin = commands.PayCheckout(ada, NO_CARD, noon)


def opened(*lines: Line) -> events.CheckoutOpened:
    charges = charges_of(lines)
    due = sum((charge.amount for charge in charges), euros(0))
    basket = Basket(ada, lines, due, charges, account, Code("UTC"))
    return events.CheckoutOpened(basket, Code("https://club.example/thanks"), noon + LIFETIME)


def test_it_begins_without_a_card() -> None:
    trials = opened(gold, silver)
    begun = events.CheckoutCompleted(trials.basket, nobody)
    given(CHECKOUT, trials).when(begin).then(begun)


@pytest.mark.parametrize(
    "lines",
    [
        (replace(gold, trial_needs_card=True),),
        (gold, replace(silver, trial_needs_card=True)),
        (replace(gold, setup_fee=euros(5)),),
        (gold, OfferLine(UUID(int=12), None, euros(3), "once", 0, 1)),
        (replace(gold, trial_days=0),),
        (replace(gold, trial_days=0, free_until=noon + timedelta(days=30)),),
        (replace(gold, trial_days=0, reduction=Reduction(UUID(int=60), 100, None, None)),),
    ],
)
def test_whatever_is_paid_for_without_such_a_trial_needs_a_card(lines: tuple[Line, ...]) -> None:
    given(CHECKOUT, opened(*lines)).when(begin).then_rejected("card_needed")


def test_a_card_may_be_given_all_the_same_and_is_asked_about_like_any_other() -> None:
    by_card = commands.PayCheckout(ada, Code("pm_visa"), noon)
    kept = events.PaymentMethodAsked(ada, 1, Code("pm_visa"), account, alone=True)
    given(CHECKOUT, opened(gold)).when(by_card).then(kept)


def test_whose_card_had_its_trial_still_has_the_one_without() -> None:
    trial, visa = opened(gold), Instrument(Code("pm_visa"), Code("cus_ada"), account)
    asked = events.PaymentMethodAsked(ada, 1, Code("pm_visa"), account, alone=True)
    about = events.CardTrialAsked(1, visa, (gold.offer_id,))
    refused = events.CheckoutDeclined(1, Code("card_had_trial"))
    begun = events.CheckoutCompleted(trial.basket, nobody)
    released = events.CardTrialsReleased((visa,))
    given(CHECKOUT, trial, asked, about, refused).when(begin).then(begun, released)


def test_documents_are_agreed_to_first_and_a_stranger_finds_nothing() -> None:
    terms = Version("terms", 2, noon - timedelta(days=1), must_accept=True)
    asked = replace(begin, agreements=Agreements((terms,)))
    given(CHECKOUT, opened(gold)).when(asked).then_rejected("documents_not_accepted")
    stranger = replace(begin, person_id=bob)
    given(CHECKOUT, opened(gold)).when(stranger).then_rejected("checkout_not_found")


def test_it_is_not_begun_too_late() -> None:
    late = replace(begin, at=noon + LIFETIME)
    given(CHECKOUT, opened(gold)).when(late).then_rejected("checkout_expired")
