from uuid import UUID

from services.billing.card_trial import commands, events
from services.billing.card_trial.decider import CARD_TRIAL
from shared.testing import given

gold, silver = UUID(int=10), UUID(int=11)
first, second = UUID(int=50), UUID(int=51)

gold_given = events.CardTrialGiven(first, (gold,))
returned = events.CardTrialReturned(first)


def giving(offer: UUID, claim: UUID = second) -> commands.GiveTrial:
    return commands.GiveTrial(claim, (offer,), "offer")


def test_a_card_has_a_trial_of_an_offer_once() -> None:
    given(CARD_TRIAL).when(giving(gold)).then(events.CardTrialGiven(second, (gold,)))
    given(CARD_TRIAL, gold_given).when(giving(gold)).then_nothing()


def test_of_another_offer_it_has_one_unless_one_is_for_all() -> None:
    another = events.CardTrialGiven(second, (silver,))
    given(CARD_TRIAL, gold_given).when(giving(silver)).then(another)
    for_all = commands.GiveTrial(second, (silver,), "community")
    given(CARD_TRIAL, gold_given).when(for_all).then_nothing()


def test_the_same_checkout_may_ask_again() -> None:
    given(CARD_TRIAL, gold_given).when(giving(gold, first)).then_nothing()


def test_what_came_to_nothing_is_given_to_the_next() -> None:
    given(CARD_TRIAL, gold_given).when(commands.ReturnTrial(first)).then(returned)
    given(CARD_TRIAL, gold_given).when(commands.ReturnTrial(second)).then_nothing()
    again = events.CardTrialGiven(second, (gold,))
    given(CARD_TRIAL, gold_given, returned).when(giving(gold)).then(again)


def test_a_checkout_that_is_completed_late_keeps_what_it_had() -> None:
    keep = commands.KeepTrial(first, (gold,))
    given(CARD_TRIAL, gold_given).when(keep).then_nothing()
    given(CARD_TRIAL, gold_given, returned).when(keep).then(gold_given)
