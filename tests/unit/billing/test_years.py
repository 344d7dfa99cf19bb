"""A fixed membership year begins for everybody on one day; who comes later pays for what is left, or for it all."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from services.billing.checkout.events import Basket, FirstPeriod, OfferLine
from services.billing.discount.events import Reduction
from services.billing.forecast import forecast
from services.billing.offer import commands as offer_commands
from services.billing.offer import events as offer_events
from services.billing.offer.decider import OFFER
from services.billing.offer.events import FixedYear, Price
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import Period, terms_of
from services.billing.years import first_price, next_beginning
from shared.ids import Code, Label
from shared.testing import given
from tests.unit.billing.cast import ada, euros, visa

PARIS = "Europe/Paris"
season = FixedYear(9, 1, "prorata")
whole = FixedYear(9, 1, "full")


def at(year: int, month: int, day: int, hour: int = 12) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


september = at(2026, 8, 31, 22)  # Midnight in Paris.
next_september = at(2027, 8, 31, 22)
line = OfferLine(
    UUID(int=1),
    UUID(int=2),
    euros(365),
    "year",
    0,
    1,
    year=season,
    first=FirstPeriod(euros(100), september),
)
terms = terms_of(ada, line, Code(PARIS))
bought = at(2026, 5, 24)


@pytest.mark.parametrize(
    ("moment", "minor"),
    [
        (at(2026, 9, 1), 36_500),
        (at(2026, 8, 31), 100),
        (at(2026, 8, 31, 23), 36_500),
        (at(2026, 3, 1), 18_400),
        (at(2027, 9, 1), 36_500),
    ],
)
def test_what_is_left_of_a_year_is_a_share_of_its_days(moment: datetime, minor: int) -> None:
    assert first_price(season, euros(365), moment, PARIS).minor == minor
    assert first_price(whole, euros(365), moment, PARIS) == euros(365)


def test_a_leap_year_has_a_day_more_and_too_little_is_free() -> None:
    assert first_price(season, euros(366), at(2027, 9, 1), PARIS) == euros(366)
    assert first_price(season, euros(366), at(2028, 8, 31), PARIS) == euros(1)
    assert first_price(season, euros(20), at(2026, 8, 31), PARIS) == euros(0)


def test_a_year_begins_at_midnight_where_the_seller_is() -> None:
    assert next_beginning(season, at(2026, 8, 31), PARIS) == september
    assert next_beginning(season, september, PARIS) == next_september
    assert next_beginning(season, at(2026, 1, 1), PARIS) == september


def test_the_first_period_ends_with_the_year_and_the_next_are_whole() -> None:
    start = commands.StartSubscription(terms, visa, 0, bought, first=line.first, paid=euros(100))
    activated = events.SubscriptionActivated(terms, visa, Period(bought, september), euros(100))
    given(SUBSCRIPTION).when(start).then(activated)
    renew = commands.RenewSubscription(september, UUID(int=9))
    period = Period(september, next_september)
    renewing = events.RenewalStarted(terms, visa, period, UUID(int=9), 1, euros(365))
    given(SUBSCRIPTION, activated).when(renew).then(renewing)
    renewed = events.SubscriptionRenewed(terms, period, euros(365))
    again = commands.RenewSubscription(next_september, UUID(int=10))
    third = Period(next_september, at(2028, 8, 31, 22))
    given(SUBSCRIPTION, activated, renewing, renewed).when(again).then(
        events.RenewalStarted(terms, visa, third, UUID(int=10), 1, euros(365))
    )


def test_money_that_comes_when_the_year_is_over_has_bought_the_next() -> None:
    late = at(2026, 9, 3)
    start = commands.StartSubscription(terms, visa, 0, late, first=line.first, paid=euros(0))
    given(SUBSCRIPTION).when(start).then(
        events.SubscriptionActivated(terms, visa, Period(late, next_september), euros(0))
    )


def test_a_fixed_year_is_not_paused() -> None:
    activated = events.SubscriptionActivated(terms, visa, Period(bought, september), euros(100))
    pause = commands.PauseSubscription(ada, at(2026, 7, 1), at(2026, 6, 1), 366)
    given(SUBSCRIPTION, activated).when(pause).then_rejected("fixed_year_is_not_paused")


def test_a_code_takes_its_share_of_what_is_left() -> None:
    half = replace(line, reduction=Reduction(UUID(int=7), 50, None, 1))
    assert half.due == euros(50)
    assert half.off(2) == euros(0)


def test_what_it_will_cost_is_said_before() -> None:
    basket = Basket(ada, (line,), line.due, line.charges, None, Code(PARIS))
    payments = forecast(basket, bought, 30)
    assert [(payment.at, payment.due) for payment in payments] == [
        (bought, euros(100)),
        (september, euros(365)),
        (next_september, euros(365)),
        (at(2028, 8, 31, 22), euros(365)),
    ]


offered = offer_commands.PublishOffer(
    Label("Season"), (Price(euros(365)),), "year", 0, UUID(int=2), year=season
)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(offered, interval="month"), "fixed_year_is_a_year"),
        (replace(offered, every=2), "fixed_year_is_a_year"),
        (replace(offered, trial_days=7), "fixed_year_is_a_year"),
        (replace(offered, year=FixedYear(2, 29, "full")), "no_such_day"),
        (replace(offered, year=FixedYear(13, 1, "full")), "no_such_day"),
        (replace(offered, year=FixedYear(4, 31, "full")), "no_such_day"),
    ],
)
def test_what_is_no_year_is_not_offered(wrong: offer_commands.PublishOffer, code: str) -> None:
    given(OFFER).when(wrong).then_rejected(code)
    outcome = given(OFFER).when(offered)
    assert isinstance(outcome.events[0], offer_events.OfferPublished)
    assert outcome.events[0].year == season
