"""A season that begins for everybody in September: joined late for a share, renewed on its first day."""

from datetime import timedelta

import pytest

from shared.contracts import billing_subscription
from tests.integration.billing.shop import ORIGIN, Shop, ada, gold, olga
from tests.integration.events.house import Json


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def season(shop: Shop, first: str = "prorata", minor: int = 36_500) -> str:
    """It began 100 days ago."""
    begun = shop.now - timedelta(days=100)
    year = {"month": begun.month, "day": min(begun.day, 28), "first": first}
    body = {
        "name": "Season",
        "price": {"minor": minor, "currency": "EUR"},
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
    monthly = await shop.offer()
    refused = await shop.house.refusal(ada, "POST", f"{path}/change", {"offer_id": monthly})
    assert refused == (422, "fixed_year_is_not_changed")
    anew = {"offer_id": await season(shop, minor=73_000), "mode": "reset"}
    refused = await shop.house.refusal(ada, "POST", f"{path}/change", anew)
    assert refused == (422, "fixed_year_is_not_reset")


async def test_who_wants_more_within_the_year_pays_its_share_and_less_begins_with_the_next(
    shop: Shop,
) -> None:
    await shop.buys({"offer_id": await season(shop)})
    had = await shop.subscription()
    (joined,) = await shop.charges()
    path = f"/subscriptions/{had['subscription_id']}/change"
    more = {"offer_id": await season(shop, minor=73_000)}
    shown = await shop.house.ask(ada, "POST", f"{path}/preview", more)
    assert [line["kind"] for line in shown["lines"]] == ["credit", "debit"]
    assert sum(line["amount"]["minor"] for line in shown["lines"]) == shown["due"]["minor"]
    # What it costs from today to the end of the year, less what that was paid for already.
    assert abs(shown["due"]["minor"] - joined["amount"]) <= 1
    assert (shown["runs_until"], shown["next_due"]["minor"]) == (had["runs_until"], 73_000)
    await shop.house.ask(ada, "POST", path, more)
    await shop.until_told(billing_subscription.SubscriptionChanged)
    changed = await shop.subscription()
    assert (changed["offer_id"], changed["runs_until"]) == (more["offer_id"], had["runs_until"])
    amounts = sorted(charge["amount"] for charge in await shop.charges())
    assert amounts == sorted([joined["amount"], shown["due"]["minor"]])
    await shop.house.ask(ada, "POST", path, {"offer_id": had["offer_id"]})
    await shop.house.quiet()
    assert (await shop.subscription())["change"]["mode"] == "next_period"
    await shop.at(had["runs_until"])
    renewed = await shop.until_subscription("active")
    assert (renewed["offer_id"], renewed["runs_until"][5:10]) == (
        had["offer_id"],
        had["runs_until"][5:10],
    )
    assert 36_500 in [charge["amount"] for charge in await shop.charges()]
