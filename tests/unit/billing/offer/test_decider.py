from uuid import UUID

import pytest

from services.billing.offer import commands, events
from services.billing.offer.decider import OFFER
from services.billing.offer.events import Interval
from services.billing.payment.events import DEAREST
from shared.ids import Label
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import euros

gold, ten_euros = UUID(int=1), euros(10)
published = events.OfferPublished(Label("Gold"), ten_euros, "month", 14, gold)


def publish(
    price: Money = ten_euros, interval: Interval = "month", trial_days: int = 14
) -> commands.PublishOffer:
    return commands.PublishOffer(Label("Gold"), price, interval, trial_days, gold)


def test_an_offer_is_published_with_what_it_costs_and_grants() -> None:
    given(OFFER).when(publish()).then(published)


def test_an_offer_is_published_once() -> None:
    given(OFFER, published).when(publish(euros(20))).then_nothing()


def test_something_for_nothing_is_sold_once_and_not_by_the_month() -> None:
    given(OFFER).when(publish(euros(0))).then_rejected("free_subscription")
    gift = events.OfferPublished(Label("Gold"), euros(0), "once", 0, gold)
    given(OFFER).when(publish(euros(0), "once", 0)).then(gift)


@pytest.mark.parametrize("minor", [-1, DEAREST + 1])
def test_a_price_that_no_processor_charges_is_refused(minor: int) -> None:
    given(OFFER).when(publish(Money(minor, "EUR"))).then_rejected("price_out_of_range")


@pytest.mark.parametrize("days", [-1, 731])
def test_a_trial_lasts_from_nothing_to_two_years(days: int) -> None:
    given(OFFER).when(publish(trial_days=days)).then_rejected("trial_out_of_range")


def test_what_is_bought_once_has_no_trial() -> None:
    given(OFFER).when(publish(interval="once")).then_rejected("trial_without_renewal")


def test_an_offer_is_retired_once() -> None:
    retired = given(OFFER, published).when(commands.RetireOffer())
    retired.then(events.OfferRetired())
    given(OFFER, published, events.OfferRetired()).when(commands.RetireOffer()).then_nothing()


def test_what_was_never_published_cannot_be_retired() -> None:
    given(OFFER).when(commands.RetireOffer()).then_rejected("offer_not_found")
