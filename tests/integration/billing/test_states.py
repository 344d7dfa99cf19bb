"""The eight states of a subscription, as whoever asks over HTTP is told of them; `state` says the same in our words."""

from datetime import timedelta

import pytest

from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, olga
from tests.integration.events.house import Json


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def begins(shop: Shop, checkout_id: str) -> Json:
    """The one subscription that a checkout begins."""
    (found,) = (await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["subscriptions"]
    one: Json = found
    return one


async def statuses(shop: Shop, checkout_id: str) -> tuple[str, str, str]:
    subscription = await shop.subscription()
    told = await begins(shop, checkout_id)
    assert told["subscription_id"] == subscription["subscription_id"]
    return told["status"], subscription["status"], subscription["state"]


async def test_from_what_is_not_paid_yet_to_what_is_over(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    assert (await begins(shop, checkout_id))["status"] == "incomplete"
    await shop.pays(checkout_id, await shop.card(cards.AUTHENTICATED))
    path = f"/checkouts/{checkout_id}"
    await shop.until(ada, path, lambda seen: seen["processor"]["client_secret"])
    assert (await begins(shop, checkout_id))["status"] == "incomplete"
    assert (await shop.house.ask(ada, "GET", "/subscriptions"))["items"] == []
    await shop.pays(checkout_id)
    await shop.state_of(checkout_id, "completed")
    assert await statuses(shop, checkout_id) == ("active", "active", "active")
    pause = f"/subscriptions/{(await shop.subscription())['subscription_id']}/pause"
    until = (shop.now + timedelta(days=9)).isoformat()
    await shop.house.ask(ada, "POST", pause, {"until": until})
    assert await statuses(shop, checkout_id) == ("paused", "paused", "paused")
    await shop.house.ask(ada, "DELETE", pause)
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("past_due")
    assert await statuses(shop, checkout_id) == ("past_due", "past_due", "past_due")
    await shop.at(shop.now + timedelta(days=8))
    await shop.until_subscription("ended")
    assert await statuses(shop, checkout_id) == ("canceled", "canceled", "ended")


async def test_what_is_withheld_is_in_the_state_it_was(shop: Shop) -> None:
    checkout_id = await shop.buys({"offer_id": await shop.offer()})
    (charge,) = await shop.charges()
    await shop.report_dispute(await shop.dispute(charge["id"]), "created")
    await shop.until_subscription("suspended")
    assert await statuses(shop, checkout_id) == ("active", "active", "suspended")


async def test_who_does_not_pay_in_time_has_begun_nothing(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer()})
    await shop.at(shop.now + timedelta(minutes=31))
    await shop.state_of(checkout_id, "expired")
    assert (await begins(shop, checkout_id))["status"] == "incomplete_expired"
    assert (await shop.house.ask(ada, "GET", "/subscriptions"))["items"] == []


async def test_a_trial_is_trialing_and_what_is_kept_unpaid_is_unpaid(shop: Shop) -> None:
    kept = {"retries": [1], "grace_days": 3, "afterwards": "keep"}
    await shop.house.ask(olga, "PUT", "/policy", {"dunning": kept})
    checkout_id = await shop.buys({"offer_id": await shop.offer(trial_days=7)})
    assert await statuses(shop, checkout_id) == ("trialing", "trialing", "trialing")
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    await shop.at((await shop.subscription())["runs_until"])
    await shop.until_subscription("past_due")
    await shop.at(shop.now + timedelta(days=4))
    await shop.until_subscription("unpaid")
    assert await statuses(shop, checkout_id) == ("unpaid", "unpaid", "unpaid")


async def test_what_is_bought_once_is_no_subscription(shop: Shop) -> None:
    checkout_id = await shop.checkout({"offer_id": await shop.offer(2000, "once")})
    assert (await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}"))["subscriptions"] == []
