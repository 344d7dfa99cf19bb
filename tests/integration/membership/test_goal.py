"""Members say what they came for, and are asked after ninety days whether they found it."""

from datetime import timedelta

from shared.clock import real_now
from tests.integration.membership.house import House, Json

MINE = "/me/goal"


async def member(house: House) -> tuple[str, str, str, str]:
    """A community, its owner's token, and Ada's id and token."""
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    return community_id, owner, ada, token


async def goals(house: House, token: str) -> list[Json]:
    return list((await house.call("GET", "/goals", token=token))["items"])


async def test_who_says_what_they_came_for_is_asked_how_it_went(house: House) -> None:
    community_id, _, ada, token = await member(house)
    await house.call("PUT", MINE, {"words": "Beat my uncle"}, token=token)
    mine = await house.call("GET", MINE, token=token)
    assert (mine["words"], mine["is_asked"], mine["outcome"]) == ("Beat my uncle", False, None)
    await house.service.move_clock(real_now() + timedelta(days=91))
    await house.quiet()
    token = await house.token("ada@example.com", community_id)
    owner = await house.token("olga@example.com", community_id)
    assert (await house.call("GET", MINE, token=token))["is_asked"]
    letters = [x for x in house.mailbox.to("ada@example.com") if x.template == "goal_reminder"]
    assert len(letters) == 1
    review = {"outcome": "partly", "words": "A draw"}
    await house.call("PUT", f"{MINE}/review", review, token=token)
    (told,) = await goals(house, owner)
    assert (told["person_id"], told["words"], told["outcome"], told["review"]) == (
        ada,
        "Beat my uncle",
        "partly",
        "A draw",
    )
    assert not (await house.call("GET", MINE, token=token))["is_asked"]


async def test_a_goal_is_told_anew_or_taken_back(house: House) -> None:
    _, owner, _, token = await member(house)
    await house.call("GET", MINE, token=token, expect=404)
    await house.call("PUT", f"{MINE}/review", {"outcome": "reached"}, token=token, expect=404)
    for words in ("Beat my uncle", "Beat my aunt"):
        await house.call("PUT", MINE, {"words": words}, token=token)
    (told,) = await goals(house, owner)
    assert told["words"] == "Beat my aunt"
    await house.call("DELETE", MINE, token=token)
    await house.call("DELETE", MINE, token=token)
    assert await goals(house, owner) == []
    for wrong in ({"words": " "}, {"words": "x" * 1001}, {}):
        await house.call("PUT", MINE, wrong, token=token, expect=422)


async def test_goals_are_read_by_staff_alone_and_not_of_who_is_gone(house: House) -> None:
    community_id, owner, ada, token = await member(house)
    _, for_bob = await house.join("bob@example.com", community_id, "Bob")
    await house.call("PUT", MINE, {"words": "Beat my uncle"}, token=token)
    await house.call("PUT", MINE, {"words": "Beat Ada"}, token=for_bob)
    await house.call("GET", "/goals", token=for_bob, expect=403)
    await house.call("POST", "/me/departure", token=for_bob)
    refused = await house.call("PUT", MINE, {"words": "Back"}, token=for_bob, expect=409)
    assert refused["errors"][0]["code"] == "not_a_member"
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.quiet()
    assert await goals(house, owner) == []
    kept = await house.service.pool.fetchval("SELECT string_agg(data::text, ' ') FROM events")
    assert "uncle" not in kept
