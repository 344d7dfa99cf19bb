"""What the platform keeps of a charge: told at Stripe with the charge, seen by the seller, and given back in part."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.billing.app import blueprint_of
from shared.contracts import billing_payment
from shared.ids import Code
from tests.doubles.stripe import accounts
from tests.integration.billing import stripe_there
from tests.integration.billing.shop import (
    Shop,
    ada,
    closing,
    community,
    olga,
    reported_to,
    settings_for,
)
from tests.integration.billing.stripe_there import There
from tests.integration.events.house import Json, running

BPS = 250


@pytest.fixture
async def there(stripe_mock: str | None) -> AsyncIterator[There]:
    async with stripe_there.ours(stripe_mock) as there:
        yield there


@pytest.fixture
async def shop(database_url: str, there: There) -> AsyncIterator[Shop]:
    """A platform that keeps two and a half of a hundred."""
    plan = blueprint_of(settings_for(database_url, there.url, platform_fee_bps=BPS))
    async with closing(plan), running(plan) as house, reported_to(house.service, there.url):
        shop = Shop(house, there.url)
        await shop.opens()
        yield shop


@pytest.fixture
async def account(shop: Shop, there: There) -> Code:
    """That of the community."""
    there.ours.connect(account := Code("acct_choir"))
    accounts.of(there.ours, account).metadata = {"community_id": str(community)}
    await shop.house.ask(olga, "POST", "/merchant/account", {"account": account})
    await shop.house.quiet()
    return account


async def sells(shop: Shop, there: There, account: Code | None) -> Json:
    await shop.buys({"quote": shop.quote(uuid4())}, card=await there.card(account=account))
    return await paid(shop)


async def paid(shop: Shop) -> Json:
    (payment,) = (await shop.house.ask(olga, "GET", "/payments"))["items"]
    found: Json = payment
    return found


async def fees(there: There) -> list[tuple[Any, ...]]:
    """On which account, how much, and how much of it went back, in the platform's own book at Stripe."""
    listed = await there.gateway.client.v1.application_fees.list_async({})
    return [(one.account, one.amount, one.amount_refunded) for one in listed.data]


async def test_it_is_kept_of_a_charge_and_goes_back_in_proportion(
    shop: Shop, there: There, account: Code
) -> None:
    assert (await shop.house.ask(olga, "GET", "/merchant"))["platform_fee_bps"] == BPS
    payment = await sells(shop, there, account)
    assert payment["platform_fee"] == {"minor": 38, "currency": "EUR"}  # 37.5, away from zero.
    assert await fees(there) == [(account, 38, 0)]
    path = f"/payments/{payment['payment_id']}/refunds"
    back = {"amount": {"minor": 750, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", path, back)
    await shop.until_told(billing_payment.RefundIssued, 1)
    assert await fees(there) == [(account, 38, 19)]
    await shop.house.ask(olga, "POST", path, {})
    await shop.until_told(billing_payment.RefundIssued, 2)
    assert await fees(there) == [(account, 38, 38)]


async def test_it_is_in_the_table_of_payments(shop: Shop, there: There, account: Code) -> None:
    await sells(shop, there, account)
    table = await shop.house.answer(olga, "GET", "/exports/payments")
    names, row = table.text.splitlines()
    told = dict(zip(names.split(","), row.split(","), strict=True))
    assert (told["account"], told["amount"], told["platform_fee"]) == (account, "15.00", "0.38")


async def test_nothing_is_kept_of_a_charge_on_the_platforms_own_account(
    shop: Shop, there: There
) -> None:
    payment = await sells(shop, there, None)
    assert payment["platform_fee"] == {"minor": 0, "currency": "EUR"}
    await shop.house.ask(olga, "POST", f"/payments/{payment['payment_id']}/refunds", {})
    await shop.until_told(billing_payment.RefundIssued, 1)
    assert await fees(there) == []


async def test_what_is_paid_on_stripes_page_is_shared_alike(
    shop: Shop, there: There, account: Code
) -> None:
    checkout_id = await shop.checkout({"quote": shop.quote(uuid4())})
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/pay-on-page")
    seen = await shop.until(
        ada, f"/checkouts/{checkout_id}", lambda seen: seen["processor"]["page_url"]
    )
    async with httpx.AsyncClient() as browser:
        await browser.get(seen["processor"]["page_url"])
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    assert (await paid(shop))["platform_fee"]["minor"] == 38
    assert await fees(there) == [(account, 38, 0)]
