"""A season that begins for everybody in September: joined late for a share, renewed on its first day."""

from datetime import timedelta

import pytest

from tests.integration.billing.shop import ORIGIN, Shop, ada, gold, olga
from tests.integration.events.house import Json


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def season(shop: Shop, first: str = "prorata") -> str:
    """It began 100 days ago."""
    begun = shop.now - timedelta(days=100)
    year = {"month": begun.month, "day": min(begun.day, 28), "first": first}
    body = {
        "name": "Season",
        "price": {"minor": 36_500, "currency": "EUR"},
        "interval": "year",
        "tier_id": str(gold),
        "year": year,
    }
    published = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    return str(published["offer_id"])


async def preview(shop: Shop, offer_id: str) -> Json:
    body = {"lines": [{"offer_id": offer_id}], "return_url": f"{ORIGIN}/thanks"}
    return await shop.house.ask(ada, "POST", "/checkouts/preview", body)


async def test_who_comes_late_pays_a_share_and_renews_with_everybody(shop: Shop) -> None:
    offer_id = await season(shop)
    said = await preview(shop, offer_id)
    share = said["due"]["minor"]
    assert 25_000 < share < 28_000
    assert said["payments"][1]["due"]["minor"] == 36_500
    await shop.buys({"offer_id": offer_id})
    had = await shop.subscription()
    assert had["runs_until"] == said["payments"][1]["at"].replace("+00:00", "Z")
    (charge,) = await shop.charges()
    assert charge["amount"] == share
    await shop.at(had["runs_until"])
    renewed = await shop.until_subscription("active")
    assert sorted(charge["amount"] for charge in await shop.charges()) == [share, 36_500]
    assert renewed["runs_until"][5:10] == had["runs_until"][5:10]


async def test_the_seller_may_want_all_of_it(shop: Shop) -> None:
    offer_id = await season(shop, "full")
    assert (await preview(shop, offer_id))["due"]["minor"] == 36_500
    await shop.buys({"offer_id": offer_id})
    had = await shop.subscription()
    path = f"/subscriptions/{had['subscription_id']}"
    until = (shop.now + timedelta(days=30)).isoformat()
    refused = await shop.house.refusal(ada, "POST", f"{path}/pause", {"until": until})
    assert refused == (409, "fixed_year_is_not_paused")
    refused = await shop.house.refusal(ada, "POST", f"{path}/change", {"quantity": 2})
    assert refused[1] == "fixed_year_is_not_changed"
