"""Who owes too much, by the seller's limits: all they have is withheld until they pay, and nothing more is begun."""

from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_subscription
from tests.integration.billing import cards
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, somebody

accountant, moderator = somebody(community, "accountant"), somebody(community, "moderator")
stranger = somebody(uuid4(), "owner")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def limits(shop: Shop, **arrears: Any) -> None:
    await shop.house.ask(olga, "PUT", "/policy", {"arrears": arrears})
    await shop.house.quiet()


async def owes_for_one_of_two(shop: Shop) -> None:
    """By the month, which is past due, and by the year, which is paid."""
    await shop.buys({"offer_id": await shop.offer(5000, "year")})
    offer_id = await shop.offer(1000)
    await shop.buys({"offer_id": offer_id})
    (month,) = [one for one in await all_of(shop) if one["offer_id"] == offer_id]
    await shop.gives(cards.REFUSED_WHEN_CHARGED)
    await shop.at(month["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionPastDue)
    await shop.house.quiet()


async def all_of(shop: Shop) -> list[Json]:
    await shop.house.quiet()
    items: list[Json] = (await shop.house.ask(ada, "GET", "/subscriptions"))["items"]
    return sorted(items, key=lambda one: int(one["price"]["minor"]))


async def states(shop: Shop) -> list[str]:
    return [one["state"] for one in await all_of(shop)]


async def test_over_the_limit_all_is_withheld_and_a_payment_lets_in_again(shop: Shop) -> None:
    await limits(shop, bills=0)
    await owes_for_one_of_two(shop)
    assert await states(shop) == ["suspended", "suspended"]
    held = await shop.told(billing_subscription.SubscriptionSuspended)
    assert [one.cause for one in held] == ["arrears", "arrears"]
    await shop.gives(cards.GOOD)
    assert await states(shop) == ["active", "active"]
    assert len(await shop.told(billing_subscription.SubscriptionReinstated)) == 2


async def test_without_limits_or_under_them_what_is_paid_is_had(shop: Shop) -> None:
    await limits(shop, bills=1, money=[{"minor": 1000, "currency": "EUR"}])
    await owes_for_one_of_two(shop)
    assert await states(shop) == ["past_due", "active"]
    await limits(shop, money=[{"minor": 999, "currency": "EUR"}])
    assert await states(shop) == ["suspended", "suspended"]
    await limits(shop)
    assert await states(shop) == ["past_due", "active"]


async def test_nothing_that_recurs_is_begun_before_it_is_paid(shop: Shop) -> None:
    await limits(shop, bills=0)
    await owes_for_one_of_two(shop)
    body = {"lines": [{"offer_id": await shop.offer(700)}], "return_url": f"{ORIGIN}/thanks"}
    answer = await shop.house.answer(ada, "POST", "/checkouts", body)
    (refused,) = answer.json()["errors"]
    assert (answer.status_code, refused["code"]) == (409, "in_arrears")
    assert refused["params"]["owed"] == [{"minor": 1000, "currency": "EUR"}]
    (link,) = refused["params"]["pay"]
    door = "/public/payment-links/" + link.removeprefix("/pay/")
    assert (await shop.house.ask(None, "GET", door))["state"] == "due"
    once = await shop.offer(700, "once")
    await shop.checkout({"offer_id": once})
    await shop.house.ask(None, "POST", door, {"payment_method": await shop.card()})
    await shop.until(ada, "/subscriptions", lambda seen: all_active(seen["items"]))
    await shop.house.ask(ada, "POST", "/checkouts", body)


def all_active(items: list[Json]) -> bool:
    return all(one["state"] == "active" for one in items)


async def test_staff_see_who_owes_what(shop: Shop) -> None:
    assert (await shop.house.ask(accountant, "GET", "/arrears"))["items"] == []
    await owes_for_one_of_two(shop)
    (bill,) = (await shop.house.ask(accountant, "GET", "/arrears"))["items"]
    assert (bill["person_id"], bill["amount"]["minor"]) == (str(ada.person_id), 1000)
    assert (await shop.house.ask(stranger, "GET", "/arrears"))["items"] == []
    for who in (ada, bob, moderator):
        assert (await shop.house.refusal(who, "GET", "/arrears"))[0] == 403
    subscription_id = bill["subscription_id"]
    await shop.house.ask(olga, "POST", f"/subscriptions/{subscription_id}/end")
    await shop.house.quiet()
    assert (await shop.house.ask(accountant, "GET", "/arrears"))["items"] == []


async def test_strange_limits_are_refused(shop: Shop) -> None:
    for arrears, code in (
        ({"bills": -1}, "unpaid_bills_out_of_range"),
        ({"money": [{"minor": -1, "currency": "EUR"}]}, "unpaid_money_out_of_range"),
    ):
        refusal = await shop.house.refusal(olga, "PUT", "/policy", {"arrears": arrears})
        assert refusal == (422, code)
    await limits(shop, bills=2)
    shown = await shop.house.ask(olga, "GET", "/policy")
    assert shown["arrears"] == {"bills": 2, "money": []}
