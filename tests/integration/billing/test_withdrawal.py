"""Thinking better of it within fourteen days: the money back, the end of what it paid for, and a letter."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.contracts import billing_order, billing_payment, billing_subscription
from shared.contracts.billing_message import MessageRequested
from shared.contracts.membership_content import ContentPublished
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community, olga
from tests.integration.events.house import Json, Who, somebody


@pytest.fixture(autouse=True)
async def _opened(shop: Shop) -> None:
    await shop.opens()


async def course(shop: Shop) -> str:
    content_id = uuid4()
    told = ContentPublished(
        community_id=community,
        occurred_at=shop.now,
        content_id=content_id,
        kind="download",
        audience="buyers",
        visible_from=shop.now,
    )
    await shop.house.hear(told, stream_id=content_id)
    await shop.house.quiet()
    body = {
        "name": "Openings",
        "price": {"minor": 4000, "currency": "EUR"},
        "interval": "once",
        "content_id": str(content_id),
    }
    published = await shop.house.ask(olga, "POST", "/offers", body)
    await shop.house.quiet()
    return str(published["offer_id"])


async def bought(shop: Shop, *lines: Json, at_once: bool = False) -> str:
    more: Json = {"begin_at_once": "2026-01"} if at_once else {}
    body = {"lines": list(lines), "return_url": f"{ORIGIN}/thanks"} | more
    checkout_id = (await shop.house.ask(ada, "POST", "/checkouts", body))["checkout_id"]
    await shop.house.quiet()
    await shop.pays(checkout_id)
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    return str(checkout_id)


async def refused(shop: Shop, checkout_id: str, who: Who = ada) -> tuple[int, str]:
    """What is refused is refused dry as well."""
    path = f"/checkouts/{checkout_id}/withdrawal"
    dry = await shop.house.refusal(who, "GET", path)
    assert await shop.house.refusal(who, "POST", path) == dry
    return dry


async def withdraws(shop: Shop, checkout_id: str) -> None:
    await shop.house.ask(ada, "POST", f"/checkouts/{checkout_id}/withdrawal")
    await shop.house.quiet()


async def shown(shop: Shop, checkout_id: str) -> Json:
    return await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}/withdrawal")


async def given_back(shop: Shop) -> list[int]:
    return [one.amount.minor for one in await shop.told(billing_payment.RefundIssued)]


async def letters(shop: Shop, template: str) -> list[dict[Any, Any]]:
    told = await shop.told(MessageRequested)
    return [dict(one.values) for one in told if one.template == template]


async def test_who_thinks_better_of_it_has_all_of_it_back_and_it_ends(shop: Shop) -> None:
    checkout_id = await bought(shop, {"offer_id": await shop.offer(3000)})
    seen = await shown(shop, checkout_id)
    until = datetime.fromisoformat(seen["until"])
    assert timedelta(14) < until - shop.now < timedelta(20)
    assert seen["amount"] == {"minor": 3000, "currency": "EUR"}
    await shop.at(shop.now + timedelta(days=3))
    await withdraws(shop, checkout_id)
    await shop.until_told(billing_payment.RefundIssued)
    assert await given_back(shop) == [3000]
    (ended,) = await shop.told(billing_subscription.SubscriptionEnded)
    assert ended.reason == "refunded"
    (letter,) = await letters(shop, "withdrawal_confirmed")
    assert letter["amount"].minor == 3000
    assert await refused(shop, checkout_id) == (409, "withdrawn_already")
    await shop.house.quiet()
    assert await given_back(shop) == [3000]


async def test_the_tax_that_is_in_it_is_shown_and_goes_back_with_it(shop: Shop) -> None:
    untaxed = await bought(shop, {"offer_id": await shop.offer(3000)})
    assert (await shown(shop, untaxed))["tax"] is None
    since = (shop.now - timedelta(days=10)).date().isoformat()
    rate = {"category": "membership", "basis_points": 2000, "since": since}
    await shop.house.ask(olga, "PUT", "/tax-rates", {"rates": [rate]})
    checkout_id = await bought(shop, {"offer_id": await shop.offer(1200)})
    seen = await shown(shop, checkout_id)
    assert (seen["amount"]["minor"], seen["tax"]["minor"]) == (1200, 200)
    await withdraws(shop, checkout_id)
    (issued,) = await shop.until_told(billing_payment.RefundIssued)
    assert [line.tax.minor for line in issued.lines if line.tax] == [200]


async def test_what_began_at_once_is_paid_for_by_the_second(shop: Shop) -> None:
    offer_id = await shop.offer(3000, "year")
    checkout_id = await bought(shop, {"offer_id": offer_id}, at_once=True)
    begun = datetime.fromisoformat((await shop.subscription())["runs_until"])
    (told,) = await letters(shop, "begun_at_once")
    assert told["text"] == "2026-01"
    await shop.at(shop.now + timedelta(days=10))
    expected = round(3000 * ((begun - shop.now) / timedelta(days=365)))
    await withdraws(shop, checkout_id)
    await shop.until_told(billing_payment.RefundIssued)
    (back,) = await given_back(shop)
    assert abs(back - expected) <= 10
    assert back < 3000
    assert (await shop.subscription())["state"] == "ended"


async def test_what_a_change_gave_back_goes_back_as_well(shop: Shop) -> None:
    """A year of 120 euros becomes a month of 10: who withdraws then has had two days."""
    offer_id = await shop.offer(12_000, "year")
    checkout_id = await bought(shop, {"offer_id": offer_id}, at_once=True)
    by_month = await shop.offer(1000)
    subscription = await shop.subscription()
    await shop.at(shop.now + timedelta(days=1))
    path = f"/subscriptions/{subscription['subscription_id']}/change"
    await shop.house.ask(ada, "POST", path, {"offer_id": by_month})
    await shop.until_told(billing_subscription.SubscriptionChanged)
    assert (await shop.subscription())["balance"]["minor"] < -10_900
    await shop.at(shop.now + timedelta(days=1))
    had = 12_000 / 365 + 1000 / 28
    expected = 12_000 - had
    assert abs((await shown(shop, checkout_id))["amount"]["minor"] - expected) < 10
    await withdraws(shop, checkout_id)
    await shop.until_told(billing_payment.RefundIssued)
    (back,) = await given_back(shop)
    assert abs(back - expected) < 10


async def test_digital_content_goes_back_unless_it_was_waived(shop: Shop) -> None:
    offer_id = await course(shop)
    waived = await bought(shop, {"offer_id": offer_id}, at_once=True)
    assert await refused(shop, waived) == (409, "withdrawal_waived")
    checkout_id = await bought(shop, {"offer_id": offer_id})
    await withdraws(shop, checkout_id)
    await shop.until_told(billing_payment.RefundIssued)
    await shop.house.quiet()
    assert await given_back(shop) == [4000]
    (order,) = await shop.told(billing_order.OrderRefunded)
    assert (order.reason, str(order.person_id)) == ("requested", str(ada.person_id))


async def test_too_late_is_too_late_and_seats_are_exempt(shop: Shop) -> None:
    seats = await bought(shop, {"quote": shop.quote(uuid4())})
    assert await refused(shop, seats) == (409, "withdrawal_exempt")
    checkout_id = await bought(shop, {"offer_id": await shop.offer(500, "once")})
    until = (await shown(shop, checkout_id))["until"]
    await shop.at(until)
    assert await refused(shop, checkout_id) == (409, "withdrawal_too_late")
    assert await given_back(shop) == []


async def test_it_is_the_buyers_own_and_only_of_what_was_bought(shop: Shop) -> None:
    checkout_id = await bought(shop, {"offer_id": await shop.offer()})
    for who in (bob, somebody(uuid4())):
        status, code = await refused(shop, checkout_id, who)
        assert (status, code) in {(404, "checkout_not_found"), (404, "not_found")}
    unpaid = await shop.checkout({"offer_id": await shop.offer(500, "once")})
    assert await refused(shop, unpaid) == (409, "checkout_not_paid")
    assert await refused(shop, unpaid, bob) == (404, "checkout_not_found")
    assert await refused(shop, str(uuid4())) == (404, "checkout_not_found")


async def test_what_staff_gave_back_before_is_not_given_back_again(shop: Shop) -> None:
    checkout_id = await bought(shop, {"offer_id": await shop.offer(3000)})
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}")
    amount = {"amount": {"minor": 1000, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", f"/payments/{seen['payment_id']}/refunds", amount)
    await shop.until_told(billing_payment.RefundIssued)
    await shop.house.quiet()
    assert (await shown(shop, checkout_id))["amount"]["minor"] == 2000
    await withdraws(shop, checkout_id)
    await shop.until_told(billing_payment.RefundIssued, 2)
    assert await given_back(shop) == [1000, 2000]


async def test_while_a_bank_decides_it_is_refused_and_afterwards_it_is_not(shop: Shop) -> None:
    checkout_id = await bought(shop, {"offer_id": await shop.offer(3000)})
    (paid,) = await shop.charges()
    dispute = await shop.dispute(paid["id"])
    await shop.report_dispute(dispute, "created")
    await shop.house.quiet()
    assert await refused(shop, checkout_id) == (409, "payment_disputed")
    await shop.report_dispute(await shop.decide(dispute["id"], "won"), "closed")
    await shop.house.quiet()
    assert (await shown(shop, checkout_id))["amount"]["minor"] == 3000
    assert await letters(shop, "withdrawal_confirmed") == []


async def test_what_is_shown_is_what_goes_back_of_that_thing(shop: Shop) -> None:
    """Of what staff gave back of two things, a part was for each."""
    tier, seats = {"offer_id": await shop.offer(3000)}, {"quote": shop.quote(uuid4())}
    checkout_id = await bought(shop, tier, seats)
    seen = await shop.house.ask(ada, "GET", f"/checkouts/{checkout_id}")
    amount = {"amount": {"minor": 3000, "currency": "EUR"}}
    await shop.house.ask(olga, "POST", f"/payments/{seen['payment_id']}/refunds", amount)
    await shop.until_told(billing_payment.RefundIssued)
    await shop.house.quiet()
    assert (await shown(shop, checkout_id))["amount"]["minor"] == 1000
    await withdraws(shop, checkout_id)
    await shop.until_told(billing_payment.RefundIssued, 2)
    assert await given_back(shop) == [3000, 1000]
    (letter,) = await letters(shop, "withdrawal_confirmed")
    assert letter["amount"].minor == 1000


async def test_a_trial_ends_without_money(shop: Shop) -> None:
    checkout_id = await bought(shop, {"offer_id": await shop.offer(3000, trial_days=30)})
    assert (await shown(shop, checkout_id))["amount"]["minor"] == 0
    await withdraws(shop, checkout_id)
    assert (await shop.subscription())["state"] == "ended"
    assert await shop.charges() == []
