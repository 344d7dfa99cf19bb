"""People who join, leave, are shut out, and are looked after by their own staff only."""

import asyncio
import json
from typing import Any
from uuid import UUID

from services.membership.gateways.gateway import Unsendable
from shared.clock import real_now
from shared.contracts.billing_message import MessageRequested
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


async def test_a_ban_that_is_lifted_lets_the_person_join_again_and_gives_nothing_back(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.tier(owner, "Everybody", paid=False)
    gold = await house.tier(owner, "Gold", paid=True)
    ada, _ = await house.join("ada@example.com", community_id)
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner)
    await house.call("POST", f"/people/{ada}/ban", {}, token=owner)
    await house.quiet()
    would = await house.call("DELETE", f"/people/{ada}/ban?dry_run=true", token=owner)
    assert [event["type"] for event in would["would"]["events"]] == ["BanLifted"]
    await house.call("DELETE", f"/people/{ada}/ban", token=owner)
    await house.quiet()
    (member,) = (await house.call("GET", "/members?filter[standing]=left", token=owner))["items"]
    assert member["person_id"] == ada
    assert await house.live(ada, owner) == []
    again, token = await house.join("ada@example.com", community_id)
    assert again == ada
    await house.eventually_live(ada, token, ("Everybody", "joined"))
    await house.call("POST", f"/people/{ada}/gifts", {"tier_id": gold}, token=owner, expect=201)
    await house.eventually_live(ada, token, ("Everybody", "joined"), ("Gold", "gift"))
    (lifted,) = await house.service.pool.fetch("SELECT meta FROM events WHERE type = 'BanLifted'")
    assert json.loads(lifted["meta"])["actor"] is not None, "who lifted it is kept"


