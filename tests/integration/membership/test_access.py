"""Reasons: given, bought, refunded, run out, and those that never began."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import real_now
from shared.contracts import billing_subscription
from shared.contracts.billing_order import OrderLine, OrderPaid, OrderRefunded
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import House

ten_euros = MoneyValue(minor=1000, currency="EUR")


async def give(
    house: House,
    person_id: str,
    token: str,
    tier_id: str,
    until: datetime | None = None,
    **more: Any,
) -> dict[str, Any]:
    body = {"tier_id": tier_id, "until": until.isoformat() if until else None}
    return await house.call("POST", f"/people/{person_id}/gifts", body, token=token, **more)


def order_paid(community_id: str, person_id: str, tier_id: str, order_id: UUID) -> OrderPaid:
    return OrderPaid(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        order_id=order_id,
        person_id=UUID(person_id),
        checkout_id=random_id(),
        payment_id=random_id(),
        total=ten_euros,
        lines=(
            OrderLine(kind="offer", amount=ten_euros, offer_id=random_id(), tier_id=UUID(tier_id)),
        ),
    )


def order_refunded(community_id: str, person_id: str, order_id: UUID) -> OrderRefunded:
    return OrderRefunded(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        order_id=order_id,
        person_id=UUID(person_id),
        total=ten_euros,
        reason="requested",
    )


async def test_a_gift_runs_out_when_the_business_clock_says_so(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    until = real_now() + timedelta(days=30)
    await give(house, ada, owner, gold, until)
    await house.eventually_live(ada, token, ("Gold", "gift"))
    await house.service.move_clock(until + timedelta(seconds=1))
    await house.eventually_live(ada, token)
    access = await house.call("GET", f"/people/{ada}/access", token=token)
    assert [reason["cause"] for reason in access["past"]] == ["expired"]


async def test_nobody_is_asked_about_a_moment_of_no_calendar(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    for at in ("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-12:00"):
        path = f"/people/{ada}/access?at={at}"
        problem = await house.call("GET", path, token=token, expect=422)
        assert problem["errors"][0]["pointer"] == "?at"


async def test_each_reason_tells_the_events_behind_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    await house.tier(owner, "Friends", paid=False)
    ada, token = await house.join("ada@example.com", community_id)
    until, order_id = real_now() + timedelta(days=30), random_id()
    await give(house, ada, owner, gold, until)
    await house.hear(order_paid(community_id, ada, gold, order_id), order_id)
    await house.quiet()
    await house.hear(order_refunded(community_id, ada, order_id), order_id)
    await house.service.move_clock(until + timedelta(seconds=1))
    await house.quiet()
    access = await house.call("GET", f"/people/{ada}/access", token=token)

    def behind(kind: str, side: str) -> list[str]:
        (found,) = [one for one in access["live"] + access["past"] if one["kind"] == kind]
        return [event["type"] for event in found[side]]

    assert behind("joined", "begun_by") == ["AccessGranted", "MemberJoined"]
    assert behind("joined", "ended_by") == []
    assert behind("gift", "begun_by") == ["AccessGranted"]
    assert behind("gift", "ended_by") == ["AccessRevoked", "AccessGranted"]
    assert behind("purchase", "begun_by") == ["AccessGranted", "OrderPaid"]
    assert behind("purchase", "ended_by") == ["AccessRevoked", "OrderRefunded"]
    (gift,) = [one for one in access["past"] if one["kind"] == "gift"]
    assert gift["begun_by"][0]["by_account"] is None, "whose account it is is for staff"
    seen = await house.call("GET", f"/people/{ada}/access", token=owner)
    (gift,) = [one for one in seen["past"] if one["kind"] == "gift"]
    assert gift["begun_by"][0]["by_account"] is not None, "who gave it"
    (order,) = [one for one in access["past"] if one["kind"] == "purchase"]
    assert (order["begun_by"][1]["source"], order["begun_by"][1]["subject"]) == (
        "billing",
        str(order_id),
    )


async def test_a_gift_may_be_taken_back(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    gift_id = (await give(house, ada, owner, gold, expect=201))["gift_id"]
    await house.eventually_live(ada, token, ("Gold", "gift"))
    path = f"/people/{ada}/gifts/{gift_id}/withdrawal"
    await house.call("POST", path, {}, token=owner)
    await house.eventually_live(ada, token)
    unknown = f"/people/{ada}/gifts/{random_id()}/withdrawal"
    await house.call("POST", unknown, {}, token=owner, expect=404)


async def test_a_gift_that_makes_no_sense_is_refused(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    past = real_now() - timedelta(days=1)
    problem = await give(house, ada, owner, gold, past, expect=422)
    assert problem["errors"][0]["pointer"] == "/until"
    problem = await give(house, ada, owner, str(random_id()), expect=422)
    assert problem["errors"][0]["pointer"] == "/tier_id"
    await give(house, str(random_id()), owner, gold, expect=404)
    await give(house, ada, token, gold, expect=403)


async def test_what_was_bought_once_lasts_until_its_refund(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    order_id = random_id()
    await house.hear(order_paid(community_id, ada, gold, order_id), order_id)
    await house.eventually_live(ada, token, ("Gold", "purchase"))
    await house.hear(order_refunded(community_id, ada, order_id), order_id)
    await house.eventually_live(ada, token)


async def test_a_refund_that_comes_before_its_order_is_remembered(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    order_id, later = random_id(), random_id()
    await house.hear(order_refunded(community_id, ada, order_id), order_id)

    async def closed() -> int:
        count: int = await house.service.pool.fetchval(
            "SELECT count(*) FROM events WHERE type = 'ReasonClosedEarly'"
        )
        return count

    await eventually(closed)
    await house.hear(order_paid(community_id, ada, gold, order_id), order_id)
    await house.hear(order_paid(community_id, ada, gold, later), later)
    await house.eventually_live(ada, token, ("Gold", "purchase"))
    access = await house.call("GET", f"/people/{ada}/access", token=token)
    assert [reason["reason_id"] for reason in access["live"]] == [str(later)]


def subscribed(
    kind: type[Any], community_id: str, person_id: str, tier_id: str, **more: Any
) -> Any:
    return kind(
        **{
            "community_id": UUID(community_id),
            "occurred_at": real_now(),
            "subscription_id": UUID(int=77),
            "person_id": UUID(person_id),
            "offer_id": UUID(int=78),
            "tier_id": UUID(tier_id),
        }
        | more
    )


async def test_who_has_a_tier_keeps_it_when_it_is_retired_and_nobody_new_gets_it(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    friends = await house.tier(owner, "Friends", paid=False)
    ada, token = await house.join("ada@example.com", community_id)

    async def hear(kind: type[Any], **more: Any) -> None:
        await house.hear(subscribed(kind, community_id, ada, gold, **more))

    has_both = ("Friends", "joined"), ("Gold", "subscription")
    await hear(billing_subscription.TrialStarted, trial_ends_at=real_now())
    await house.eventually_live(ada, token, *has_both)
    for tier_id in (gold, friends):
        await house.call("POST", f"/tiers/{tier_id}/retirement", {}, token=owner)
    await house.quiet()
    assert sorted(await house.live(ada, token)) == sorted(has_both)
    await hear(billing_subscription.SubscriptionSuspended, cause="disputed")
    await house.eventually_live(ada, token, ("Friends", "joined"))
    await hear(billing_subscription.SubscriptionReinstated)
    await house.eventually_live(ada, token, *has_both)
    bob, bobs = await house.join("bob@example.com", community_id, "Bob")
    await house.quiet()
    assert await house.live(bob, bobs) == []
    gift = {"tier_id": gold}
    problem = await house.call("POST", f"/people/{bob}/gifts", gift, token=owner, expect=422)
    assert problem["errors"][0]["code"] == "tier_retired"
    invited = gift | {"email": "cleo@example.com"}
    problem = await house.call("POST", "/invitations", invited, token=owner, expect=422)
    assert problem["errors"][0]["code"] == "tier_retired"
    await house.call("POST", f"/people/{ada}/gifts", gift, token=owner, expect=201)
    await house.eventually_live(ada, token, *has_both, ("Gold", "gift"))


async def test_what_is_withheld_is_had_again_and_nobody_keeps_what_was_refunded(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)

    async def hear(kind: type[Any], **more: Any) -> None:
        await house.hear(subscribed(kind, community_id, ada, gold, **more))

    async def causes(expected: list[str | None]) -> None:
        async def seen() -> list[str | None]:
            access = await house.call("GET", f"/people/{ada}/access", token=token)
            reasons = [*access["past"], *access["live"]]
            return [one["cause"] for one in reasons if one["kind"] == "subscription"]

        await eventually(seen, lambda told: told == expected)

    await hear(billing_subscription.TrialStarted, trial_ends_at=real_now())
    await causes([None])
    await hear(billing_subscription.SubscriptionSuspended, cause="disputed")
    await causes(["suspended"])
    await hear(billing_subscription.SubscriptionReinstated)
    await causes(["suspended", None])
    await hear(billing_subscription.SubscriptionEnded, reason="refunded", was_paying=True)
    await causes(["suspended", "refunded"])
    await hear(billing_subscription.SubscriptionReinstated)
    await causes(["suspended", "refunded"])
