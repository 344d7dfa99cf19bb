from dataclasses import replace
from uuid import UUID

import pytest

from services.billing.offer import commands, events
from services.billing.offer.decider import MOST_PRESETS, MOST_PRICES, OFFER
from services.billing.offer.events import Interval, Price
from services.billing.payment.events import DEAREST
from shared.decider import Rejected
from shared.ids import Label
from shared.money import CURRENCIES, Money
from shared.testing import given
from tests.unit.billing.cast import euros

gold, ten_euros = UUID(int=1), Price(euros(10))
twenty_euros = Price(euros(20))
eleven_dollars = Price(Money(1100, "USD"))
yours_to_name = Price(euros(10), minimum=euros(5), presets=(euros(5), euros(10), euros(50)))

workbook = UUID(int=77)


def publish(
    *prices: Price, interval: Interval = "month", trial_days: int = 14
) -> commands.PublishOffer:
    return commands.PublishOffer(Label("Gold"), prices or (ten_euros,), interval, trial_days, gold)


def published(
    *prices: Price, interval: Interval = "month", trial_days: int = 14
) -> events.OfferPublished:
    prices = prices or (ten_euros,)
    first = prices[0].amount
    return events.OfferPublished(
        Label("Gold"), first, interval, trial_days, gold, prices=prices or (ten_euros,)
    )


def test_an_offer_is_published_with_what_it_costs_and_grants() -> None:
    given(OFFER).when(publish()).then(published())


def test_an_offer_is_published_once() -> None:
    given(OFFER, published()).when(publish(twenty_euros)).then_nothing()


def test_an_offer_has_a_price_in_each_of_several_currencies() -> None:
    both = ten_euros, eleven_dollars
    given(OFFER).when(publish(*both)).then(published(*both))


def test_an_offer_from_before_there_were_several_has_its_one_price() -> None:
    old = events.OfferPublished(Label("Gold"), euros(10), "month", 14, gold)
    given(OFFER, old).when(commands.RepriceOffer((ten_euros,))).then_nothing()


def test_a_subscription_may_cost_something_to_set_up() -> None:
    with_fee = replace(ten_euros, setup_fee=euros(30))
    given(OFFER).when(publish(with_fee)).then(published(with_fee))


def test_the_buyer_may_name_the_price() -> None:
    given(OFFER).when(publish(yours_to_name)).then(published(yours_to_name))


def test_something_for_nothing_is_had_once_and_not_by_the_month() -> None:
    free = Price(euros(0))
    given(OFFER).when(publish(free)).then_rejected("free_subscription")
    from_nothing = Price(euros(10), minimum=euros(0))
    given(OFFER).when(publish(from_nothing)).then_rejected("free_subscription")
    gift = published(free, interval="once", trial_days=0)
    given(OFFER).when(publish(free, interval="once", trial_days=0)).then(gift)


def test_of_a_price_below_nothing_is_said_what_is_the_least() -> None:
    with pytest.raises(Rejected, match="charges so little") as refused:
        OFFER.decide(publish(Price(euros(-1))), None)
    assert (refused.value.pointer, refused.value.params) == ("/prices/0", {"least": 50})


@pytest.mark.parametrize("minor", [-1, DEAREST + 1])
def test_a_price_that_no_processor_charges_is_refused(minor: int) -> None:
    price = Price(Money(minor, "EUR"))
    given(OFFER).when(publish(price)).then_rejected("price_out_of_range")
    fee = replace(ten_euros, setup_fee=Money(minor, "EUR"))
    given(OFFER).when(publish(fee)).then_rejected("price_out_of_range")


@pytest.mark.parametrize(
    ("price", "code"),
    [
        (replace(ten_euros, setup_fee=Money(1, "USD")), "currencies_differ"),
        (replace(yours_to_name, presets=(Money(900, "USD"),)), "currencies_differ"),
        (replace(yours_to_name, minimum=Money(500, "USD")), "currencies_differ"),
        (replace(yours_to_name, minimum=Money(-1, "EUR")), "price_out_of_range"),
        (replace(yours_to_name, amount=euros(4)), "suggestion_below_minimum"),
        (replace(yours_to_name, presets=(euros(4),)), "suggestion_below_minimum"),
        (replace(yours_to_name, presets=(euros(9),) * (MOST_PRESETS + 1)), "presets_out_of_range"),
        (replace(yours_to_name, minimum=None), "presets_out_of_range"),
    ],
)
def test_a_price_that_makes_no_sense_is_refused(price: Price, code: str) -> None:
    given(OFFER).when(publish(price)).then_rejected(code)


def test_each_currency_has_one_price() -> None:
    given(OFFER).when(publish(ten_euros, twenty_euros)).then_rejected("currency_twice")


def test_an_offer_has_from_one_to_twenty_prices() -> None:
    nothing = replace(publish(), prices=())
    given(OFFER).when(nothing).then_rejected("prices_out_of_range")
    everywhere = [Price(Money(1000, code)) for code in sorted(CURRENCIES)[: MOST_PRICES + 1]]
    given(OFFER).when(publish(*everywhere)).then_rejected("prices_out_of_range")


