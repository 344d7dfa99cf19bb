"""Somebody whose membership ended comes back at the price they had, while the seller takes people back."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_subscription
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, olga
from tests.integration.events.house import Json, Who


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def gone(shop: Shop) -> Json:
    """Ada had it for ten euros; it costs more now."""
    had = await shop.subscribes()
    price: dict[str, Any] = {"prices": [{"amount": {"minor": 1500, "currency": "EUR"}}]}
    await shop.house.ask(olga, "POST", f"/offers/{had['offer_id']}/prices", price)
    await shop.house.ask(ada, "POST", f"/subscriptions/{had['subscription_id']}/cancellation", {})
    await shop.house.quiet()
    await shop.at(had["runs_until"])
    return await shop.until_subscription("ended")


def asking(subscription: Json) -> Json:
    return {
        "subscription_id": subscription["subscription_id"],
        "return_url": f"{ORIGIN}/thanks",
    }


async def refusal(shop: Shop, subscription: Json, who: Who = ada) -> tuple[int, str]:
    return await shop.house.refusal(who, "POST", "/checkouts/win-back", asking(subscription))


async def test_who_comes_back_in_time_has_their_price_again(shop: Shop) -> None:
    had = await gone(shop)
    assert had["returns_until"] > had["runs_until"]
    await shop.at(shop.now + timedelta(days=20))
    opened = await shop.house.ask(ada, "POST", "/checkouts/win-back", asking(had))
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"])
    checkout = await shop.state_of(opened["checkout_id"], "completed")
    assert checkout["due"] == {"minor": 1000, "currency": "EUR"}
    await shop.house.quiet()
    (item,) = [
        one
        for one in (await shop.house.ask(ada, "GET", "/subscriptions"))["items"]
        if one["state"] == "active"
    ]
    assert (item["price"], item["price_version"]) == (had["price"], had["price_version"])
    assert item["subscription_id"] != had["subscription_id"]
    assert len(await shop.told(billing_subscription.SubscriptionActivated)) == 2
    assert await refusal(shop, had) == (409, "won_back_already")


async def test_nobody_comes_back_too_late(shop: Shop) -> None:
    had = await gone(shop)
    await shop.at(shop.now + timedelta(days=30))
    assert await refusal(shop, had) == (409, "too_late_to_return")
    await shop.house.ask(olga, "PUT", "/policy", {"win_back_days": 60})
    await shop.house.ask(ada, "POST", "/checkouts/win-back", asking(had))


async def test_what_is_another_s_or_no_longer_sold_is_not_won_back(shop: Shop) -> None:
    had = await gone(shop)
    assert await refusal(shop, had, bob) == (404, "subscription_not_found")
    nobodys = had | {"subscription_id": str(uuid4())}
    assert await refusal(shop, nobodys) == (404, "subscription_not_found")
    await shop.house.ask(olga, "POST", f"/offers/{had['offer_id']}/retirement", {})
    await shop.house.quiet()
    assert await refusal(shop, had) == (422, "offer_not_on_sale")
    policy = {"win_back_days": 400}
    assert (await shop.house.refusal(olga, "PUT", "/policy", policy))[1] == "win_back_too_long"


async def test_what_runs_is_not_won_back(shop: Shop) -> None:
    assert await refusal(shop, await shop.subscribes()) == (409, "subscription_running")


async def test_a_credit_is_shown_before_the_end_kept_and_taken_off_what_is_had_then(
    shop: Shop,
) -> None:
    """A year of 120 euros became a month of 10: most of it is left when that ends."""
    by_month = await shop.offer(1000)
    had = await shop.subscribes(12_000, "year")
    path = f"/subscriptions/{had['subscription_id']}"
    await shop.house.ask(ada, "POST", f"{path}/change", {"offer_id": by_month})
    await shop.until_told(billing_subscription.SubscriptionChanged)
    changed = await shop.subscription()
    credit = -changed["balance"]["minor"]
    assert 10_990 <= credit <= 11_000
    seen = await shop.house.ask(ada, "GET", f"{path}/cancellation")
    assert (seen["credit"]["minor"], seen["waived"]["minor"]) == (credit, 0)
    assert seen["ends_at"] == changed["runs_until"]
    await shop.house.ask(ada, "POST", f"{path}/cancellation", {})
    await shop.house.quiet()
    await shop.at(changed["runs_until"])
    ended = await shop.until_subscription("ended")
    assert ended["balance"]["minor"] == -credit
    (told,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert told.balance is not None
    assert told.balance.minor == -credit
    refused = await shop.house.refusal(ada, "GET", f"{path}/cancellation")
    assert refused == (409, "subscription_ended")
    opened = await shop.house.ask(ada, "POST", "/checkouts/win-back", asking(ended))
    await shop.house.quiet()
    await shop.pays(opened["checkout_id"])
    await shop.state_of(opened["checkout_id"], "completed")
    await shop.house.quiet()
    items = (await shop.house.ask(ada, "GET", "/subscriptions"))["items"]
    balances = {one["state"]: one["balance"]["minor"] for one in items}
    assert balances == {"ended": 0, "active": -credit}
    assert [one["next_due"]["minor"] for one in items if one["state"] == "active"] == [0]
