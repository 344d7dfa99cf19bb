"""A person's whole state in one call, and what they are told to do next."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.clock import real_now
from shared.command_handler import CommandHandler
from shared.decider import Decider
from shared.ids import random_id
from tests.integration.membership.club import Club
from tests.integration.membership.house import House, Json


async def state(house: House, person_id: str, token: str) -> Json:
    return await house.call("GET", f"/people/{person_id}/state", token=token)


def steps(seen: Json) -> list[str]:
    """But for the goal, which everybody is asked for who has told none yet."""
    return [step["step"] for step in seen["next"] if step["step"] != "tell_goal"]


async def test_a_member_is_led_from_joining_to_having_it_all(club: Club) -> None:
    house = club.house
    await club.connect()
    ada = await club.join()
    seen = await state(house, ada.person_id, ada.token)
    assert (seen["standing"], seen["tiers"], steps(seen)) == ("joined", [], ["choose_offer"])
    terms = {"kind": "terms", "url": "https://chess.example/terms", "sha256": "0" * 64}
    await house.call("POST", "/documents", terms, token=club.owner, expect=201)
    await ada.pay()
    await ada.wants(club.roles[0])
    seen = await state(house, ada.person_id, ada.token)
    assert steps(seen) == ["accept_document", "link_chat"]
    assert [(tier["tier"], len(tier["reasons"])) for tier in seen["tiers"]] == [("Gold", 1)]
    agree = seen["next"][0]["call"]
    path = agree["path"].removeprefix("/api/membership/v1")
    await house.call(agree["method"], path, agree["body"], token=ada.token)
    await ada.link(expect=201)
    await ada.holds(club.roles[0])
    seen = await state(house, ada.person_id, ada.token)
    assert (steps(seen), seen["chat"]["linked"]) == ([], True)
    assert seen["chat"]["roles"] == seen["chat"]["wanted"] == [club.roles[0]]


async def test_a_way_in_and_a_chat_seat_are_read_once(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    await club.connect()
    ada = await club.join()
    read: Counter[str] = Counter()
    state_of = CommandHandler.state

    async def counted(
        handler: CommandHandler,
        decider: Decider[Any, Any, Any],
        stream_id: UUID,
        community_id: UUID,
    ) -> tuple[Any, int]:
        read[decider.name] += 1
        return await state_of(handler, decider, stream_id, community_id)

    await club.house.quiet()
    monkeypatch.setattr(CommandHandler, "state", counted)
    await club.house.call("GET", "/me", token=ada.token)
    assert (read["onboarding"], read["chat"], read["chat_server"]) == (1, 1, 1)


async def test_what_only_the_member_can_put_right_is_said_in_a_sentence(club: Club) -> None:
    await club.connect()
    ada = await club.join()
    await ada.link(expect=201)
    await ada.pay()
    await ada.is_stuck("member", "not_on_server")
    seen = await state(club.house, ada.person_id, ada.token)
    assert steps(seen) == ["put_chat_right"]
    assert "link the account again" in seen["chat"]["detail"]


async def test_a_gift_that_ends_soon_is_said_in_time(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    gold = await house.tier(owner, "Gold", paid=True)
    ada, token = await house.join("ada@example.com", community_id)
    until = real_now() + timedelta(days=30)
    gift = {"tier_id": gold, "until": until.isoformat()}
    await house.call("POST", f"/people/{ada}/gifts", gift, token=owner, expect=201)
    await house.eventually_live(ada, token, ("Gold", "gift"))
    seen = await state(house, ada, token)
    assert (steps(seen), seen["chat"]) == ([], None)
    await house.service.move_clock(until - timedelta(days=3))
    seen = await state(house, ada, await house.token("ada@example.com", community_id))
    assert steps(seen) == ["stay"]
    assert seen["next"][0]["subject"] == gold


async def test_who_left_is_shown_the_way_back(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    await house.call("POST", "/me/departure", token=token)
    seen = await state(house, ada, owner)
    assert (seen["standing"], steps(seen)) == ("left", ["join_again"])


async def test_who_joins_is_asked_for_a_goal_and_later_how_it_went(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Friends", paid=False)
    _, token = await house.join("ada@example.com", community_id)

    async def asked() -> list[tuple[str, str]]:
        await house.quiet()
        me = await house.call(
            "GET", "/me", token=await house.token("ada@example.com", community_id)
        )
        return [(step["step"], step["call"]["path"]) for step in me["next"]]

    assert await asked() == [("tell_goal", "/api/membership/v1/me/goal")]
    await house.call("PUT", "/me/goal", {"words": "To win a game"}, token=token)
    assert await asked() == []
    await house.service.move_clock(real_now() + timedelta(days=91))
    assert await asked() == [("review_goal", "/api/membership/v1/me/goal/review")]
    token = await house.token("ada@example.com", community_id)
    await house.call("PUT", "/me/goal/review", {"outcome": "reached"}, token=token)
    assert await asked() == []


async def test_a_state_is_seen_by_its_person_and_their_staff_alone(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    _, bob = await house.join("bob@example.com", community_id)
    theirs, staffs = await state(house, ada, token), await state(house, ada, owner)
    assert theirs | {"at": None} == staffs | {"at": None}
    await house.call("GET", f"/people/{ada}/state", token=bob, expect=403)
    await house.call("GET", f"/people/{ada}/state", expect=401)
    await house.call("GET", f"/people/{random_id()}/state", token=owner, expect=404)
    _, stranger = await house.community("zoe@example.com", "draughts")
    await house.call("GET", f"/people/{ada}/state", token=stranger, expect=404)
