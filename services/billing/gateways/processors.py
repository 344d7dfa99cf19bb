"""Which processor a seller's account is at: its name says so."""

from collections.abc import Mapping
from typing import Any, Literal

from services.billing.gateways.books import ProcessorBooks
from services.billing.gateways.gateway import PaymentGateway, ProcessorUnavailable
from services.billing.gateways.paypal_gateway import ACCOUNT
from shared.decider import NotFound
from shared.ids import Code

Name = Literal["stripe", "paypal"]


def name_of(account: str | None) -> Name:
    """Without an account, it is the platform's own at Stripe."""
    return "paypal" if account is not None and account.startswith(ACCOUNT) else "stripe"


def processor_at(gateways: Mapping[str, Any], account: Code | None) -> PaymentGateway:
    """Where what is charged on this account is charged; what was begun at PayPal waits while that is not set up."""
    if name_of(account) == "stripe":
        stripe: PaymentGateway = gateways["processor"]
        return stripe
    paypal: PaymentGateway | None = gateways.get("paypal")
    if paypal is None:
        raise ProcessorUnavailable("PayPal is not set up.", retry_after=60)
    return paypal


def books_at(gateways: Mapping[str, Any], account: Code) -> ProcessorBooks:
    """What the processor keeps of this account; PayPal's wait while that is not set up."""
    processor_at(gateways, account)
    books: ProcessorBooks = gateways["paypal_books" if name_of(account) == "paypal" else "books"]
    return books


def paypal_account(gateways: Mapping[str, Any], merchant_id: str) -> Code:
    """The account that a merchant id at PayPal is; NotFound where the platform is not set up with PayPal."""
    if gateways.get("paypal") is None:
        raise NotFound("paypal_not_offered", "This platform has not been set up with PayPal.")
    return Code(ACCOUNT + merchant_id)
