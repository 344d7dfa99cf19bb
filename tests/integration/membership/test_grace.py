"""Access lasts, after what it was for is over, for the days that the community gives; a ban has days of its own."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.clock import real_now
from shared.contracts.billing_order import OrderLine, OrderPaid, OrderRefunded
from shared.contracts.billing_subscription import (
    SubscriptionEnded,
    SubscriptionSuspended,
)
from shared.contracts.contract import MoneyValue
from shared.ids import random_id
from tests.integration.membership.club import Club, Payer
from tests.integration.membership.house import House, Json

NONE = {"end_days": 0, "refund_days": 0, "dispute_days": 0, "ban_days": 0}
ten_euros = MoneyValue(minor=1000, currency="EUR")


async def gives(house: House, token: str, **days: int) -> None:
    await house.call("PUT", "/access/grace", days, token=token)


async def payer(house: House, community_id: str, gold: str, email: str) -> Payer:
    person_id, token = await house.join(email, community_id)
    return Payer(house, community_id, gold, person_id, token, random_id(), random_id())


async def subscribed(house: House, **days: int) -> tuple[Payer, str]:
    """Ada, who has Gold by a subscription where this grace is given; and the owner's token."""
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    await gives(house, owner, **days)
    ada = await payer(house, community_id, gold, "ada@example.com")
    await ada.pay()
    await house.eventually_live(ada.person_id, owner, ("Gold", "subscription"))
    return ada, owner


async def ends(ada: Payer, reason: Any = "voluntary") -> None:
    about: dict[str, Any] = {
        "community_id": UUID(ada.community_id),
        "occurred_at": real_now(),
        "subscription_id": ada.subscription,
        "person_id": UUID(ada.person_id),
        "offer_id": ada.offer,
        "tier_id": UUID(ada.tier),
    }
    ended = SubscriptionEnded(**about, reason=reason, was_paying=True)
    await ada.house.hear(ended, ada.subscription)
    await ada.house.quiet()


async def access(ada: Payer, token: str | None = None) -> Json:
    return await ada.house.call("GET", f"/people/{ada.person_id}/access", token=token or ada.token)


async def days_later(house: House, days: int) -> None:
    """A little later than so many days after now."""
    await house.service.move_clock(real_now() + timedelta(days=days, minutes=5))
    await house.quiet()


