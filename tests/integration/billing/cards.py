"""Cards as a browser gives them to the processor: their numbers never reach us."""

from typing import Any

import httpx

from shared.ids import Code

GOOD = "4242424242424242"
REFUSED_WHEN_KEPT = "4000000000000002"
REFUSED_WHEN_CHARGED = "4000000000000341"
AUTHENTICATED = "4000002500003155"
PAYER: dict[str, Any] = {
    "name": "Philomena Vandersloot",
    "email": "philomena.vandersloot@example.org",
    "phone": "+351912345678",
    "address": {"line1": "Rua Augusta 7", "city": "Lisboa", "country": "PT"},
}
"""What the form also asks for, and the processor's reports have beside a payment."""


async def payment_method(
    stripe_url: str, number: str = GOOD, month: int = 12, year: int = 2035
) -> Code:
    """What the processor's own form answers for a card."""
    card = {"number": number, "exp_month": str(month), "exp_year": str(year), "cvc": "123"}
    form = {"type": "card"} | {f"card[{name}]": value for name, value in card.items()}
    return Code((await _post(f"{stripe_url}/v1/payment_methods", form | _payer()))["id"])


async def bank_account(
    stripe_url: str, iban: str = "DE89370400440532013000", account: str | None = None
) -> Code:
    """A bank debit, whose money takes its time; on an account of a seller's, or the platform's own."""
    form = {"type": "sepa_debit", "sepa_debit[iban]": iban} | _payer()
    return Code((await _post(f"{stripe_url}/v1/payment_methods", form, account))["id"])


async def foreign_intent(stripe_url: str) -> str:
    """A charge on the same account that somebody else made."""
    form = {
        "amount": "1000",
        "currency": "eur",
        "payment_method": await payment_method(stripe_url),
        "confirm": "true",
    }
    return (await _post(f"{stripe_url}/v1/payment_intents", form))["id"]


async def authenticate(stripe_url: str, intent: Code, secret: Code, *, success: bool) -> None:
    """What the payer does in the window that the issuer opens."""
    form = {"client_secret": secret, "success": str(success).lower()}
    await _post(f"{stripe_url}/v1/payment_intents/{intent}/_authenticate", form)


def _payer() -> dict[str, str]:
    address = {f"[address][{name}]": value for name, value in PAYER["address"].items()}
    others = {f"[{name}]": PAYER[name] for name in ("name", "email", "phone")}
    return {f"billing_details{name}": value for name, value in (others | address).items()}


async def _post(url: str, form: dict[str, str], account: str | None = None) -> dict[str, str]:
    headers = {"Stripe-Account": account} if account else {}
    async with httpx.AsyncClient() as client:
        answer = await client.post(url, data=form, headers=headers, auth=("sk_test_browser", ""))
    answer.raise_for_status()
    body: dict[str, str] = answer.json()
    return body
