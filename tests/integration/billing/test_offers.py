"""Everything that can be sold, from its price to the charge: on Postgres, with a Stripe that is not ours."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from shared.clock import real_now
from shared.contracts import (
    billing_offer,
    billing_order,
    billing_payment,
    billing_subscription,
)
from shared.contracts.membership_community import Visibility
from shared.contracts.membership_content import ContentPublished, ContentWithdrawn
from shared.contracts.membership_visibility import VisibilityChosen
from tests.integration.billing.shop import ORIGIN, Shop, ada, community, gold, olga
from tests.integration.events.house import Json, somebody

stranger = somebody(uuid4(), "owner")


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


def money(minor: int, currency: str = "EUR") -> Json:
    return {"minor": minor, "currency": currency}


def opening(*lines: Json, **more: Any) -> Json:
    return {"lines": list(lines), "return_url": f"{ORIGIN}/thanks"} | more


async def published(shop: Shop, *prices: Json, **more: Any) -> str:
    body = {"name": "Thing", "prices": list(prices), "interval": "once"} | more
    answer = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    return str(answer["offer_id"])


async def listed(shop: Shop, offer_id: str) -> Json:
    page = await shop.house.ask(None, "GET", f"/public/communities/{community}/offers")
    (found,) = (offer for offer in page["items"] if offer["offer_id"] == offer_id)
    shown: Json = found
    return shown


async def standing(shop: Shop, offer_id: str) -> tuple[bool, str | None]:
    """Whether it is sold, and why not."""
    offer = await listed(shop, offer_id)
    return offer["sellable"], offer["obstacle"]


@pytest.mark.parametrize(("visibility", "seen"), [("private", 404), ("unlisted", 200)])
async def test_what_a_hidden_community_sells_is_not_found_by_strangers(
    shop: Shop, visibility: Visibility, seen: int
) -> None:
    await published(shop, {"amount": money(3000)})
    chosen = VisibilityChosen(community_id=community, occurred_at=real_now(), visibility=visibility)
    await shop.house.hear(chosen)
    await shop.house.quiet()
    path = f"/public/communities/{community}/offers"
    answer = await shop.house.answer(None, "GET", path)
    assert answer.status_code == seen
    assert answer.headers.get("X-Robots-Tag") == (None if seen == 404 else "noindex")
    for who in (ada, olga):
        assert len((await shop.house.ask(who, "GET", path))["items"]) == 1
    assert await shop.house.refusal(None, "GET", f"/public/communities/{uuid4()}/offers") == (
        404,
        "community_not_found",
    )


async def test_every_second_month_is_charged_every_second_month(shop: Shop) -> None:
    offer_id = await published(shop, {"amount": money(3000)}, interval="month", every=2)
    await shop.buys({"offer_id": offer_id})
    first = await shop.subscription()
    began, until = (datetime.fromisoformat(first[key]) for key in ("began_at", "runs_until"))
    assert 59 <= (until - began).days <= 62
    await shop.at(until)
    assert (await shop.until_subscription("active"))["every"] == 2
    assert [charge["amount"] for charge in await shop.charges()] == [3000, 3000]
    (active,) = await shop.told(billing_subscription.SubscriptionActivated)
    assert (active.interval, active.every, active.price.minor) == ("month", 2, 3000)


async def test_a_lifetime_is_paid_once_and_grants_its_tier_for_good(shop: Shop) -> None:
    offer_id = await published(shop, {"amount": money(50_000)}, tier_id=str(gold))
    assert (await listed(shop, offer_id))["kind"] == "lifetime"
    await shop.buys({"offer_id": offer_id})
    (order,) = await shop.told(billing_order.OrderPaid)
    assert (order.lines[0].tier_id, order.total.minor) == (gold, 50_000)
    assert await shop.told(billing_subscription.SubscriptionActivated) == []
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert paid.lines[0].charged_for == "purchase"


async def test_a_digital_product_sells_while_its_content_is_published(shop: Shop) -> None:
    workbook = uuid4()
    here: Json = {"community_id": community, "occurred_at": real_now(), "content_id": workbook}
    there: Json = {"kind": "download", "audience": "buyers", "visible_from": real_now()}
    offer_id = await published(shop, {"amount": money(900)}, content_id=str(workbook))
    assert await standing(shop, offer_id) == (False, "content_unknown")
    await shop.house.hear(ContentPublished(**here, **there), stream_id=workbook)
    await shop.house.quiet()
    assert await standing(shop, offer_id) == (True, None)
    await shop.buys({"offer_id": offer_id})
    (order,) = await shop.told(billing_order.OrderPaid)
    assert (order.lines[0].content_id, order.lines[0].tier_id) == (workbook, None)
    (offer,) = await shop.told(billing_offer.OfferPublished)
    assert offer.content_id == workbook
    await shop.house.hear(ContentWithdrawn(**here), stream_id=workbook)
    await shop.house.quiet()
    assert await standing(shop, offer_id) == (False, "content_withdrawn")


async def test_what_is_free_needs_no_card(shop: Shop) -> None:
    offer_id = await published(shop, {"amount": money(0)}, tier_id=str(gold))
    checkout_id = await shop.checkout({"offer_id": offer_id})
    await shop.state_of(checkout_id, "completed")
    (order,) = await shop.told(billing_order.OrderPaid)
    assert (order.lines[0].tier_id, order.total.minor) == (gold, 0)
    assert await shop.charges() == []


async def test_the_buyer_of_a_donation_names_the_amount_and_gets_nothing(shop: Shop) -> None:
    price = {
        "amount": money(1000),
        "minimum": money(200),
        "presets": [money(500), money(1000), money(2500)],
    }
    offer_id = await published(shop, price, donation=True)
    shown = await listed(shop, offer_id)
    assert shown["kind"] == "donation"
    assert [preset["minor"] for preset in shown["prices"][0]["presets"]] == [500, 1000, 2500]
    await shop.buys({"offer_id": offer_id, "amount": money(1234)})
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert [(line.charged_for, line.amount.minor) for line in paid.lines] == [("donation", 1234)]
    (order,) = await shop.told(billing_order.OrderPaid)
    assert order.lines[0].tier_id is None


async def test_a_donation_by_the_month_stays_one_at_every_renewal(shop: Shop) -> None:
    price = {"amount": money(1000), "minimum": money(200)}
    offer_id = await published(shop, price, donation=True, interval="month")
    await shop.buys({"offer_id": offer_id, "amount": money(700)})
    await shop.at((await shop.subscription())["runs_until"])
    paid = await shop.until_told(billing_payment.PaymentSucceeded, 2)
    assert [(one.lines[0].charged_for, one.amount.minor) for one in paid] == [("donation", 700)] * 2
    (active,) = await shop.told(billing_subscription.SubscriptionActivated)
    assert active.charged_for == "donation"


async def test_setting_up_is_charged_once(shop: Shop) -> None:
    price = {"amount": money(1000), "setup_fee": money(3000)}
    offer_id = await published(shop, price, interval="month")
    await shop.buys({"offer_id": offer_id, "quantity": 2})
    await shop.at((await shop.subscription())["runs_until"])
    first, renewal = await shop.until_told(billing_payment.PaymentSucceeded, 2)
    assert {line.charged_for: line.amount.minor for line in first.lines} == {
        "subscription": 2000,
        "purchase": 3000,
    }
    assert [line.amount.minor for line in renewal.lines] == [2000]


async def test_the_currency_of_the_checkout_decides(shop: Shop) -> None:
    prices = {"amount": money(1000)}, {"amount": money(1100, "USD")}
    offer_id = await published(shop, *prices)
    in_dollars = opening({"offer_id": offer_id}, currency="USD")
    answer = await shop.house.ask(ada, "POST", "/checkouts", in_dollars)
    await shop.house.quiet()
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{answer['checkout_id']}")
    assert seen["due"] == money(1100, "USD")
    in_yen = opening({"offer_id": offer_id}, currency="JPY")
    refusal = await shop.house.refusal(ada, "POST", "/checkouts", in_yen)
    assert refusal == (422, "currency_not_offered")


async def test_who_bought_keeps_their_price_and_who_comes_later_pays_the_new_one(
    shop: Shop,
) -> None:
    before = await shop.subscribes(1000)
    dearer = {"prices": [{"amount": money(1500)}]}
    path = f"/offers/{before['offer_id']}/prices"
    await shop.house.ask(olga, "POST", path, dearer)
    await shop.house.quiet()
    shown = await listed(shop, before["offer_id"])
    assert (shown["price"]["minor"], shown["price_version"]) == (1500, 2)
    await shop.at(before["runs_until"])
    founder = await shop.until_subscription("active")
    assert (founder["price"]["minor"], founder["price_version"]) == (1000, 1)
    assert [charge["amount"] for charge in await shop.charges()] == [1000, 1000]
    late = await shop.checkout({"offer_id": before["offer_id"]})
    assert (await shop.house.ask(ada, "GET", f"/checkouts/{late}"))["due"]["minor"] == 1500
    (told,) = await shop.told(billing_offer.OfferRepriced)
    assert (told.price_version, told.prices[0].amount.minor) == (2, 1500)


async def test_only_who_may_sets_a_price_and_only_of_their_own(shop: Shop) -> None:
    path = f"/offers/{await shop.offer()}/prices"
    dearer = {"prices": [{"amount": money(1500)}]}
    assert await shop.house.refusal(ada, "POST", path, dearer) == (403, "forbidden")
    missing = (404, "not_found")
    assert await shop.house.refusal(stranger, "POST", path, dearer) == missing
    wrong = {"prices": [{"amount": {"minor": "ten", "currency": "EUR"}}]}
    assert (await shop.house.refusal(olga, "POST", path, wrong))[0] == 422
    nothing = await shop.house.refusal(olga, "POST", path, {"prices": []})
    assert nothing == (422, "prices_out_of_range")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ({}, "amount_missing"),
        ({"amount": money(199)}, "amount_below_minimum"),
        ({"amount": money(-200)}, "amount_negative"),
        ({"amount": money(500, "USD")}, "currency_not_offered"),
        ({"amount": money(500), "quantity": 4}, "quantity_out_of_range"),
        ({"amount": money(500), "quantity": 1}, "quantity_out_of_range"),
        ({"amount": money(500), "quantity": -2}, "quantity_out_of_range"),
    ],
)
async def test_a_choice_outside_its_limits_is_a_named_problem(
    shop: Shop, line: Json, code: str
) -> None:
    price = {"amount": money(1000), "minimum": money(200)}
    offer_id = await published(shop, price, fewest=2, most=3)
    chosen = {"offer_id": offer_id, "quantity": 2} | line
    assert await shop.house.refusal(ada, "POST", "/checkouts", opening(chosen)) == (422, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"prices": []}, "price_or_prices"),
        ({"price": money(100), "prices": [{"amount": money(100)}]}, "price_or_prices"),
        ({"prices": [{"amount": money(-1)}]}, "price_out_of_range"),
        ({"prices": [{"amount": money(49)}]}, "price_out_of_range"),
        ({"prices": [{"amount": money(100)}, {"amount": money(200)}]}, "currency_twice"),
        ({"prices": [{"amount": money(100)}], "every": 2}, "every_out_of_range"),
        ({"prices": [{"amount": money(100)}], "most": 101}, "quantity_out_of_range"),
        ({"prices": [{"amount": money(100), "setup_fee": money(100)}]}, "fee_without_renewal"),
    ],
)
async def test_an_offer_that_makes_no_sense_is_a_named_problem(
    shop: Shop, body: Json, code: str
) -> None:
    asked = {"name": "Thing", "interval": "once"} | body
    assert await shop.house.refusal(olga, "POST", "/offers", asked) == (422, code)


async def test_seats_are_bought_by_their_number_and_told_with_every_change(shop: Shop) -> None:
    price = {"amount": money(1000)}
    offer_id = await published(shop, price, interval="month", tier_id=str(gold), seats=True)
    assert (await listed(shop, offer_id))["seats"] is True
    assert (await listed(shop, await shop.offer()))["seats"] is False
    await shop.buys({"offer_id": offer_id, "quantity": 3})
    (active,) = await shop.told(billing_subscription.SubscriptionActivated)
    assert (active.seats, active.quantity) == (3, 3)
    path = f"/subscriptions/{active.subscription_id}/change"
    await shop.house.ask(ada, "POST", path, {"quantity": 5})
    (changed,) = await shop.until_told(billing_subscription.SubscriptionChanged)
    assert (changed.seats, changed.before.seats, changed.after.seats) == (5, 3, 5)
    staff_end = f"/subscriptions/{active.subscription_id}/end"
    await shop.house.ask(olga, "POST", staff_end)
    (ended,) = await shop.until_told(billing_subscription.SubscriptionEnded)
    assert ended.seats == 5


async def test_a_fixed_price_is_not_the_buyers_to_name(shop: Shop) -> None:
    chosen = {"offer_id": await shop.offer(), "amount": money(1)}
    refusal = await shop.house.refusal(ada, "POST", "/checkouts", opening(chosen))
    assert refusal == (422, "price_is_fixed")


async def test_an_offer_of_another_community_is_not_for_sale_here(shop: Shop) -> None:
    offer_id = await shop.offer()
    elsewhere = somebody(uuid4())
    refusal = await shop.house.refusal(
        elsewhere, "POST", "/checkouts", opening({"offer_id": offer_id})
    )
    assert refusal == (422, "offer_not_on_sale")
