"""The tax in a price: said by a checkout, its order and what goes back, at the rate that the seller has set."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.contracts import billing_order, billing_payment
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, olga
from tests.integration.events.house import Json


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def sets(shop: Shop, *rates: Json) -> None:
    await shop.house.ask(olga, "PUT", "/tax-rates", {"rates": list(rates)})


def rate(shop: Shop, category: str, basis_points: int, days: int = -10) -> Json:
    since = (shop.now + timedelta(days=days)).date().isoformat()
    return {"category": category, "basis_points": basis_points, "since": since}


def taxes(lines: Sequence[billing_payment.MoneyLine]) -> list[int]:
    return [line.tax.minor for line in lines if line.tax]


async def lines(shop: Shop, checkout_id: str) -> list[tuple[int, int | None, int | None]]:
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}")
    return [
        (
            line["amount"]["minor"],
            line["tax_basis_points"],
            line["tax"]["minor"] if line["tax"] else None,
        )
        for line in seen["lines"]
    ]


async def test_a_checkout_its_order_and_its_refunds_say_the_tax_that_is_in_them(shop: Shop) -> None:
    await sets(shop, rate(shop, "membership", 2000), rate(shop, "event", 550))
    month, seats = {"offer_id": await shop.offer(1200)}, {"quote": shop.quote(uuid4(), minor=1500)}
    body = {"lines": [month, seats], "return_url": f"{ORIGIN}/thanks"}
    preview = await shop.house.ask(ada, "POST", "/checkouts/preview", body)
    assert [line["tax"]["minor"] for line in preview["lines"]] == [200, 78]
    checkout_id = await shop.buys(month, seats)
    assert await lines(shop, checkout_id) == [(1200, 2000, 200), (1500, 550, 78)]
    orders = await shop.told(billing_order.OrderPaid)
    told = {
        (line.tax_basis_points, line.tax.minor)
        for order in orders
        for line in order.lines
        if line.tax
    }
    assert told == {(2000, 200), (550, 78)}
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}")
    path = f"/payments/{seen['payment_id']}/refunds"
    part = {"amount": {"minor": 900, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", path, part)
    await shop.until_told(billing_payment.RefundIssued)
    await shop.house.quiet()
    await shop.house.ask(olga, "POST", path, {})
    first, rest = await shop.until_told(billing_payment.RefundIssued, 2)
    back = [
        {line.charged_for: line.tax.minor for line in one.lines if line.tax}
        for one in (first, rest)
    ]
    assert back[0] == {"subscription": 67, "ticket": 26}
    assert {kind: back[0][kind] + back[1][kind] for kind in back[0]} == {
        "subscription": 200,
        "ticket": 78,
    }


async def test_a_renewal_says_the_tax_of_the_day_it_begins_and_gives_it_back(shop: Shop) -> None:
    await sets(shop, rate(shop, "membership", 1900), rate(shop, "membership", 2000, 20))
    await shop.buys({"offer_id": await shop.offer(1200)})
    renewed_at = shop.now + timedelta(days=31)
    await shop.at(renewed_at)
    first, second = await shop.until_told(billing_payment.PaymentSucceeded, 2)
    assert [taxes(one.lines) for one in (first, second)] == [[192], [200]]
    await shop.house.ask(olga, "POST", f"/payments/{second.payment_id}/refunds", {})
    (back,) = await shop.until_told(billing_payment.RefundIssued)
    assert taxes(back.lines) == [200]


async def test_a_change_that_is_paid_says_the_tax_that_is_in_what_is_due(shop: Shop) -> None:
    await sets(shop, rate(shop, "membership", 2000))
    subscription = await shop.subscribes()
    path = f"/subscriptions/{subscription['subscription_id']}/change"
    await shop.house.ask(ada, "POST", path, {"offer_id": await shop.offer(3000)})
    first, second = await shop.until_told(billing_payment.PaymentSucceeded, 2)
    assert [taxes(one.lines) for one in (first, second)] == [[167], [333]]
    assert second.amount.minor == 2000


async def test_where_no_rate_is_set_no_tax_is_said(shop: Shop) -> None:
    checkout_id = await shop.buys({"offer_id": await shop.offer(1200, "once")})
    assert await lines(shop, checkout_id) == [(1200, None, None)]
    (order,) = await shop.told(billing_order.OrderPaid)
    assert (order.lines[0].tax_basis_points, order.lines[0].tax) == (None, None)
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    assert paid.lines[0].tax is None


async def test_a_rate_holds_for_what_is_opened_from_its_day_on(shop: Shop) -> None:
    await sets(shop, rate(shop, "membership", 1900), rate(shop, "membership", 2000, 3))
    offer_id = await shop.offer(1200, "once")
    before = await shop.checkout({"offer_id": offer_id})
    await shop.at(shop.now + timedelta(days=4))
    after = await shop.checkout({"offer_id": offer_id})
    assert await lines(shop, before) == [(1200, 1900, 192)]
    assert await lines(shop, after) == [(1200, 2000, 200)]
    await sets(shop)
    assert await lines(shop, after) == [(1200, 2000, 200)]


async def test_the_owner_sets_rates_and_who_sees_sales_sees_them(shop: Shop) -> None:
    twenty = rate(shop, "digital", 2000)
    await sets(shop, twenty)
    assert (await shop.house.ask(olga, "GET", "/tax-rates"))["rates"] == [twenty]
    body = {"rates": [twenty]}
    assert (await shop.house.refusal(bob, "PUT", "/tax-rates", body))[0] == 403
    assert (await shop.house.refusal(bob, "GET", "/tax-rates"))[0] == 403
    wrong = {"rates": [twenty | {"basis_points": 10_001}]}
    answer = await shop.house.refusal(olga, "PUT", "/tax-rates", wrong)
    assert answer == (422, "tax_rate_out_of_range")
    twice = {"rates": [twenty, twenty]}
    assert await shop.house.refusal(olga, "PUT", "/tax-rates", twice) == (422, "tax_rate_twice")