async def test_a_community_says_how_long_access_lasts(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, other = await house.community("gina@example.com", "go")
    _, member = await house.join("ada@example.com", community_id)
    path, kind = "/access/grace", NONE | {"end_days": 14, "ban_days": 90}
    assert await house.call("GET", path, token=member) == NONE
    would = await house.call("PUT", f"{path}?dry_run=true", kind, token=owner)
    assert [event["type"] for event in would["would"]["events"]] == ["GraceSet"]
    assert await house.call("GET", path, token=member) == NONE
    await house.call("PUT", path, kind, token=member, expect=403)
    for days in (-1, 91):
        problem = await house.call("PUT", path, {"refund_days": days}, token=owner, expect=422)
        assert problem["errors"][0]["pointer"] == "/refund_days"
    await house.call("PUT", path, kind, token=owner)
    assert await house.call("GET", path, token=member) == kind
    assert await house.call("GET", path, token=other) == NONE


async def test_access_lasts_for_its_grace_and_says_why(house: House) -> None:
    ada, owner = await subscribed(house, end_days=14)
    before = real_now()
    await ends(ada)
    (lasts,) = (await access(ada))["live"]
    assert (lasts["cause"], lasts["ended_at"]) == ("ended", None)
    until = datetime.fromisoformat(lasts["until"])
    assert before <= until - timedelta(days=14) <= real_now()
    (reason,) = (await house.call("GET", "/me", token=ada.token))["access"]
    assert datetime.fromisoformat(reason["until"]) == until
    assert (reason["tier"], reason["cause"]) == ("Gold", "ended")
    await house.service.move_clock(until - timedelta(minutes=5))
    await house.quiet()
    assert await house.live(ada.person_id, owner) == [("Gold", "subscription")]
    await days_later(house, 14)
    (over,) = (await access(ada))["past"]
    assert (over["cause"], over["ended_at"] is not None) == ("ended", True)
    led = [event["type"] for event in over["ended_by"]]
    assert led == ["AccessRevoked", "ReasonInGrace", "SubscriptionEnded"]


@pytest.mark.parametrize(
    ("reason", "days"),
    [("voluntary", 4), ("refunded", 2), ("disputed", 3), ("payment_failed", 0), ("migrated", 0)],
)
async def test_each_end_has_the_grace_that_it_is_given(
    house: House, reason: str, days: int
) -> None:
    ada, owner = await subscribed(house, end_days=4, refund_days=2, dispute_days=3)
    await ends(ada, reason)
    for day in range(1, days + 1):
        assert await house.live(ada.person_id, owner) == [("Gold", "subscription")]
        await days_later(house, day)
    assert await house.live(ada.person_id, owner) == []


async def test_where_no_grace_is_given_access_ends_at_once(house: House) -> None:
    ada, owner = await subscribed(house)
    await ends(ada)
    assert await house.live(ada.person_id, owner) == []


async def test_what_a_bank_is_asked_about_is_withheld_whatever_the_grace(house: House) -> None:
    ada, owner = await subscribed(house, dispute_days=30)
    suspended = SubscriptionSuspended(
        community_id=UUID(ada.community_id),
        occurred_at=real_now(),
        subscription_id=ada.subscription,
        person_id=UUID(ada.person_id),
        offer_id=ada.offer,
        tier_id=UUID(ada.tier),
        cause="disputed",
    )
    await house.hear(suspended, ada.subscription)
    await house.eventually_live(ada.person_id, owner)
    await ends(ada, "disputed")
    assert await house.live(ada.person_id, owner) == []


async def test_who_comes_back_in_the_grace_is_never_out(house: House) -> None:
    ada, owner = await subscribed(house, end_days=14)
    await ends(ada)
    again = Payer(
        house, ada.community_id, ada.tier, ada.person_id, ada.token, random_id(), random_id()
    )
    await again.pay()
    await house.eventually_live(ada.person_id, owner, *[("Gold", "subscription")] * 2)
    await days_later(house, 14)
    assert await house.live(ada.person_id, owner) == [("Gold", "subscription")]
    lost = "SELECT data FROM events WHERE type = 'AccessRevoked'"
    (revoked,) = await house.service.pool.fetch(lost)
    assert json.loads(revoked["data"])["last"] is False
    (lives,) = (await access(ada))["live"]
    assert (lives["reason_id"], lives["until"]) == (str(again.subscription), None)


@pytest.mark.parametrize(("reason", "days"), [("requested", 2), ("disputed", 3), ("duplicate", 0)])
async def test_what_was_bought_lasts_for_the_grace_of_its_refund(
    house: House, reason: Any, days: int
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    await gives(house, owner, end_days=9, refund_days=2, dispute_days=3)
    ada = await payer(house, community_id, gold, "ada@example.com")
    order_id, content_id = random_id(), random_id()
    about: dict[str, Any] = {
        "community_id": UUID(community_id),
        "order_id": order_id,
        "person_id": UUID(ada.person_id),
        "total": ten_euros,
    }
    line = OrderLine(
        kind="offer",
        amount=ten_euros,
        offer_id=random_id(),
        tier_id=UUID(gold),
        content_id=content_id,
    )
    paid = OrderPaid(
        **about,
        occurred_at=real_now(),
        checkout_id=random_id(),
        payment_id=random_id(),
        lines=(line,),
    )
    await house.hear(paid, order_id)
    await house.eventually_live(ada.person_id, owner, ("Gold", "purchase"))
    await house.hear(OrderRefunded(**about, occurred_at=real_now(), reason=reason), order_id)
    await house.quiet()
    for day in range(1, days + 1):
        told = await access(ada)
        (tier,), (content,) = told["live"], told["bought"]
        assert (content["cause"], content["ended_at"]) == ("refunded", None)
        assert content["until"] == tier["until"] is not None
        await days_later(house, day)
    told = await access(ada)
    assert told["live"] == []
    assert told["bought"][0]["ended_at"] is not None


async def test_the_chat_role_follows_the_grace(club: Club) -> None:
    await club.connect()
    await gives(club.house, club.owner, end_days=14)
    ada = await club.join()
    await ada.link(expect=201)
    club.guild.members[ada.user] = set()
    await ada.pay()
    await ada.holds(club.roles[0])
    await ada.stop()
    await club.house.quiet()
    await ada.holds(club.roles[0])
    await days_later(club.house, 14)
    await ada.holds()


async def bans(ada: Payer, owner: str) -> None:
    await ada.house.call("POST", f"/people/{ada.person_id}/ban", {}, token=owner)
    await ada.house.quiet()


async def test_no_grace_outlasts_a_ban_that_has_none(house: House) -> None:
    ada, owner = await subscribed(house, end_days=14)
    await ends(ada)
    assert await house.live(ada.person_id, owner) == [("Gold", "subscription")]
    await bans(ada, owner)
    (over,) = (await access(ada, owner))["past"]
    assert over["cause"] == "banned"


async def test_what_was_open_lasts_for_the_grace_of_a_ban_and_nothing_begins(club: Club) -> None:
    house = club.house
    await club.connect()
    await gives(house, club.owner, ban_days=3, end_days=30)
    ada = await club.join()
    await ada.link(expect=201)
    club.guild.members[ada.user] = set()
    await ada.pay()
    await ada.holds(club.roles[0])
    what = {"tier_id": club.gold}
    path = f"/people/{ada.person_id}/gifts"
    await house.call("POST", path, what, token=club.owner, expect=201)
    before = real_now()
    await bans(ada, club.owner)
    problem = await house.call("POST", path, what, token=club.owner, expect=409)
    assert problem["errors"][0]["code"] == "person_barred"
    await house.call(
        "POST",
        "/me/departure",
        token=await house.token("ada@example.com", club.community_id),
        expect=403,
    )
    await ends(ada, "banned")
    told = await access(ada, club.owner)
    assert sorted(one["kind"] for one in told["live"]) == ["gift", "subscription"]
    closes_at = datetime.fromisoformat(told["closes_at"])
    assert before <= closes_at - timedelta(days=3) <= real_now()
    assert club.guild.members[ada.user] == {club.roles[0]}
    await days_later(house, 3)
    told = await access(ada, club.owner)
    assert (told["live"], told["closes_at"]) == ([], None)
    (gift,) = [one for one in told["past"] if one["kind"] == "gift"]
    led = [event["type"] for event in gift["ended_by"]]
    assert led == ["AccessRevoked", "BarForetold", "MemberBanned"]
    assert ada.user not in club.guild.members, "who is banned is kicked, when the grace is over"


async def test_a_ban_that_is_lifted_in_its_grace_ends_nothing_that_was_bought(club: Club) -> None:
    house = club.house
    await house.tier(club.owner, "Everybody", paid=False)
    await club.connect()
    await gives(house, club.owner, ban_days=3)
    ada = await club.join()
    await ada.link(expect=201)
    club.guild.members[ada.user] = set()
    await ada.pay()
    await ada.holds(club.roles[0])
    await bans(ada, club.owner)
    await house.call("DELETE", f"/people/{ada.person_id}/ban", token=club.owner)
    await house.quiet()
    assert await house.live(ada.person_id, club.owner) == [("Gold", "subscription")]
    await days_later(house, 3)
    told = await access(ada, club.owner)
    assert [one["kind"] for one in told["live"]] == ["subscription"]
    assert told["closes_at"] is None
    assert club.guild.members[ada.user] == {club.roles[0]}


async def test_what_is_paid_for_still_opens_again_once_a_ban_is_lifted(club: Club) -> None:
    """Billing's policy let Ada's run on; Bob's ended while he was shut out."""
    house = club.house
    await house.tier(club.owner, "Everybody", paid=False)
    ada, bob = await club.join(), await club.join("bob@example.com")
    for one in (ada, bob):
        await one.pay()
        await house.quiet()
        assert await house.live(one.person_id, club.owner) != []
        await bans(one, club.owner)
        assert await house.live(one.person_id, club.owner) == []
    await bob.stop()
    await house.quiet()
    for one in (ada, bob):
        await house.call("DELETE", f"/people/{one.person_id}/ban", token=club.owner)
    await house.quiet()
    assert await house.live(ada.person_id, club.owner) == [("Gold", "subscription")]
    assert await house.live(bob.person_id, club.owner) == []
    await ada.stop()
    await house.quiet()
    assert await house.live(ada.person_id, club.owner) == []


async def test_who_is_let_in_again_after_a_kick_has_the_role_of_what_they_pay_then(
    club: Club,
) -> None:
    await club.connect()
    ada = await club.join()
    await ada.link(expect=201)
    club.guild.members[ada.user] = set()
    await ada.pay()
    await ada.holds(club.roles[0])
    await bans(ada, club.owner)
    assert ada.user not in club.guild.members
    await club.house.call("DELETE", f"/people/{ada.person_id}/ban", token=club.owner)
    await club.house.join("ada@example.com", club.community_id)
    again = replace(ada, subscription=random_id())
    await again.pay()
    await again.wants(club.roles[0])
    await again.link()
    await again.holds(club.roles[0])


def letters(house: House, *templates: str) -> list[Any]:
    return [one for one in house.mailbox.to("ada@example.com") if one.template in templates]


async def test_who_goes_on_by_the_grace_is_told_until_when_and_what_to_do(house: House) -> None:
    ada, _ = await subscribed(house, end_days=14)
    await ends(ada)
    (letter,) = letters(house, "access_lasts")
    (lasts,) = (await access(ada))["live"]
    assert letter.values == {
        "tiers": "Gold",
        "until": datetime.fromisoformat(lasts["until"]),
    }
    assert str(letter.link).endswith(f"/communities/{ada.community_id}/offers")
    await days_later(house, 15)
    assert len(letters(house, "access_lasts", "access_ends")) == 1


@pytest.mark.parametrize("reason", ["migrated", "payment_failed"])
async def test_who_has_no_grace_is_told_of_none(house: House, reason: str) -> None:
    ada, _ = await subscribed(house, end_days=14)
    await ends(ada, reason)
    assert letters(house, "access_lasts") == []


async def test_who_has_something_else_that_keeps_it_open_is_told_nothing(house: House) -> None:
    ada, owner = await subscribed(house, end_days=14)
    gift = {"tier_id": ada.tier}
    path = f"/people/{ada.person_id}/gifts"
    await house.call("POST", path, gift, token=owner, expect=201)
    await house.quiet()
    await ends(ada)
    assert letters(house, "access_lasts") == []


async def test_who_is_shut_out_with_a_grace_is_told_when_it_closes(house: House) -> None:
    ada, owner = await subscribed(house, ban_days=3, end_days=30)
    await bans(ada, owner)
    (letter,) = letters(house, "access_lasts_barred")
    assert letter.values["tiers"] == "Gold"
    assert letter.link is None
    await ends(ada, "banned")
    assert letters(house, "access_lasts") == []


async def test_what_was_given_for_a_time_is_told_of_a_week_before_it_ends(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada = await payer(house, community_id, gold, "ada@example.com")
    gift = {"tier_id": gold, "until": (real_now() + timedelta(days=30)).isoformat()}
    path = f"/people/{ada.person_id}/gifts"
    await house.call("POST", path, gift, token=owner, expect=201)
    await days_later(house, 22)
    assert letters(house, "access_ends") == []
    await days_later(house, 23)
    (letter,) = letters(house, "access_ends")
    assert letter.values["tiers"] == "Gold"
    await days_later(house, 31)
    assert await house.live(ada.person_id, owner) == []
    assert len(letters(house, "access_ends")) == 1


async def test_what_was_given_and_is_paid_for_by_then_is_told_of_no_more(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada = await payer(house, community_id, gold, "ada@example.com")
    gift = {"tier_id": gold, "until": (real_now() + timedelta(days=30)).isoformat()}
    path = f"/people/{ada.person_id}/gifts"
    await house.call("POST", path, gift, token=owner, expect=201)
    await ada.pay()
    await house.quiet()
    await days_later(house, 31)
    assert letters(house, "access_ends") == []
    assert await house.live(ada.person_id, owner) == [("Gold", "subscription")]
