"""A process may die after the processor has answered, before we have stored it: the step is repeated, not the money."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from services.billing.app import blueprint_of
from shared.contracts import billing_order, billing_payment, billing_subscription
from tests.integration.billing import cards
from tests.integration.billing.shop import (
    Dying,
    Shop,
    ada,
    closing,
    olga,
    reported_to,
    settings_for,
)
from tests.integration.events.house import running


@pytest.fixture
async def dying_shop(
    database_url: str, stripe_url: str, request: pytest.FixtureRequest
) -> AsyncIterator[Shop]:
    plan = blueprint_of(settings_for(database_url, stripe_url))
    dying = Dying(plan.gateways["processor"], request.param, times=2)
    plan = replace(plan, gateways={"processor": dying})
    async with closing(plan), running(plan) as house, reported_to(house.service, stripe_url):
        shop = Shop(house, stripe_url)
        await shop.opens()
        yield shop


@pytest.mark.parametrize(
    "dying_shop",
    ["create_customer", "keep", "create_intent", "confirm_intent", "fetch_intent"],
    indirect=True,
)
async def test_a_purchase_is_charged_once(dying_shop: Shop) -> None:
    subscription = await dying_shop.subscribes()
    assert len(await dying_shop.charges()) == 1
    await dying_shop.at(subscription["runs_until"])
    await dying_shop.until_told(billing_subscription.SubscriptionRenewed)
    assert len(await dying_shop.charges()) == 2
    assert len(await dying_shop.told(billing_payment.PaymentSucceeded)) == 2
    assert len(await dying_shop.told(billing_order.OrderPaid)) == 1


@pytest.mark.parametrize("dying_shop", ["cancel_intent"], indirect=True)
async def test_another_card_takes_the_place_of_one_that_waits(dying_shop: Shop) -> None:
    checkout_id = await dying_shop.checkout({"offer_id": await dying_shop.offer()})
    await dying_shop.pays(checkout_id, await dying_shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    waiting = await dying_shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    assert waiting["state"] == "awaiting_payment"
    await dying_shop.pays(checkout_id)
    await dying_shop.state_of(checkout_id, "completed")
    assert len(await dying_shop.charges()) == 1


@pytest.mark.parametrize("dying_shop", ["refund"], indirect=True)
async def test_a_refund_is_made_once(dying_shop: Shop) -> None:
    await dying_shop.buys({"quote": dying_shop.quote(uuid4())})
    (payment,) = (await dying_shop.house.ask(olga, "GET", "/payments"))["items"]
    path = f"/payments/{payment['payment_id']}/refunds"
    await dying_shop.house.ask(olga, "POST", path, {})
    (refund,) = await dying_shop.until_told(billing_payment.RefundIssued)
    assert refund.amount.minor == 1500
    (charge,) = await dying_shop.charges()
    assert charge["latest_charge"]["amount_refunded"] == 1500
