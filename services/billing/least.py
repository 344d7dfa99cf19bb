"""What no processor charges, because it is too little."""

from shared.money import Money

LEAST = {
    "AED": 2_00,
    "BGN": 1_00,
    "CZK": 15_00,
    "DKK": 2_50,
    "GBP": 30,
    "HKD": 4_00,
    "HUF": 175_00,
    "MXN": 10_00,
    "MYR": 2_00,
    "NOK": 3_00,
    "PLN": 2_00,
    "RON": 2_00,
    "SEK": 3_00,
    "THB": 10_00,
}
"""In minor units, where it is another amount than `USUAL` (docs.stripe.com/currencies, minimum charge amounts)."""

USUAL = 50


def least_of(currency: str) -> int:
    """The least that is charged in a currency, in minor units."""
    return LEAST.get(currency, USUAL)


def is_enough(money: Money) -> bool:
    """Whether it can be charged."""
    return money.minor >= least_of(money.currency)


def is_too_little(money: Money) -> bool:
    """Whether it is something, and cannot be charged."""
    return money.minor > 0 and not is_enough(money)
