"""What a tier gives is what is set up to be given, and beside it what the organiser wrote."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.contract import MoneyValue
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
    MemberPrice,
    Presale,
)
from tests.integration.membership import test_group
from tests.integration.membership.club import Club, gathered
from tests.integration.membership.house import House, Json
from tests.integration.membership.test_content import published

MUG = {"title": "A mug", "description": "With your name on it."}
CALL = {"title": "A call", "description": None}


@pytest.fixture
async def club(database_url: str, tmp_path: Path) -> AsyncIterator[Club]:
    """With files, without which nothing is published."""
    origin = "http://tessera.test"
    async with gathered(database_url, origin=origin, files_folder=tmp_path / "files") as opened:
        yield opened


async def set_perks(house: House, token: str, tier: str, *perks: Json, **more: Any) -> Json:
    return await house.call(
        "PUT", f"/tiers/{tier}/perks", {"perks": list(perks)}, token=token, **more
    )


async def benefits(house: House, token: str, tier: str) -> list[Json]:
    told = await house.call("GET", f"/tiers/{tier}/benefits", token=token)
    assert told["tier_id"] == tier
    found: list[Json] = told["benefits"]
    return found


async def test_what_a_tier_gives_is_what_is_set_up_and_what_the_organiser_wrote(club: Club) -> None:
    house, gold = club.house, club.gold
    silver = await house.tier(club.owner, "Silver", paid=True)
    assert await benefits(house, club.owner, gold) == []
    await club.connect()
    await published(house, club.owner, audience="tiers", tiers=[gold, silver])
    for hours in (24, 48):
        await published(house, club.owner, early=[{"tier_id": gold, "hours": hours}])
    await set_perks(house, club.owner, gold, MUG, CALL)
    of_gold = [
        {"kind": "chat_role"},
        {"kind": "content", "items": 1},
        {"kind": "early_access", "items": 2, "hours": 48},
        {"kind": "perk"} | MUG,
        {"kind": "perk"} | CALL,
    ]
    assert await benefits(house, club.owner, gold) == of_gold
    assert await benefits(house, club.owner, silver) == [{"kind": "content", "items": 1}]
    page = await house.call("GET", f"/public/communities/{club.community_id}/benefits")
    assert page["items"] == [
        {"tier_id": gold, "benefits": of_gold},
        {"tier_id": silver, "benefits": [{"kind": "content", "items": 1}]},
    ]
    await house.call("POST", "/chat/server/disconnection", {}, token=club.owner)
    await set_perks(house, club.owner, gold, CALL)
    kinds = [benefit["kind"] for benefit in await benefits(house, club.owner, gold)]
    assert kinds == ["content", "early_access", "perk"]
    done = await house.call("POST", f"/tiers/{silver}/retirement", {}, token=club.owner)
    path = f"/public/communities/{club.community_id}/benefits"
    page = await house.call("GET", path, Tessera_Wait_For=done["position"])
    assert [one["tier_id"] for one in page["items"]] == [gold]


async def test_a_way_into_groups_is_a_benefit(database_url: str) -> None:
    async with test_group.gathered(database_url) as circle:
        await circle.open_group()
        found = await benefits(circle.house, circle.owner, circle.gold)
        assert found == [{"kind": "groups", "groups": 1}]


async def test_who_may_write_perks_and_what_they_may_be(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    _, ada = await house.join("ada@example.com", community_id)
    await set_perks(house, ada, gold, MUG, expect=403)
    _, gina = await house.community("gina@example.com", "go")
    await set_perks(house, gina, gold, MUG, expect=404)
    await house.call("GET", f"/tiers/{gold}/benefits", token=gina, expect=404)
    problem = await set_perks(house, owner, gold, MUG, {"title": "A MUG"}, expect=422)
    (error,) = problem["errors"]
    assert (error["code"], error["pointer"]) == ("perk_twice", "/perks/1/title")
    many = [{"title": f"Perk {number}"} for number in range(21)]
    await set_perks(house, owner, gold, *many, expect=422)
    await set_perks(house, owner, gold, {"title": "  "}, expect=422)
    assert await benefits(house, ada, gold) == []
    await set_perks(house, owner, gold, *many[:20])
    assert len(await benefits(house, ada, gold)) == 20
    await house.call("POST", f"/tiers/{gold}/retirement", {}, token=owner)
    await set_perks(house, owner, gold)
    assert await benefits(house, ada, gold) == []


async def test_what_a_tier_gives_of_gatherings_is_a_benefit_while_they_are_to_come(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    silver = await house.tier(owner, "Silver", paid=True)
    community, day = UUID(community_id), timedelta(days=1)
    now, gathering_id = house.service.clock.now(), uuid4()
    published = GatheringPublished(
        community_id=community,
        occurred_at=now,
        gathering_id=gathering_id,
        name="Dinner",
        starts_at=now + day,
        ends_at=now + 2 * day,
        capacity=40,
        price=MoneyValue(minor=1200, currency="EUR"),
        presale=Presale(tiers=(UUID(gold), UUID(silver)), opens_at=now, everybody_at=now + day / 2),
        member_price=MemberPrice(tiers=(UUID(gold),), price=MoneyValue(minor=800, currency="EUR")),
        only_for=(UUID(gold),),
    )
    await house.hear(published)
    await house.hear(published.model_copy(update={"gathering_id": uuid4(), "only_for": ()}))
    await house.hear(
        published.model_copy(update={"gathering_id": uuid4(), "community_id": uuid4()})
    )
    await house.quiet()
    assert await benefits(house, owner, gold) == [
        {"kind": "presale", "gatherings": 2},
        {"kind": "member_price", "gatherings": 2},
        {"kind": "gathering_access", "gatherings": 1},
    ]
    assert await benefits(house, owner, silver) == [{"kind": "presale", "gatherings": 2}]
    moved: Json = {"community_id": community, "occurred_at": now, "gathering_id": gathering_id}
    await house.hear(GatheringRescheduled(**moved, starts_at=now + 3 * day, ends_at=now + 4 * day))
    await house.quiet()
    await house.service.move_clock(now + 3 * day)
    assert await benefits(house, owner, silver) == [{"kind": "presale", "gatherings": 1}]
    await house.hear(GatheringCancelled(**moved))
    await house.quiet()
    assert await benefits(house, owner, gold) == []
