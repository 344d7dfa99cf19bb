"""Test cards and accounts by what becomes of them (docs.stripe.com/testing)."""

from dataclasses import dataclass
from typing import Literal

Payer = Literal["asked", "once", "never"]
"""Whether the issuer wants to see the payer: for every charge, until the card is kept, or not at all."""


@dataclass(frozen=True, slots=True)
class Card:
    """`decline`: what every charge meets; `kept` says whether the card can be attached all the same.

    `refund`: what becomes of money that is sent back; `dispute`: why the bank wants it, at once.
    """

    brand: str = "visa"
    decline: str | None = None
    kept: bool = False
    payer: Payer = "never"
    refund: Literal["succeeded", "pending", "failed"] = "succeeded"
    dispute: tuple[str, str] | None = None


CARDS = {
    "4242424242424242": Card(),
    "4000056655665556": Card(),
    "5555555555554444": Card("mastercard"),
    "378282246310005": Card("amex"),
    "4000000000000002": Card(decline="generic_decline"),
    "4000000000009995": Card(decline="insufficient_funds"),
    "4000000000009987": Card(decline="lost_card"),
    "4000000000009979": Card(decline="stolen_card"),
    "4000000000000069": Card(decline="expired_card"),
    "4000000000000127": Card(decline="incorrect_cvc"),
    "4000000000000119": Card(decline="processing_error"),
    "4000000000006975": Card(decline="card_velocity_exceeded"),
    "4000000000000341": Card(decline="generic_decline", kept=True),
    "4000002500003155": Card(payer="once"),
    "4000002760003184": Card(payer="asked"),
    "4000000000003220": Card(payer="asked"),
    "4000008400001629": Card(payer="asked", decline="generic_decline", kept=True),
    "4000008260003178": Card(payer="asked", decline="insufficient_funds", kept=True),
    "4000000000000259": Card(dispute=("fraudulent", "needs_response")),
    "4000000000002685": Card(dispute=("product_not_received", "needs_response")),
    "4000000000001976": Card(dispute=("fraudulent", "warning_needs_response")),
    "4000000000007726": Card(refund="pending"),
    "4000000000005126": Card(refund="failed"),
}
OWN_CODES = ("expired_card", "incorrect_cvc", "processing_error")
"""Declines whose code is not `card_declined`."""

TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_visa_chargeDeclinedStolenCard": "4000000000009979",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_createDispute": "4000000000000259",
}
"""Payment methods that are there without being made; each use is of a new one."""

DEBITS: dict[str, Literal["succeeds", "fails", "waits", "disputed"]] = {
    "DE89370400440532013000": "succeeds",
    "AT611904300234573201": "succeeds",
    "FR1420041010050500013M02606": "succeeds",
    "DE08370400440532013003": "waits",
    "AT321904300235473204": "waits",
    "DE62370400440532013001": "fails",
    "AT861904300235473202": "fails",
    "DE35370400440532013002": "disputed",
}


def is_number(number: str) -> bool:
    """Luhn's check."""
    digits = [int(digit) for digit in reversed(number)] if number.isdecimal() else []
    doubled = [
        digit if place % 2 == 0 else sum(divmod(2 * digit, 10))
        for place, digit in enumerate(digits)
    ]
    return len(digits) > 11 and sum(doubled) % 10 == 0


def is_iban(iban: str) -> bool:
    """The check of ISO 13616."""
    moved = iban[4:] + iban[:4]
    return (
        iban.isalnum() and len(iban) > 14 and int("".join(str(int(c, 36)) for c in moved)) % 97 == 1
    )
