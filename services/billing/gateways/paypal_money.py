"""Money as PayPal writes it."""

from decimal import Decimal
from typing import Any

from services.billing.gateways.gateway import Declined
from shared.ids import Code
from shared.money import EXPONENTS, Money

Json = dict[str, Any]

# Where PayPal knows no cents although ISO 4217 does (developer.paypal.com/api/rest/reference/currency-codes).
PAYPAL_EXPONENTS = {**EXPONENTS, "HUF": 0, "TWD": 0}


def written(money: Money) -> Json:
    """The amount as PayPal reads it; Declined when PayPal has no coin that small."""
    ours, theirs = EXPONENTS.get(money.currency, 2), PAYPAL_EXPONENTS.get(money.currency, 2)
    value = Decimal(money.minor).scaleb(-ours)
    if value != round(value, theirs):
        raise Declined(Code("amount_not_chargeable"), final=True)
    return {"currency_code": money.currency, "value": f"{value:.{theirs}f}"}


def read(amount: Json) -> Money:
    """What PayPal wrote, as we count it."""
    currency = str(amount["currency_code"])
    return Money(int(Decimal(amount["value"]).scaleb(EXPONENTS.get(currency, 2))), currency)
