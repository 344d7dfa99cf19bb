from dataclasses import replace
from uuid import UUID

import pytest

from services.billing.checkout import events
from services.billing.checkout.decider import CHECKOUT, LIFETIME, takes
from services.billing.checkout.events import Basket, Line, OfferLine
from services.billing.choices import MOST_PERIODS
from services.billing.choices import given as given_away
from services.billing.discount.events import Deal, Discount
from services.billing.offer.events import FixedYear
from services.billing.order.publications import gift_of
from services.billing.payment.events import MoneyLine
from shared.contracts.billing_order import Gift
from shared.testing import given
from tests.unit.billing.cast import ada, euros, noon
from tests.unit.billing.checkout.test_decider import BACK, account, book, opening, seats, zone

gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 14, 3, every=2, fewest=5, most=7)
for_bob = given_away(gold)


def bought(*lines: Line, total: int) -> Basket:
    charges = (MoneyLine("purchase", euros(total)),)
    return Basket(ada, lines, euros(total), charges, account, zone)


def test_periods_are_given_at_once_and_nothing_follows() -> None:
    opened = events.CheckoutOpened(bought(for_bob, total=30), BACK, noon + LIFETIME)
    given(CHECKOUT).when(opening(for_bob)).then(opened)
    assert (for_bob.recurs, for_bob.trial_days) == (False, 0)
    assert (for_bob.fewest, for_bob.most) == (1, MOST_PERIODS)


def test_not_too_many_periods_are_given() -> None:
    for many in (0, MOST_PERIODS + 1):
        refused = given(CHECKOUT).when(opening(replace(for_bob, quantity=many)))
        refused.then_rejected("quantity_out_of_range")


def test_a_gift_is_bought_by_itself() -> None:
    refused = given(CHECKOUT).when(opening(for_bob, book))
    refused.then_rejected("gift_not_alone")
    given(CHECKOUT).when(opening(seats, for_bob)).then_rejected("gift_not_alone")


@pytest.mark.parametrize(
    "line",
    [
        replace(for_bob, seats=True),
        replace(for_bob, donation=True),
        replace(for_bob, tier_id=None),
        replace(for_bob, year=FixedYear(9, 1, "full")),
    ],
)
def test_what_is_given_opens_something_for_a_time_of_its_own(line: OfferLine) -> None:
    given(CHECKOUT).when(opening(line)).then_rejected("not_to_be_given")


def test_no_code_takes_something_off_a_gift() -> None:
    """A month at half the price would be all of a year that is given."""
    deal = Deal(percent=50, months=1)
    assert takes((replace(for_bob, gift=False),), Discount(UUID(int=40), deal))
    assert not takes((for_bob,), Discount(UUID(int=40), deal))
    refused = given(CHECKOUT).when(opening(for_bob, deal=deal))
    refused.then_rejected("code_does_not_apply")


def test_what_somebody_else_has_is_told_and_for_how_long() -> None:
    tier, video = UUID(int=20), UUID(int=21)
    assert gift_of(gold) is None
    assert gift_of(for_bob) == Gift(tier_id=tier, interval="month", count=6)
    lifetime = given_away(replace(gold, interval="once", every=1, content_id=video, quantity=5))
    assert gift_of(lifetime) == Gift(tier_id=tier, content_id=video, interval="once", count=1)