async def test_a_ban_is_lifted_by_staff_once_and_of_who_is_banned(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, other = await house.community("gina@example.com", "go")
    ada, _ = await house.join("ada@example.com", community_id)
    _, bobs = await house.join("bob@example.com", community_id, "Bob")
    path = f"/people/{ada}/ban"

    async def refused(**more: Any) -> str:
        problem = await house.call("DELETE", path, **more)
        return str(problem["errors"][0]["code"])

    assert await refused(token=owner, expect=409) == "not_banned"
    await house.call("POST", path, {}, token=owner)
    await house.call("DELETE", path, expect=401)
    await house.call("DELETE", path, token=bobs, expect=403)
    await house.call("DELETE", path, token=other, expect=404)
    await house.call("DELETE", path, token=owner)
    assert await refused(token=owner, expect=409) == "not_banned"
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    assert await refused(token=owner, expect=404) == "person_not_found"


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


async def search(house: House, token: str, words: str, query: str = "", **more: Any) -> Any:
    body = {"words": words}
    return await house.call("POST", f"/members/search{query}", body, token=token, **more)


async def names(house: House, token: str, words: str, query: str = "") -> list[str]:
    return [one["name"] for one in (await search(house, token, words, query))["items"]]


async def test_staff_find_members_by_a_part_of_the_name_or_the_address(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    for name in ("Zoë Müller", "Zoé Martin", "Ada"):
        email = f"{len(name)}.{name.split()[-1].lower()}@example.com"
        await house.join(email.encode("ascii", "ignore").decode(), community_id, name)
    await house.eventually(lambda: names(house, owner, "zoe"), ["Zoé Martin", "Zoë Müller"])
    assert await names(house, owner, "MULLER zo") == ["Zoë Müller"]
    assert await names(house, owner, "3.ada@example.com") == ["Ada"]
    assert await names(house, owner, "ada martin") == []
    assert await names(house, owner, "example.com", "?filter[standing]=left") == []
    first = await search(house, owner, "zoe", "?limit=1")
    rest = await search(house, owner, "zoe", f"?limit=1&after={first['next']}")
    assert [first["items"][0]["name"], rest["items"][0]["name"]] == ["Zoé Martin", "Zoë Müller"]
    assert rest["next"] is None


async def test_nobody_searches_whom_they_may_not_see(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    await house.eventually(lambda: names(house, owner, "ada"), ["Ada"])
    await search(house, token, "ada", expect=403)
    _, gina = await house.community("gina@example.com", "go")
    assert await names(house, gina, "ada") == []
    for words in ("", "   ", "a" * 201):
        await search(house, owner, words, expect=422)


async def test_a_member_changes_what_they_are_called(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id)
    profile = {"name": " Countess Lovelace ", "language": "en"}
    await house.call("PUT", "/me/profile", profile, token=token)
    me = await house.call("GET", "/me", token=token)
    assert (me["name"], me["language"]) == ("Countess Lovelace", "en")
    assert me["email"] == "ada@example.com"
    assert (await house.call("GET", "/members", token=owner))["items"][0]["name"] == me["name"]
    assert await names(house, owner, "countess") == ["Countess Lovelace"]
    told = json.dumps(await house.call("GET", "/me/data", token=token))
    assert "Countess Lovelace" in told
    rows = await house.service.pool.fetch("SELECT name::text, email::text FROM members_v1")
    stored = await house.service.pool.fetchval("SELECT string_agg(data::text, ' ') FROM events")
    assert "Countess" not in f"{rows} {stored}"
    await house.call("POST", f"/people/{ada}/erasure", {}, token=owner, expect=202)
    await house.eventually(lambda: names(house, owner, "countess"), [])


async def test_a_member_is_written_to_at_another_address_and_signs_in_by_both(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    ada, token = await house.join("ada@example.com", community_id, "Ada")
    body = await house.proof("countess@example.com")
    await house.call("PUT", "/me/address", body, token=token)
    await house.call("PUT", "/me/address", body, token=token)
    assert (await house.call("GET", "/me", token=token))["email"] == "countess@example.com"
    await house.quiet()
    told = [one.template for one in house.mailbox.to("ada@example.com")]
    assert told.count("address_changed") == 1
    assert "address_changed" not in [
        one.template for one in house.mailbox.to("countess@example.com")
    ]
    assert await names(house, owner, "countess") == ["Ada"]
    assert await names(house, owner, "ada@example.com") == []
    profile = {"name": "Ada L.", "language": "en"}
    await house.call("PUT", "/me/profile", profile, token=token)
    for address in ("countess@example.com", "ada@example.com"):
        again = await house.token(address, community_id)
        me = await house.call("GET", "/me", token=again)
        assert (me["person_id"], me["email"]) == (ada, "countess@example.com")
    asked = MessageRequested(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        person_id=UUID(ada),
        template="card_expires",
        values={"good_until": real_now()},
    )
    await house.hear(asked)
    await house.quiet()
    assert "card_expires" in [one.template for one in house.mailbox.to("countess@example.com")]
    assert "countess@example.com" in json.dumps(await house.call("GET", "/me/data", token=token))
    stored = await house.service.pool.fetchval("SELECT string_agg(data::text, ' ') FROM events")
    assert "countess@" not in stored


async def test_an_address_is_nobodys_without_its_code_and_whose_it_is_only_who_reads_it_learns(
    house: House,
) -> None:
    community_id, _ = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    await house.join("bob@example.com", community_id, "Bob")
    for email in ("bob@example.com", "nobody@example.com"):
        wrong = {"email": email, "code": "000000"}
        problem = await house.call("PUT", "/me/address", wrong, token=token, expect=422)
        assert problem["errors"][0]["code"] == "not_proved"
    taken = await house.proof("bob@example.com")
    problem = await house.call("PUT", "/me/address", taken, token=token, expect=422)
    assert problem["errors"][0]["code"] == "address_taken"
    once = await house.proof("new@example.com")
    await house.call("POST", "/me/departure", {}, token=token)
    problem = await house.call("PUT", "/me/address", once, token=token, expect=409)
    assert problem["errors"][0]["code"] == "not_a_member"
    assert (await house.call("GET", "/me", token=token))["email"] == "ada@example.com"


async def test_an_old_address_that_takes_no_mail_says_nothing_of_the_new_one(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    body = await house.proof("countess@example.com")
    house.mailbox.failure = Unsendable("address_refused")
    await house.call("PUT", "/me/address", body, token=token)
    await house.quiet()
    house.mailbox.failure = None
    assert (await house.call("GET", "/bounces", token=owner))["items"] == []


async def test_a_profile_is_its_members_own(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, token = await house.join("ada@example.com", community_id)
    path, profile = "/me/profile", {"name": "Ada", "language": "en"}
    await house.call("PUT", path, profile | {"name": "  "}, token=token, expect=422)
    await house.call("PUT", path, profile | {"language": "xx"}, token=token, expect=422)
    await house.call("PUT", path, profile | {"email": "eve@example.com"}, token=token, expect=422)
    await house.call("PUT", path, profile, token=owner, expect=403)
    await house.call("POST", "/me/departure", {}, token=token)
    problem = await house.call("PUT", path, profile, token=token, expect=409)
    assert problem["errors"][0]["code"] == "not_a_member"


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
