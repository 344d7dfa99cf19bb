"""What is too little to be charged is not for sale; what is left of a bill waits."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.billing.checkout import commands
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.events import Basket, CheckoutOpened, Line, OfferLine, QuoteLine
from services.billing.discount.events import Reduction
from services.billing.forecast import forecast
from services.billing.least import is_enough, is_too_little
from services.billing.offer.decider import OFFER
from services.billing.offer.events import FixedYear, Price
from services.billing.years import first_price
from shared.decider import Rejected
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, noon
from tests.unit.billing.offer.test_decider import publish

HOME, PARIS = Code("https://club.test"), Code("Europe/Paris")


@pytest.mark.parametrize(
    ("minor", "currency", "enough"),
    [
        (49, "EUR", False),
        (50, "EUR", True),
        (30, "GBP", True),
        (50, "JPY", True),
        (299, "SEK", False),
        (300, "SEK", True),
        (17_499, "HUF", False),
        (17_500, "HUF", True),
    ],
)
def test_each_currency_has_its_own_least(minor: int, currency: str, *, enough: bool) -> None:
    assert is_enough(Money(minor, currency)) is enough
    assert is_too_little(Money(minor, currency)) is not enough
    assert not is_too_little(Money(0, currency))


@pytest.mark.parametrize(
    "price",
    [
        Price(Money(49, "EUR")),
        Price(Money(299, "SEK")),
        Price(Money(1000, "EUR"), setup_fee=Money(20, "EUR")),
        Price(Money(1000, "EUR"), minimum=Money(10, "EUR")),
    ],
)
def test_an_offer_has_no_price_that_nobody_charges(price: Price) -> None:
    given(OFFER).when(publish(price)).then_rejected("price_out_of_range")


def opened(*lines: Line) -> commands.OpenCheckout:
    return commands.OpenCheckout(ada, lines, None, PARIS, Code(f"{HOME}/thanks"), HOME, noon)


def test_a_checkout_of_too_little_is_refused_and_of_enough_together_is_not() -> None:
    quoted = QuoteLine(UUID(int=30), 1, Money(30, "EUR"), noon + timedelta(hours=1))
    other = replace(quoted, hold_id=UUID(int=31))
    with pytest.raises(Rejected) as refusal:
        CHECKOUT.decide(opened(quoted), None)
    assert (refusal.value.code, refusal.value.params["least"]) == ("total_out_of_range", 50)
    (begun,) = CHECKOUT.decide(opened(quoted, other), None)
    assert isinstance(begun, CheckoutOpened)
    assert begun.basket.due == Money(60, "EUR")


def test_what_a_code_leaves_of_a_renewal_waits_for_the_next_and_is_shown_so() -> None:
    off = Reduction(UUID(int=40), 97, None, None)
    line = OfferLine(UUID(int=10), None, Money(1000, "EUR"), "month", 14, 1, reduction=off)
    basket = Basket(ada, (line,), Money(0, "EUR"), (), None, PARIS)
    dues = [payment.due.minor for payment in forecast(basket, noon, 6) if payment.number]
    assert dues[:5] == [0, 60, 0, 60, 0]


def test_a_share_of_a_year_is_too_little_only_for_all_that_is_bought() -> None:
    season = FixedYear(9, 1, "prorata")
    late = noon.replace(month=8, day=20)
    one = first_price(season, Money(1200, "EUR"), late, PARIS)
    three = first_price(season, Money(1200, "EUR"), late, PARIS, quantity=3)
    assert (one.minor, three.minor > 0) == (0, True)
