"""Whoever took somebody in sees and manages what they subscribed to; nobody else does."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.billing.prepaid.decider import AHEAD
from shared.contracts import billing_message, billing_payment
from shared.contracts.membership_merging import MemberMerged
from shared.contracts.membership_prepaid import MembersPrepaid, PaidUntil
from tests.integration.billing.shop import ORIGIN, Shop, ada, bob, community
from tests.integration.events.house import somebody


async def merged(shop: Shop, into: UUID, community_id: UUID = community) -> None:
    told = MemberMerged(
        community_id=community_id,
        occurred_at=shop.now,
        person_id=into,
        taken_in=ada.person_id,
    )
    await shop.house.hear(told, told)
    await shop.house.quiet()


async def test_who_was_merged_manages_what_the_other_subscribed_to(shop: Shop) -> None:
    await shop.opens()
    subscription = await shop.subscribes()
    path = f"/subscriptions/{subscription['subscription_id']}"
    missing = (404, "subscription_not_found")
    assert await shop.house.refusal(bob, "POST", f"{path}/cancellation") == missing
    await merged(shop, bob.person_id)
    (seen,) = (await shop.house.ask(bob, "GET", "/subscriptions"))["items"]
    assert seen["subscription_id"] == subscription["subscription_id"]
    (paid,) = await shop.told(billing_payment.PaymentSucceeded)
    payment = await shop.house.ask(bob, "GET", f"/payments/{paid.payment_id}")
    assert payment["payment_id"] == str(paid.payment_id)
    await shop.house.ask(bob, "POST", f"{path}/cancellation")
    assert (await shop.subscription())["cancels_at"] is not None
    await shop.house.ask(bob, "DELETE", f"{path}/cancellation")
    until = {"until": (shop.now + timedelta(days=40)).isoformat()}
    await shop.house.ask(bob, "POST", f"{path}/pause", until)
    document = await shop.house.ask(bob, "GET", "/me/data")
    assert "SubscriptionActivated" in {one["type"] for one in document["facts"]}


async def test_who_was_merged_withdraws_from_what_the_other_bought(shop: Shop) -> None:
    await shop.opens()
    checkout_id = await shop.checkout({"offer_id": await shop.offer(3000)})
    await shop.pays(checkout_id)
    await shop.state_of(checkout_id, "completed")
    await shop.house.quiet()
    path = f"/checkouts/{checkout_id}"
    missing = (404, "checkout_not_found")
    assert await shop.house.refusal(bob, "GET", path) == missing
    assert await shop.house.refusal(bob, "POST", f"{path}/withdrawal") == missing
    await merged(shop, bob.person_id)
    assert (await shop.house.ask(bob, "GET", path))["state"] == "completed"
    assert (await shop.house.ask(bob, "GET", f"{path}/withdrawal"))["amount"]["minor"] == 3000
    await shop.house.ask(bob, "POST", f"{path}/withdrawal")
    await shop.until_told(billing_payment.RefundIssued)
    (back,) = await shop.told(billing_payment.RefundIssued)
    assert back.amount.minor == 3000


async def test_who_was_merged_comes_back_at_the_price_that_the_other_had(shop: Shop) -> None:
    await shop.opens()
    had = await shop.subscribes()
    path = f"/subscriptions/{had['subscription_id']}/cancellation"
    await shop.house.ask(ada, "POST", path)
    await merged(shop, bob.person_id)
    await shop.at(had["runs_until"])
    body = {"subscription_id": had["subscription_id"], "return_url": f"{ORIGIN}/thanks"}
    opened = await shop.house.ask(bob, "POST", "/checkouts/win-back", body)
    await shop.pays(opened["checkout_id"], who=bob)
    checkout = await shop.state_of(opened["checkout_id"], "completed", bob)
    assert checkout["due"] == had["price"]


async def test_nobody_else_does(shop: Shop) -> None:
    await shop.opens()
    subscription = await shop.subscribes()
    path = f"/subscriptions/{subscription['subscription_id']}/cancellation"
    elsewhere = uuid4()
    await merged(shop, bob.person_id, elsewhere)
    for who in (bob, somebody(community), somebody(elsewhere)):
        assert (await shop.house.refusal(who, "POST", path))[0] == 404
        assert (await shop.house.ask(who, "GET", "/subscriptions"))["items"] == []


async def brought(shop: Shop, offer_id: str) -> datetime:
    """Until when Ada has paid elsewhere."""
    until = shop.now + timedelta(days=40)
    paid = PaidUntil(person_id=ada.person_id, until=until)
    told = MembersPrepaid(
        community_id=community,
        occurred_at=shop.now,
        import_id=uuid4(),
        offer_id=UUID(offer_id),
        letter="before",
        people=(paid,),
    )
    await shop.house.hear(told)
    await shop.house.quiet()
    return until


async def test_who_was_merged_pays_from_when_what_the_other_paid_elsewhere_runs_out(
    shop: Shop,
) -> None:
    await shop.opens()
    offer_id = await shop.offer()
    until = await brought(shop, offer_id)
    await merged(shop, bob.person_id)
    await shop.buys({"offer_id": offer_id}, who=bob)
    standing = await shop.subscription(bob)
    assert datetime.fromisoformat(standing["runs_until"]) == until
    assert await shop.charges() == []
    await shop.at(until)
    assert await shop.told(billing_message.MessageRequested) == []


async def test_nobody_is_led_to_what_who_took_them_in_subscribes_to(shop: Shop) -> None:
    await shop.opens()
    offer_id = await shop.offer()
    until = await brought(shop, offer_id)
    await shop.at(until - AHEAD)
    (letter,) = await shop.until_told(billing_message.MessageRequested)
    assert letter.link is not None
    await shop.buys({"offer_id": offer_id}, who=bob)
    await merged(shop, bob.person_id)
    path = f"/public{letter.link}"
    assert (await shop.house.ask(None, "GET", path))["subscribed"] is True
    body = {"return_url": f"{ORIGIN}/thanks"}
    refused = (409, "already_subscribed")
    assert await shop.house.refusal(None, "POST", path, body) == refused
    await shop.at(until)
    assert len(await shop.told(billing_message.MessageRequested)) == 1
