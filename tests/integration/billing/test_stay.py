"""Who is about to leave is shown what the seller offers; what they accept is done, and leaving stays one call."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.contracts import billing_subscription
from tests.integration.billing.shop import Shop, ada, bob, community, olga
from tests.integration.events.house import Json, somebody

HALF = {"kind": "reduction", "percent": 50, "periods": 1, "reasons": ["too_expensive"]}
REST = {"kind": "pause", "days": 30}
accountant, moderator = somebody(community, "accountant"), somebody(community, "moderator")
stranger = somebody(uuid4(), "owner")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def leaving(shop: Shop) -> str:
    """The door of the offers of a subscription that is cancelled."""
    await shop.house.ask(olga, "PUT", "/stay-rules", {"rules": [HALF, REST]})
    subscription_id = (await shop.subscribes(minor=1001))["subscription_id"]
    await shop.house.ask(ada, "POST", f"/subscriptions/{subscription_id}/cancellation")
    await shop.house.quiet()
    return f"/subscriptions/{subscription_id}/stay-offers"


async def offered(shop: Shop, door: str, query: str = "?reason=too_expensive") -> list[Json]:
    items: list[Json] = (await shop.house.ask(ada, "GET", door + query))["items"]
    return items


async def test_who_accepts_less_to_pay_stays_and_pays_less(shop: Shop) -> None:
    door = await leaving(shop)
    half, rest = await offered(shop, door)
    assert (half["number"], half["next_due"]["minor"]) in [(1, 500), (1, 501)]
    assert (rest["number"], rest["next_due"]["minor"]) == (2, 1001)
    assert [one["number"] for one in await offered(shop, door, "")] == [2]
    assert (await shop.subscription())["cancels_at"]
    body = {"number": 1, "reason": "too_expensive"}
    await shop.house.ask(ada, "POST", f"{door}/acceptance", body)
    standing = await shop.subscription()
    assert (standing["cancels_at"], standing["next_due"]) == (None, half["next_due"])
    assert await offered(shop, door) == []
    again = await shop.house.refusal(ada, "POST", f"{door}/acceptance", body)
    assert again == (409, "stayed_already")
    await shop.at(standing["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionRenewed)
    charged = [intent["amount"] for intent in await shop.charges()]
    assert sorted(charged) == [half["next_due"]["minor"], 1001]
    assert (await shop.subscription())["next_due"]["minor"] == 1001


async def test_who_accepts_a_pause_is_away_for_as_long_as_they_wish(shop: Shop) -> None:
    door = await leaving(shop)
    body = {"number": 2, "days": 31}
    too_long = await shop.house.refusal(ada, "POST", f"{door}/acceptance", body)
    assert too_long == (422, "stay_pause_too_long")
    await shop.house.ask(ada, "POST", f"{door}/acceptance", body | {"days": 10})
    standing = await shop.subscription()
    assert (standing["state"], standing["cancels_at"]) == ("paused", None)


async def test_what_cannot_be_done_is_neither_offered_nor_counted(shop: Shop) -> None:
    door = await leaving(shop)
    await shop.house.ask(olga, "POST", door.replace("stay-offers", "end"))
    await shop.until_subscription("ended")
    assert await offered(shop, door) == []
    refusal = await shop.house.refusal(ada, "POST", f"{door}/acceptance", {"number": 2})
    assert refusal == (409, "subscription_ended")
    results = await shop.house.ask(olga, "GET", "/stay-offers/results")
    assert results == {"shown": 0, "accepted": [], "left": 0}


async def test_what_came_of_it_is_counted(shop: Shop) -> None:
    door = await leaving(shop)
    for _ in range(2):
        await shop.house.ask(ada, "POST", f"{door}/showing")
    await shop.house.ask(ada, "POST", f"{door}/acceptance", {"number": 2, "days": 1})
    await shop.house.ask(ada, "POST", door.replace("stay-offers", "cancellation"))
    await shop.at(shop.now + timedelta(days=8))
    results = await shop.house.ask(accountant, "GET", "/stay-offers/results?days=7")
    assert results == {"shown": 1, "accepted": [{"kind": "pause", "times": 1}], "left": 1}
    assert (await shop.house.ask(accountant, "GET", "/stay-offers/results"))["left"] == 0
    nothing = {"shown": 0, "accepted": [], "left": 0}
    assert await shop.house.ask(stranger, "GET", "/stay-offers/results") == nothing


async def test_each_sees_and_accepts_their_own_and_staff_set_the_rules(shop: Shop) -> None:
    door = await leaving(shop)
    unknown = (404, "subscription_not_found")
    for who in (bob, olga):
        assert await shop.house.refusal(who, "GET", door) == unknown
        assert await shop.house.refusal(who, "POST", f"{door}/showing") == unknown
        refusal = await shop.house.refusal(who, "POST", f"{door}/acceptance", {"number": 2})
        assert refusal == unknown
    assert (await shop.house.refusal(stranger, "GET", door))[0] == 404
    for who in (ada, moderator):
        assert (await shop.house.refusal(who, "PUT", "/stay-rules", {"rules": []}))[0] == 403
        assert (await shop.house.refusal(who, "GET", "/stay-offers/results"))[0] == 403
    too_many = {"rules": [REST] * 4}
    assert await shop.house.refusal(olga, "PUT", "/stay-rules", too_many) == (422, "too_many_rules")
