"""A key that was used for something else by who ran before us: what that made is found, and made no second time."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.billing.gateways.gateway import (
    Acceptance,
    AskedBefore,
    Declined,
    IntentOrder,
    Outcome,
    ProcessorUnavailable,
)
from services.billing.gateways.stripe_accounts import StripeAccounts
from services.billing.gateways.stripe_gateway import options
from services.billing.gateways.stripe_pages import StripePages
from shared.ids import Code, random_id
from shared.money import Money
from tests.doubles.stripe.accounts import Account
from tests.doubles.stripe.checkout import Session
from tests.doubles.stripe.customers import Customer
from tests.doubles.stripe.payments import Intent
from tests.doubles.stripe.reversals import Refund
from tests.doubles.stripe.setups import Setup
from tests.integration.billing import cards
from tests.integration.billing.stripe_there import CLUB, KEY, NO_CARD, There, order

BEFORE: Any = {"description": "as we used to ask for it"}


async def asked(there: There, path: str, key: str, told: Any, account: Code | None = CLUB) -> Any:
    """What an earlier version of us asked for by the key that we use today."""
    client = there.gateway.client
    answer = await client.raw_request_async("post", path, **told, **options(account, key))
    return answer.data


def marks(wanted: IntentOrder) -> Any:
    return {"community_id": str(wanted.community_id), "payment_id": str(wanted.payment_id)}


async def announced_before(there: There, wanted: IntentOrder, minor: int = 1000) -> Code:
    told = BEFORE | {"amount": minor, "currency": "eur", "metadata": marks(wanted)}
    told |= {"payment_method": wanted.payment_method, "payment_method_types": ["card"]}
    intent = await asked(there, "/v1/payment_intents", f"intent:{wanted.payment_id}:1", told)
    return Code(intent["id"])


async def test_an_intent_that_was_announced_otherwise_is_the_one_that_is_charged(
    there: There,
) -> None:
    wanted = order(await there.card())
    before = await announced_before(there, wanted)
    await there.announced()  # Somebody else's, and newer.
    for _ in range(2):
        assert await there.gateway.create_intent(wanted) == before
    assert await there.gateway.confirm_intent(before, NO_CARD, CLUB) == Outcome("succeeded")
    assert len(there.ours.books[CLUB].every(Intent)) == 2
    assert len(there.ours.charges(CLUB)) == 1


async def test_one_that_was_given_up_or_is_about_other_money_is_not_taken_for_it(
    there: There,
) -> None:
    given_up = order(await there.card())
    await there.gateway.cancel_intent(await announced_before(there, given_up), CLUB)
    other = order(await there.card())
    await announced_before(there, other, minor=2000)
    for wanted in (given_up, other):
        with pytest.raises(AskedBefore):
            await there.gateway.create_intent(wanted)
    assert len(there.ours.books[CLUB].every(Intent)) == 2
    assert there.ours.charges(CLUB) == []


async def test_a_confirmation_that_was_asked_otherwise_is_looked_at(there: There) -> None:
    intent = await there.announced()
    path, key = f"/v1/payment_intents/{intent}/confirm", f"confirm:{intent}"
    await asked(there, path, key, {"return_url": "https://club.example"})
    assert await there.gateway.confirm_intent(intent, NO_CARD, CLUB) == Outcome("succeeded")
    assert len(there.ours.charges(CLUB)) == 1


async def test_a_refund_that_was_made_otherwise_is_that_refund(there: There) -> None:
    intent, refund_id = await there.paid(), random_id()
    told = {"payment_intent": intent, "amount": 400, "reason": "requested_by_customer"}
    told |= {"metadata": {"refund_id": str(refund_id)}}
    made = await asked(there, "/v1/refunds", f"refund:{refund_id}", told)
    refund = await there.gateway.refund(intent, CLUB, refund_id, Money(400, "EUR"))
    assert refund == made["id"]
    assert len(there.ours.books[CLUB].every(Refund)) == 1


async def test_a_refund_that_is_not_to_be_found_waits_and_is_made_once_the_key_is_forgotten(
    there: There,
) -> None:
    intent, other, refund_id = await there.paid(), await there.paid(), random_id()
    told = {"payment_intent": other, "amount": 400}
    await asked(there, "/v1/refunds", f"refund:{refund_id}", told)
    with pytest.raises(ProcessorUnavailable):
        await there.gateway.refund(intent, CLUB, refund_id, Money(400, "EUR"))
    assert await there.gateway.find_refund(intent, CLUB, refund_id) is None


async def test_a_customer_that_was_made_otherwise_is_that_customer(there: There) -> None:
    person_id = random_id()
    told = BEFORE | {"metadata": {"person_id": str(person_id)}}
    made = await asked(there, "/v1/customers", f"customer:{person_id}", told)
    assert await there.gateway.create_customer(person_id, CLUB) == made["id"]
    assert len(there.ours.books[CLUB].every(Customer)) == 1


@pytest.mark.parametrize("is_theirs", [True, False])
async def test_a_card_is_kept_where_it_was_given_to_the_same_customer(
    there: There, *, is_theirs: bool
) -> None:
    ada, bob = [await there.gateway.create_customer(random_id(), CLUB) for _ in range(2)]
    card, wish = await there.card(), random_id()
    to = {"customer": ada if is_theirs else bob, "expand": ["customer"]}
    await asked(there, f"/v1/payment_methods/{card}/attach", f"attach:{wish}", to)
    if is_theirs:
        assert await there.gateway.keep(card, ada, CLUB, wish)
    else:
        with pytest.raises(Declined, match="asked_before"):
            await there.gateway.keep(card, ada, CLUB, wish)


async def test_a_mandate_that_was_signed_otherwise_is_that_mandate(there: There) -> None:
    customer, wish = await there.gateway.create_customer(random_id(), CLUB), random_id()
    account = await cards.bank_account(there.url, account=CLUB)
    online = {"ip_address": "127.0.0.1", "user_agent": "Firefox"}
    told = {
        "customer": customer,
        "payment_method": account,
        "payment_method_types": ["sepa_debit"],
        "confirm": True,
        "mandate_data": {
            "customer_acceptance": {"type": "online", "accepted_at": 1, "online": online}
        },
    }
    made = await asked(there, "/v1/setup_intents", f"debit:{wish}", told)
    acceptance = Acceptance(datetime.now(UTC), "127.0.0.1", "Firefox")
    signed = await there.gateway.keep_debit(account, customer, CLUB, wish, acceptance)
    assert signed.mandate == made["mandate"]
    assert len(there.ours.books[CLUB].every(Setup)) == 1


async def test_a_form_that_was_opened_otherwise_is_that_form(there: There) -> None:
    customer, wish = await there.gateway.create_customer(random_id(), CLUB), random_id()
    made = await asked(there, "/v1/setup_intents", f"form:{wish}", {"customer": customer})
    assert await there.gateway.open_form(customer, CLUB, wish) == made["client_secret"]
    assert len(there.ours.books[CLUB].every(Setup)) == 1


async def test_an_account_that_was_made_otherwise_is_that_account(there: There) -> None:
    community_id = random_id()
    told = {"metadata": {"community_id": str(community_id)}}
    made = await asked(there, "/v1/accounts", f"account:{community_id}", told, account=None)
    accounts = StripeAccounts(there.gateway, None, None)
    assert await accounts.make(community_id) == made["id"]
    assert len(there.ours.platform.every(Account)) == 1


async def test_a_page_that_was_opened_otherwise_is_that_page(there: There) -> None:
    pages = StripePages(KEY, there.url)
    wanted = replace(order(NO_CARD), return_url=Code("https://club.example"))
    price = {"currency": "eur", "unit_amount": 1000, "product_data": {"name": "Another"}}
    told = {
        "mode": "payment",
        "success_url": wanted.return_url,
        "line_items": [{"quantity": 1, "price_data": price}],
        "metadata": marks(wanted),
    }
    made = await asked(there, "/v1/checkout/sessions", f"page:{wanted.payment_id}:1", told)
    try:
        assert await pages.create_intent(wanted) == made["id"]
    finally:
        await pages.close()
    assert len(there.ours.books[CLUB].every(Session)) == 1


async def test_a_key_that_is_being_worked_on_is_waited_for(there: There) -> None:
    wanted = order(await there.card())
    there.ours.slow_down("POST /v1/payment_intents", seconds=3)
    both = (there.gateway.create_intent(wanted) for _ in range(2))
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert {type(first), type(second)} == {str, ProcessorUnavailable}
    assert await there.gateway.create_intent(wanted) in (first, second)
