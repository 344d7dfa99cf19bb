"""The story of a community, as far as membership tells it."""

from datetime import timedelta
from uuid import UUID

from shared.clock import real_now
from shared.contracts import (
    analytics_privacy,
    billing_message,
    billing_privacy,
    events_privacy,
)
from shared.contracts.billing_subscription import (
    SubscriptionActivated,
    SubscriptionChanged,
    SubscriptionEnded,
    SubscriptionPaused,
    SubscriptionPlan,
    SubscriptionResumed,
)
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import House, Json


async def test_an_organiser_opens_a_community_and_the_next_call_works(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    await house.tier(owner, "Gold", paid=True)
    page = await house.call("GET", "/public/communities/chess")
    assert page["community_id"] == community_id
    assert page["name"] == "Chess Club"
    assert [(tier["name"], tier["paid"]) for tier in page["tiers"]] == [
        ("Everybody", False),
        ("Gold", True),
    ]
    own = await house.call("GET", f"/communities/{community_id}", token=owner)
    assert own == page


async def test_who_joins_and_pays_gets_in_and_out_again(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    await house.eventually_live(ada, token, ("Everybody", "joined"))
    subscription = random_id()
    told: Json = {
        "community_id": UUID(community_id),
        "occurred_at": real_now(),
        "subscription_id": subscription,
        "person_id": UUID(ada),
        "offer_id": random_id(),
        "tier_id": UUID(gold),
    }
    activated = SubscriptionActivated(
        **told,
        price=MoneyValue(minor=1000, currency="EUR"),
        interval="month",
        quantity=1,
        period_start=real_now(),
        period_end=real_now() + timedelta(days=30),
    )
    await house.hear(activated, subscription)
    await house.eventually_live(ada, token, ("Everybody", "joined"), ("Gold", "subscription"))
    between = real_now()
    ended = SubscriptionEnded(**told, reason="voluntary", was_paying=True)
    await house.hear(ended, subscription)
    await house.eventually_live(ada, token, ("Everybody", "joined"))
    now = await house.call("GET", f"/people/{ada}/access", token=token)
    assert [(reason["tier"], reason["cause"]) for reason in now["past"]] == [("Gold", "ended")]
    then = await house.client.get(
        f"http://tessera.test/api/membership/v1/people/{ada}/access",
        params={"at": between.isoformat()},
        headers={"Authorization": f"Bearer {owner}"},
    )
    assert [reason["tier"] for reason in then.json()["live"]] == ["Everybody", "Gold"]


async def test_me_is_who_the_token_speaks_of(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id, name="Ada Lovelace")
    me = await house.call("GET", "/me", token=token)
    assert (me["person_id"], me["name"], me["email"]) == (ada, "Ada Lovelace", "ada@example.com")
    assert me["standing"] == "joined"
    organiser = await house.call("GET", "/me", token=owner)
    assert organiser["roles"] == ["owner"]
    assert organiser["person_id"] is None
    signed_in = await house.call("GET", "/me", token=await house.token("ada@example.com"))
    assert signed_in["account_id"] == me["account_id"]
    assert signed_in["community_id"] is None


async def test_what_another_service_asks_for_is_told_once_in_the_person_s_language(
    house: House,
) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    requested = billing_message.MessageRequested(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        person_id=UUID(ada),
        template="ticket_bought",
        values={"gathering": "Blitz", "seats": 1, "amount": MoneyValue(minor=500, currency="EUR")},
        link="/tickets/7",
    )
    before = len(house.mailbox.to("ada@example.com"))
    await house.hear(requested)

    async def told() -> list[tuple[str, str | None]]:
        messages = await house.call("GET", f"/people/{ada}/messages", token=token)
        return [(message["template"], message["not_sent"]) for message in messages["items"]]

    assert await eventually(told) == [("ticket_bought", None)]
    (letter,) = house.mailbox.to("ada@example.com")[before:]
    assert (letter.sender, letter.language) == ("Chess Club", "fr")
    assert letter.link == "http://127.0.0.1:8080/tickets/7"


async def test_a_person_is_erased_when_every_service_has_confirmed(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    ada, token = await house.join("ada@example.com", community_id, name="Ada Lovelace")
    await house.eventually_live(ada, token, ("Everybody", "joined"))
    await house.call("POST", f"/people/{ada}/erasure", token=token, expect=202)

    async def waiting_for() -> list[str]:
        erasure = await house.call("GET", f"/erasures/{ada}", token=owner)
        return list(erasure["waiting_for"])

    await eventually(waiting_for, lambda left: left == ["analytics", "billing", "events"])
    await house.eventually_live(ada, owner)
    told: Json = {
        "community_id": UUID(community_id),
        "occurred_at": real_now(),
        "person_id": UUID(ada),
    }
    await house.hear(billing_privacy.PersonForgotten(**told))
    await house.hear(events_privacy.PersonForgotten(**told))
    await house.hear(analytics_privacy.PersonForgotten(**told))
    await eventually(waiting_for, lambda left: left == [])
    members = await house.call("GET", "/members", token=owner)
    assert members["items"] == []
    again, _ = await house.join("ada@example.com", community_id)
    assert again != ada
    rows = await house.service.pool.fetch(
        "SELECT data::text || meta::text AS stored FROM events UNION ALL"
        " SELECT row_to_json(m)::text FROM members_v1 m UNION ALL"
        " SELECT row_to_json(a)::text FROM agenda a UNION ALL"
        " SELECT row_to_json(i)::text FROM inbox i"
    )
    assert rows
    assert not [row for row in rows if "Lovelace" in row["stored"] or "ada@" in row["stored"]]


async def test_another_tier_opens_before_the_old_one_closes_and_a_pause_closes_both(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    platinum = await house.tier(owner, "Platinum", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    subscription, offer = random_id(), random_id()
    price = MoneyValue(minor=1000, currency="EUR")

    def about(tier: str) -> Json:
        return {
            "community_id": UUID(community_id),
            "occurred_at": real_now(),
            "subscription_id": subscription,
            "person_id": UUID(ada),
            "offer_id": offer,
            "tier_id": UUID(tier),
        }

    def changed(before: str, after: str) -> SubscriptionChanged:
        plans = (
            SubscriptionPlan(
                offer_id=offer,
                tier_id=UUID(tier),
                price=price,
                interval="month",
                every=1,
                quantity=1,
                recurring=price,
            )
            for tier in (before, after)
        )
        return SubscriptionChanged(
            **about(after), before=next(plans), after=next(plans), charged=price
        )

    activated = SubscriptionActivated(
        **about(gold),
        price=price,
        interval="month",
        quantity=1,
        period_start=real_now(),
        period_end=real_now() + timedelta(days=30),
    )
    await house.hear(activated, subscription)
    await house.hear(changed(gold, platinum), subscription)
    await house.eventually_live(ada, token, ("Platinum", "subscription"))
    await house.hear(changed(platinum, gold), subscription)
    await house.eventually_live(ada, token, ("Gold", "subscription"))
    seen = await house.call("GET", f"/people/{ada}/access", token=token)
    assert [(past["tier"], past["cause"]) for past in seen["past"]] == [
        ("Gold", "changed"),
        ("Platinum", "changed"),
    ]
    resumes_at = real_now() + timedelta(days=30)
    await house.hear(SubscriptionPaused(**about(gold), resumes_at=resumes_at), subscription)
    await house.eventually_live(ada, token)
    going_on = SubscriptionResumed(**about(gold), recurring=price, period_end=resumes_at)
    await house.hear(going_on, subscription)
    await house.eventually_live(ada, token, ("Gold", "subscription"))
    ended = SubscriptionEnded(**about(gold), reason="voluntary", was_paying=True)
    await house.hear(ended, subscription)
    await house.hear(changed(gold, platinum), subscription)
    await house.eventually_live(ada, token)
