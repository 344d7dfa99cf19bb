"""Stripe counts some currencies in other units than ISO 4217 does; a cent must stay a cent."""

import pytest

from services.billing.gateways.gateway import Declined
from services.billing.gateways.stripe_gateway import chargeable, minor_units, money_of
from shared.money import Money


@pytest.mark.parametrize(
    ("money", "charged"),
    [
        (Money(1050, "EUR"), 1050),  # 10.50
        (Money(1050, "JPY"), 1050),  # no smaller coin
        (Money(1050, "UGX"), 105000),  # no smaller coin, but Stripe writes two zeroes
        (Money(1050, "ISK"), 105000),
        (Money(105000, "MGA"), 1050),  # fifths of an ariary are not charged
        (Money(10500, "KWD"), 10500),  # three decimals
    ],
)
def test_an_amount_is_charged_as_it_was_meant(money: Money, charged: int) -> None:
    assert minor_units(money) == charged
    assert money_of(charged, money.currency.lower()) == money


@pytest.mark.parametrize("money", [Money(1050, "MGA"), Money(10501, "KWD")])
def test_an_amount_that_stripe_has_no_coins_for_is_declined(money: Money) -> None:
    with pytest.raises(Declined, match="amount_not_chargeable"):
        minor_units(money)


@pytest.mark.parametrize(
    ("money", "left"),
    [
        (Money(1050, "MGA"), Money(1000, "MGA")),
        (Money(10509, "KWD"), Money(10500, "KWD")),
        (Money(38, "EUR"), Money(38, "EUR")),
        (Money(7, "ISK"), Money(7, "ISK")),
    ],
)
def test_a_part_that_stripe_has_no_coins_for_is_left_to_the_seller(
    money: Money, left: Money
) -> None:
    assert chargeable(money) == left
