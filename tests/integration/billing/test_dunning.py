"""A renewal that is declined: tried on the seller's days, withheld after grace, paid by a link without signing in."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.billing.links import make_link
from shared.contracts import billing_subscription
from shared.contracts.billing_message import MessageRequested
from shared.ids import Code
from tests.integration.billing import cards
from tests.integration.billing.shop import Shop, ada, community, olga


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def owes(shop: Shop, card: str = cards.REFUSED_WHEN_CHARGED, **dunning: Any) -> datetime:
    """A subscription whose first renewal was declined, then; by the seller's rules."""
    if dunning:
        await shop.house.ask(olga, "PUT", "/policy", {"dunning": dunning})
    subscription = await shop.subscribes()
    await shop.gives(card)
    await shop.at(subscription["runs_until"])
    await shop.until_told(billing_subscription.SubscriptionPastDue)
    await shop.house.quiet()
    return shop.now


async def link_of(shop: Shop, template: str = "subscription_past_due") -> str:
    """Where the letter leads."""
    (letter, *_) = await shop.until_told(MessageRequested)
    assert letter.template == template
    assert letter.link
    assert letter.link.startswith("/pay/")
    return "/public/payment-links/" + letter.link.removeprefix("/pay/")


async def test_who_pays_is_told_before_the_card_expires(shop: Shop) -> None:
    over = (shop.now + timedelta(days=95)).replace(day=1)
    last = over - timedelta(days=1)
    card = await cards.payment_method(shop.stripe_url, cards.GOOD, last.month, last.year)
    await shop.buys({"offer_id": await shop.offer(interval="year")}, card=card)
    await shop.at(over - timedelta(days=32))
    assert await shop.told(MessageRequested) == []
    await shop.at(over - timedelta(days=29))
    (letter,) = await shop.until_told(MessageRequested)
    assert (letter.template, letter.person_id) == ("card_expires", ada.person_id)


async def test_it_is_tried_on_the_sellers_days_and_then_it_ends(shop: Shop) -> None:
    since = await owes(shop, retries=[2], grace_days=1)
    await shop.at(since + timedelta(days=1, minutes=1))
    assert (await shop.subscription())["state"] == "suspended"
    (held,) = await shop.told(billing_subscription.SubscriptionSuspended)
    assert held.cause == "unpaid"
    await shop.at(since + timedelta(days=2, minutes=2))
    assert (await shop.until_subscription("ended"))["ended_for"] == "payment_failed"
    told = [letter.template for letter in await shop.told(MessageRequested)]
    assert told == ["subscription_past_due", "subscription_ended_unpaid"]
    assert len(await shop.charges()) == 1


async def test_who_is_kept_unpaid_is_let_in_again_by_another_card(shop: Shop) -> None:
    since = await owes(shop, retries=[1], grace_days=0, afterwards="keep")
    assert (await shop.until_subscription("suspended"))["ended_for"] is None
    await shop.at(since + timedelta(days=1, minutes=1))
    await shop.until_subscription("unpaid")
    await shop.gives(cards.GOOD)
    assert (await shop.until_subscription("active"))["payment_id"] is None
    assert len(await shop.told(billing_subscription.SubscriptionReinstated)) == 1
    assert len(await shop.charges()) == 2


async def test_who_is_kept_unpaid_ends_with_the_period(shop: Shop) -> None:
    since = await owes(shop, retries=[], grace_days=0, afterwards="keep")
    await shop.until_subscription("unpaid")
    await shop.at(since + timedelta(days=32))
    assert (await shop.until_subscription("ended"))["ended_for"] == "payment_failed"


async def test_a_card_given_by_the_link_of_the_letter_is_tried_at_once(shop: Shop) -> None:
    await owes(shop)
    link = await link_of(shop)
    shown = await shop.house.ask(None, "GET", link)
    assert (shown["seller"], shown["state"]) == ("Chess Club", "due")
    assert shown["amount"] == {"minor": 1000, "currency": "EUR"}
    body = {"payment_method": await shop.card()}
    await shop.house.ask(None, "POST", link, body)
    await shop.until_subscription("active")
    assert (await shop.house.ask(None, "GET", link))["state"] == "paid"
    assert await shop.house.refusal(None, "POST", link, body) == (409, "nothing_due")
    assert len(await shop.charges()) == 2


async def test_who_must_authenticate_does_so_by_the_link(shop: Shop) -> None:
    await owes(shop, cards.AUTHENTICATED)
    shown = await shop.house.ask(None, "GET", await link_of(shop, "subscription_to_confirm"))
    assert shown["state"] == "requires_action"
    intent, secret = Code(shown["payment_intent"]), Code(shown["client_secret"])
    await cards.authenticate(shop.stripe_url, intent, secret, success=True)
    await shop.until_subscription("active")
    assert len(await shop.charges()) == 2


async def test_a_link_is_shown_for_what_has_ended_and_pays_for_nothing(shop: Shop) -> None:
    await owes(shop)
    link = await link_of(shop)
    subscription_id = (await shop.subscription())["subscription_id"]
    await shop.house.ask(olga, "POST", f"/subscriptions/{subscription_id}/end")
    shown = await shop.house.ask(None, "GET", link)
    assert (shown["state"], shown["amount"]) == ("ended", None)
    body = {"payment_method": "pm_late"}
    assert await shop.house.refusal(None, "POST", link, body) == (409, "nothing_due")


async def test_a_link_of_ours_alone_opens_anything_and_only_for_a_while(shop: Shop) -> None:
    await owes(shop)
    link = await link_of(shop)
    secret, later = shop.house.service.secret, shop.now + timedelta(days=1)
    missing = make_link(secret, uuid4(), community, later)
    forged = make_link(b"x" * 32, uuid4(), community, later)
    door = "/public/payment-links/"
    unknown = (404, "subscription_not_found")
    assert await shop.house.refusal(None, "GET", door + missing) == unknown
    assert await shop.house.refusal(None, "GET", door + forged) == (403, "bad_link")
    assert await shop.house.refusal(None, "GET", f"{link}x") == (403, "bad_link")
    body = {"payment_method": "card"}
    refusal = await shop.house.refusal(None, "POST", link, body)
    assert refusal == (422, "string_pattern_mismatch")
    await shop.house.ask(olga, "PUT", "/policy", {})
    await shop.at(shop.now + timedelta(days=91))
    assert await shop.house.refusal(None, "GET", link) == (403, "bad_link")


async def test_a_link_of_another_community_opens_nothing_of_ours(shop: Shop) -> None:
    await owes(shop)
    subscription_id = (await shop.subscription())["subscription_id"]
    later = shop.now + timedelta(days=1)
    elsewhere = make_link(shop.house.service.secret, subscription_id and uuid4(), uuid4(), later)
    refusal = await shop.house.refusal(None, "GET", f"/public/payment-links/{elsewhere}")
    assert refusal == (404, "subscription_not_found")
    assert (await shop.house.ask(ada, "GET", "/subscriptions"))["items"]
