"""One record for each benefit of a person's: since when, by what, and who must act where it is not had."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.billing_order import OrderLine, OrderPaid
from shared.contracts.contract import MoneyValue
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
    MemberPrice,
    Presale,
)
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership import test_group
from tests.integration.membership.club import Club, gathered
from tests.integration.membership.house import House, Json
from tests.integration.membership.test_benefit import CALL, MUG, set_perks
from tests.integration.membership.test_content import published

TEN_EUROS = MoneyValue(minor=1000, currency="EUR")


@pytest.fixture
async def club(database_url: str, tmp_path: Path) -> AsyncIterator[Club]:
    """With files, without which nothing is published."""
    origin = "http://tessera.test"
    async with gathered(database_url, origin=origin, files_folder=tmp_path / "files") as opened:
        yield opened


async def listed(house: House, person: str, token: str, query: str = "") -> list[Json]:
    await house.quiet()
    told = await house.call("GET", f"/people/{person}/benefits{query}", token=token)
    return list(told["items"])


async def states(house: House, person: str, token: str) -> list[tuple[str, str, str | None]]:
    return [(one["kind"], one["state"], one["who"]) for one in await listed(house, person, token)]


async def give(house: House, person: str, tier: str, owner: str, **more: Any) -> str:
    gift = await house.call(
        "POST", f"/people/{person}/gifts", {"tier_id": tier} | more, token=owner
    )
    return f"/people/{person}/gifts/{gift['gift_id']}/withdrawal"


async def test_one_person_is_seen_with_all_they_have_or_wait_for(club: Club) -> None:
    house, owner = club.house, club.owner
    await club.connect()
    await set_perks(house, owner, club.gold, MUG)
    content = await published(house, owner, audience="tiers", tiers=[club.gold])
    ada = await club.join()
    assert await listed(house, ada.person_id, ada.token) == []
    await ada.pay()
    await ada.wants(club.roles[0])
    role, item, mug = await listed(house, ada.person_id, ada.token)
    assert (role["kind"], role["subject"], role["state"], role["who"]) == (
        "chat_role", club.roles[0], "waiting", "member",
    )  # fmt: skip
    assert "Link a Discord account" in role["detail"]
    assert {item["kind"], mug["kind"]} == {"content", "perk"}
    assert {item["name"], mug["name"]} == {"How to lose well", "A mug"}
    assert content in (item["subject"], mug["subject"])
    (by,) = mug["by"]
    assert (by["tier"], by["kind"], by["reason_id"]) == (
        "Gold", "subscription", str(ada.subscription),
    )  # fmt: skip
    await ada.link(expect=201)
    await ada.holds(club.roles[0])
    assert [state for _, state, _ in await states(house, ada.person_id, owner)] == ["given"] * 3
    await ada.stop()
    await ada.holds()
    over = await listed(house, ada.person_id, ada.token)
    assert [(one["state"], one["cause"]) for one in over] == [("ended", "ended")] * 3
    assert all(one["ended_at"] for one in over)


async def test_a_role_that_is_stuck_says_who_must_act(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.link(expect=201)
    await ada.pay()
    await ada.is_stuck("member", "not_on_server")
    (role,) = await listed(club.house, ada.person_id, club.owner, "?filter[state]=waiting")
    assert (role["who"], role["kind"]) == ("member", "chat_role")
    assert "link the account again" in role["detail"]


async def test_of_two_tiers_that_give_the_same_one_may_be_lost(club: Club) -> None:
    house, owner = club.house, club.owner
    silver = await house.tier(owner, "Silver", paid=True)
    roles = [{"tier_id": tier, "role_id": club.roles[0]} for tier in (club.gold, silver)]
    await club.connect(roles=roles)
    ada = await club.join()
    await ada.link(expect=201)
    club.guild.members[ada.user] = set()
    gold_gone = await give(house, ada.person_id, club.gold, owner)
    silver_gone = await give(house, ada.person_id, silver, owner)
    await ada.holds(club.roles[0])
    (one,) = await listed(house, ada.person_id, owner)
    assert [by["tier"] for by in one["by"]] == ["Gold", "Silver"]
    await house.call("POST", gold_gone, token=owner)
    (still,) = await listed(house, ada.person_id, owner)
    assert (still["state"], still["since"]) == ("given", one["since"])
    assert [by["tier"] for by in still["by"]] == ["Silver"]
    await house.call("POST", silver_gone, token=owner)
    await ada.holds()
    (gone,) = await listed(house, ada.person_id, owner)
    assert (gone["state"], gone["cause"], gone["since"]) == ("ended", "withdrawn", one["since"])


async def test_what_a_tier_gave_then_is_told_whatever_it_gives_now(club: Club) -> None:
    house, owner = club.house, club.owner
    ada = await club.join()
    await set_perks(house, owner, club.gold, MUG)
    await give(house, ada.person_id, club.gold, owner)
    await set_perks(house, owner, club.gold, CALL)
    call, mug = await listed(house, ada.person_id, owner)
    assert (call["name"], call["state"]) == ("A call", "given")
    assert (mug["name"], mug["state"], mug["cause"]) == ("A mug", "ended", "set_up_anew")
    assert mug["ended_at"] == call["since"]
    await club.connect()
    await house.call("POST", "/chat/server/disconnection", {}, token=owner)
    (role,) = await listed(house, ada.person_id, owner, "?filter[kind]=chat_role")
    assert (role["state"], role["cause"]) == ("ended", "set_up_anew")
    bob = await club.join("bob@example.com")
    await give(house, bob.person_id, club.gold, owner)
    assert [one["name"] for one in await listed(house, bob.person_id, owner)] == ["A call"]


async def test_a_group_waits_for_a_number_and_its_end_for_the_owner(database_url: str) -> None:
    async with test_group.gathered(database_url) as circle:
        house = circle.house
        group_id = await circle.open_group()
        ada = await circle.join()
        await ada.pay()
        await house.eventually_live(ada.person_id, ada.token, ("Gold", "subscription"))
        (group,) = await listed(house, ada.person_id, ada.token)
        assert (group["kind"], group["subject"], group["name"]) == ("group", group_id, "Débutants")
        assert (group["state"], group["who"]) == ("waiting", "member")
        await circle.give(ada)
        await circle.report(await circle.message(), "delivered")
        assert await states(house, ada.person_id, ada.token) == [("group", "given", None)]
        await ada.stop()
        await house.eventually(circle.tasks, [("removal", "owner", "Ada", test_group.PLAIN)])
        (group,) = await listed(house, ada.person_id, circle.owner)
        assert (group["state"], group["who"], group["cause"]) == ("ending", "owner", "ended")
        assert "take them out" in group["detail"]
        path = f"/people/{ada.person_id}/groups/{group_id}/removal"
        await house.call("POST", path, {}, token=circle.owner)
        assert await states(house, ada.person_id, ada.token) == [("group", "ended", None)]


async def test_content_is_one_benefit_by_a_tier_and_by_being_bought(club: Club) -> None:
    house, owner = club.house, club.owner
    ada = await club.join()
    content = await published(house, owner, audience="tiers", tiers=[club.gold])
    withdrawal = await give(house, ada.person_id, club.gold, owner)
    line = OrderLine(
        kind="offer", amount=TEN_EUROS, offer_id=random_id(), quantity=1, content_id=UUID(content)
    )
    paid = OrderPaid(
        community_id=UUID(club.community_id), occurred_at=house.service.clock.now(),
        order_id=random_id(), checkout_id=random_id(), payment_id=random_id(),
        person_id=UUID(ada.person_id), total=TEN_EUROS, lines=(line,),
    )  # fmt: skip
    await house.hear(paid, paid.order_id)
    await house.quiet()
    (item,) = await listed(house, ada.person_id, owner)
    assert [(by["kind"], by["tier"]) for by in item["by"]] == [("gift", "Gold"), ("purchase", None)]
    await house.call("POST", withdrawal, token=owner)
    (item,) = await listed(house, ada.person_id, owner)
    assert (item["state"], [by["kind"] for by in item["by"]]) == ("given", ["purchase"])
    await house.call("POST", f"/content/{content}/withdrawal", token=owner)
    (item,) = await listed(house, ada.person_id, owner)
    assert (item["state"], item["who"]) == ("waiting", "owner")
    await house.call("POST", f"/content/{content}/publication", {}, token=owner)
    assert await states(house, ada.person_id, owner) == [("content", "given", None)]


async def test_content_that_opens_later_is_waited_for_and_early_access_ends_by_itself(
    club: Club,
) -> None:
    house, owner, day = club.house, club.owner, timedelta(days=1)
    ada = await club.join()
    await give(house, ada.person_id, club.gold, owner)
    now = house.service.clock.now()
    later = await published(house, owner, now + 9 * day, audience="tiers", tiers=[club.gold])
    early = [{"tier_id": club.gold, "hours": 48}]
    await published(house, owner, now + day, early=early)
    first, second = await listed(house, ada.person_id, owner)
    assert (first["subject"], first["state"], first["who"]) == (later, "waiting", None)
    assert (second["kind"], second["state"]) == ("early_access", "given")
    await house.service.move_clock(now + 2 * day)
    owner = await house.token("olga@example.com", club.community_id)
    _, second = await listed(house, ada.person_id, owner)
    assert (second["state"], second["cause"]) == ("ended", "over")


async def test_what_a_gathering_gives_ends_with_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, _ = await house.join("ada@example.com", community_id)
    await give(house, ada, gold, owner)
    await house.quiet()
    day, now = timedelta(days=1), house.service.clock.now()
    told = GatheringPublished(
        community_id=UUID(community_id),
        occurred_at=now,
        gathering_id=uuid4(),
        name="Dinner",
        starts_at=now + 4 * day,
        ends_at=now + 5 * day,
        capacity=40,
        price=TEN_EUROS,
        presale=Presale(tiers=(UUID(gold),), opens_at=now + day, everybody_at=now + 2 * day),
        member_price=MemberPrice(tiers=(UUID(gold),), price=TEN_EUROS),
    )
    other = told.model_copy(update={"gathering_id": uuid4(), "presale": None})
    for one in (told, other):
        await house.hear(one, one.gathering_id)

    async def seen() -> list[tuple[str, str, str | None]]:
        found = await listed(house, ada, owner)
        return sorted((one["kind"], one["state"], one["cause"]) for one in found)

    given, price = ("given", None), "member_price"
    assert await seen() == [(price, *given), (price, *given), ("presale", "waiting", None)]
    about: Json = {"community_id": UUID(community_id), "occurred_at": now}
    moved = GatheringRescheduled(
        **about, gathering_id=told.gathering_id, starts_at=now, ends_at=now + 9 * day
    )
    await house.hear(moved, moved.gathering_id)
    cancelled = GatheringCancelled(**about, gathering_id=other.gathering_id)
    await house.hear(
        cancelled.model_copy(update={"occurred_at": house.service.clock.now()}),
        other.gathering_id,
    )
    await eventually(seen, lambda found: (price, "ended", "cancelled") in found)
    await house.service.move_clock(now + 6 * day)
    owner = await house.token("olga@example.com", community_id)
    assert await seen() == [
        (price, "ended", "cancelled"),
        (price, *given),
        ("presale", "ended", "over"),
    ]


async def test_benefits_are_seen_by_their_person_and_their_staff_alone(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    await set_perks(house, owner, gold, MUG, CALL)
    ada, token = await house.join("ada@example.com", community_id)
    _, bob = await house.join("bob@example.com", community_id)
    await give(house, ada, gold, owner)
    path = f"/people/{ada}/benefits"
    assert await listed(house, ada, token) == await listed(house, ada, owner)
    page = await house.call("GET", f"{path}?limit=1", token=token)
    rest = await house.call("GET", f"{path}?limit=1&after={page['next']}", token=token)
    assert {page["items"][0]["name"], rest["items"][0]["name"]} == {"A mug", "A call"}
    assert rest["next"] is None
    await house.call("GET", f"{path}?filter[tier]=gold", token=token, expect=422)
    await house.call("GET", path, token=bob, expect=403)
    await house.call("GET", path, expect=401)
    await house.call("GET", f"/people/{random_id()}/benefits", token=owner, expect=404)
    _, stranger = await house.community("zoe@example.com", "draughts")
    await house.call("GET", path, token=stranger, expect=404)


async def test_who_is_banned_or_has_left_has_none_and_is_told_why(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    free = await house.tier(owner, "Friends", paid=False)
    await set_perks(house, owner, free, MUG)
    ada, token = await house.join("ada@example.com", community_id)
    bob, _ = await house.join("bob@example.com", community_id, "Bob")
    assert await states(house, ada, token) == [("perk", "given", None)]
    await house.call("POST", "/me/departure", token=token)
    await house.call("POST", f"/people/{bob}/ban", {}, token=owner)
    for person, cause in ((ada, "left"), (bob, "banned")):
        (one,) = await listed(house, person, owner)
        assert (one["state"], one["cause"]) == ("ended", cause)
