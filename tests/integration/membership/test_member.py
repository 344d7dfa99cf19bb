"""People who join, leave, are shut out, and are looked after by their own staff only."""

import asyncio
from typing import Any

from shared.testing import eventually
from tests.integration.membership.house import House


def ada_joins(**more: Any) -> dict[str, Any]:
    return {"name": "Ada", "email": "ada@example.com"} | more


async def test_one_account_is_one_person_however_often_it_joins(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    token = await house.token("ada@example.com")
    path = f"/communities/{community_id}/members"
    joined = await asyncio.gather(
        *(house.call("POST", path, ada_joins(), token=token, expect=201) for _ in range(8))
    )
    later = await house.call("POST", path, ada_joins(), token=token, expect=201)
    assert len({answer["person_id"] for answer in [*joined, later]}) == 1


async def test_the_token_that_joining_gives_is_good_at_once(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    stranger = await house.token("ada@example.com")
    path = f"/communities/{community_id}/members"
    joined = await house.call("POST", path, ada_joins(), token=stranger, expect=201)
    me = await house.call("GET", "/me", token=joined["access_token"])
    assert (me["community_id"], me["person_id"]) == (str(community_id), joined["person_id"])


async def test_a_dry_run_of_joining_gives_no_token(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    stranger = await house.token("ada@example.com")
    path = f"/communities/{community_id}/members?dry_run=true"
    would = await house.call("POST", path, ada_joins(), token=stranger)
    assert would["access_token"] is None


async def test_one_account_is_two_people_in_two_communities(house: House) -> None:
    chess, _ = await house.community("olga@example.com", "chess")
    go, _ = await house.community("gina@example.com", "go")
    ada_plays_chess, _ = await house.join("ada@example.com", chess)
    ada_plays_go, _ = await house.join("ada@example.com", go)
    assert ada_plays_chess != ada_plays_go


async def test_nobody_joins_with_the_address_of_another(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    await house.token("eve@example.com")
    token = await house.token("ada@example.com")
    path = f"/communities/{community_id}/members"
    for email in ("eve@example.com", "nobody@example.com"):
        problem = await house.call("POST", path, ada_joins(email=email), token=token, expect=422)
        assert problem["errors"][0]["code"] == "not_your_email"
        assert problem["errors"][0]["pointer"] == "/email"


async def test_nobody_joins_what_does_not_exist(house: House) -> None:
    token = await house.token("ada@example.com")
    path = "/communities/00000000-0000-8000-8000-000000000001/members"
    await house.call("POST", path, ada_joins(), token=token, expect=404)


async def test_a_stranger_has_to_sign_in_first(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    path = f"/communities/{community_id}/members"
    await house.call("POST", path, ada_joins(), expect=401)
    await house.call("GET", "/me", expect=401)


async def test_who_leaves_loses_what_was_given_and_may_come_back(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    ada, token = await house.join("ada@example.com", community_id)
    await house.eventually_live(ada, token, ("Everybody", "joined"))
    await house.call("POST", "/me/departure", {}, token=token)
    await house.eventually_live(ada, token)
    again, token = await house.join("ada@example.com", community_id)
    assert again == ada
    await house.eventually_live(ada, token, ("Everybody", "joined"))


async def test_who_was_banned_is_out_and_stays_out(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    ada, token = await house.join("ada@example.com", community_id)
    await house.eventually_live(ada, owner, ("Everybody", "joined"))
    await house.call("POST", f"/people/{ada}/ban", {}, token=owner)
    await house.eventually_live(ada, owner)
    path = f"/communities/{community_id}/members"
    problem = await house.call("POST", path, ada_joins(), token=token, expect=409)
    assert problem["errors"][0]["code"] == "banned"
    renewed = await house.token("ada@example.com", community_id)
    await house.call("POST", "/me/departure", {}, token=renewed, expect=403)


async def test_staff_see_their_members_page_by_page(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    people = [
        (await house.join(f"member{number}@example.com", community_id, f"Member {number}"))[0]
        for number in range(5)
    ]
    await house.call("POST", f"/people/{people[0]}/ban", {}, token=owner)

    async def standing() -> int:
        banned = await house.call("GET", "/members?filter[standing]=banned", token=owner)
        return len(banned["items"])

    await eventually(standing)
    seen: list[str] = []
    after = ""
    while True:
        page = await house.call("GET", f"/members?limit=2{after}", token=owner)
        seen += [member["name"] for member in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [f"Member {number}" for number in (4, 3, 2, 1, 0)]


async def test_a_cursor_that_is_none_of_ours_is_refused(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    for cursor in ("bm9uc2Vuc2U", "!!!", "MjAyNi0wMS0wMSB4"):
        await house.call("GET", f"/members?after={cursor}", token=owner, expect=400)


async def test_members_see_no_members(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    eve, _ = await house.join("eve@example.com", community_id)
    _, token = await house.join("ada@example.com", community_id)
    await house.call("GET", "/members", token=token, expect=403)
    await house.call("GET", f"/people/{eve}/access", token=token, expect=403)
    await house.call("GET", f"/people/{eve}/messages", token=token, expect=403)
    await house.call("GET", f"/erasures/{eve}", token=token, expect=403)
    await house.call("POST", f"/people/{eve}/erasure", {}, token=token, expect=403)
    await house.call("POST", f"/people/{eve}/ban", {}, token=token, expect=403)


async def test_another_community_s_people_are_not_there(house: House) -> None:
    chess, _ = await house.community("olga@example.com", "chess")
    _, go = await house.community("gina@example.com", "go")
    ada, _ = await house.join("ada@example.com", chess)
    for path in ("access", "messages"):
        await house.call("GET", f"/people/{ada}/{path}", token=go, expect=404)
    await house.call("GET", f"/erasures/{ada}", token=go, expect=404)
    for path in ("ban", "erasure"):
        await house.call("POST", f"/people/{ada}/{path}", {}, token=go, expect=404)
    assert (await house.call("GET", "/members", token=go))["items"] == []


async def test_nobody_asked_for_that_erasure(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    problem = await house.call("GET", f"/erasures/{ada}", token=token, expect=404)
    assert problem["errors"][0]["code"] == "erasure_not_found"
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.call("GET", f"/erasures/{ada}", token=token)