@pytest.mark.parametrize(
    ("interval", "every"), [("week", 2), ("month", 6), ("quarter", 12), ("year", 3)]
)
def test_a_period_is_one_interval_or_several(interval: Interval, every: int) -> None:
    asked = replace(publish(interval=interval), every=every)
    given(OFFER).when(asked).then(replace(published(interval=interval), every=every))


@pytest.mark.parametrize(
    ("interval", "every"),
    [("week", 157), ("month", 37), ("quarter", 13), ("year", 4), ("month", 0), ("month", -1)],
)
def test_a_period_lasts_no_longer_than_three_years(interval: Interval, every: int) -> None:
    asked = replace(publish(interval=interval), every=every)
    given(OFFER).when(asked).then_rejected("every_out_of_range")


def test_what_is_bought_once_is_bought_every_single_time() -> None:
    asked = replace(publish(interval="once", trial_days=0), every=2)
    given(OFFER).when(asked).then_rejected("every_out_of_range")


@pytest.mark.parametrize("days", [-1, 731])
def test_a_trial_lasts_from_nothing_to_two_years(days: int) -> None:
    given(OFFER).when(publish(trial_days=days)).then_rejected("trial_out_of_range")


def test_what_is_bought_once_has_no_trial_and_nothing_to_set_up() -> None:
    given(OFFER).when(publish(interval="once")).then_rejected("trial_without_renewal")
    with_fee = replace(ten_euros, setup_fee=euros(1))
    once = publish(with_fee, interval="once", trial_days=0)
    given(OFFER).when(once).then_rejected("fee_without_renewal")


def test_a_trial_may_need_no_card_and_there_is_one_then() -> None:
    asked = replace(publish(), trial_needs_card=False)
    given(OFFER).when(asked).then(replace(published(), trial_needs_card=False))
    given(OFFER).when(replace(asked, trial_days=0)).then_rejected("no_card_without_trial")


def test_a_donation_grants_nothing() -> None:
    asked = replace(publish(yours_to_name, trial_days=0), donation=True)
    given(OFFER).when(asked).then_rejected("donation_grants_nothing")
    for_nothing = replace(published(yours_to_name, trial_days=0), donation=True, tier_id=None)
    given(OFFER).when(replace(asked, tier_id=None)).then(for_nothing)


def test_content_is_sold_once_and_for_money() -> None:
    product = replace(publish(interval="once", trial_days=0), tier_id=None, content_id=workbook)
    sold = replace(published(interval="once", trial_days=0), tier_id=None, content_id=workbook)
    given(OFFER).when(product).then(sold)
    given(OFFER).when(replace(publish(), content_id=workbook)).then_rejected(
        "content_is_bought_once"
    )
    given(OFFER).when(replace(product, donation=True)).then_rejected("donation_grants_nothing")


def test_seats_open_a_tier_while_they_are_paid() -> None:
    given(OFFER).when(replace(publish(), seats=True)).then(replace(published(), seats=True))
    for_good = replace(publish(interval="once", trial_days=0), seats=True)
    given(OFFER).when(for_good).then_rejected("seats_open_a_tier")
    of_nothing = replace(publish(), seats=True, tier_id=None)
    given(OFFER).when(of_nothing).then_rejected("seats_open_a_tier")


@pytest.mark.parametrize(("fewest", "most"), [(0, 1), (2, 1), (1, 101), (-1, 5)])
def test_a_quantity_has_sensible_limits(fewest: int, most: int) -> None:
    asked = replace(publish(), fewest=fewest, most=most)
    given(OFFER).when(asked).then_rejected("quantity_out_of_range")


def test_a_new_price_is_a_new_version() -> None:
    dearer = commands.RepriceOffer((twenty_euros,))
    second = events.OfferRepriced(2, (twenty_euros,))
    given(OFFER, published()).when(dearer).then(second)
    given(OFFER, published(), second).when(dearer).then_nothing()
    again = commands.RepriceOffer((ten_euros,))
    given(OFFER, published(), second).when(again).then(events.OfferRepriced(3, (ten_euros,)))


def test_a_new_price_has_to_make_sense_too() -> None:
    given(OFFER, published()).when(commands.RepriceOffer((Price(euros(0)),))).then_rejected(
        "free_subscription"
    )
    given(OFFER, published()).when(commands.RepriceOffer(())).then_rejected("prices_out_of_range")


def test_what_is_no_longer_sold_gets_no_new_price() -> None:
    dearer = commands.RepriceOffer((twenty_euros,))
    given(OFFER, published(), events.OfferRetired()).when(dearer).then_rejected("offer_retired")
    given(OFFER).when(dearer).then_rejected("offer_not_found")


def test_an_offer_is_retired_once() -> None:
    retired = given(OFFER, published()).when(commands.RetireOffer())
    retired.then(events.OfferRetired())
    given(OFFER, published(), events.OfferRetired()).when(commands.RetireOffer()).then_nothing()


def test_what_was_never_published_cannot_be_retired() -> None:
    given(OFFER).when(commands.RetireOffer()).then_rejected("offer_not_found")
