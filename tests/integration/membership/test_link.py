"""Links that people are sent by: followed by nobody's name, counted for somebody's credit, with consent alone."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from shared.clock import real_now
from tests.integration.membership.house import BASE, House, Json, code_of


async def made(house: House, token: str, **more: Any) -> Json:
    body = {"slug": "spring", "kind": "campaign", "name": "Spring", "target": "/join"} | more
    return await house.call("POST", "/links", body, token=token)


async def follow(house: House, url: str, status: int = 303) -> str:
    """The page it leads to; the `via` of it alone where it leads anywhere."""
    await house.quiet()  # A visitor does not come in the moment in which the community begins.
    answer = await house.client.get(f"{BASE}/public/links/" + url.split("/public/links/")[1])
    assert answer.status_code == status, answer.text
    if status != 303:
        return str(answer.json()["errors"][0]["code"])
    there = urlsplit(answer.headers["location"])
    assert "set-cookie" not in answer.headers
    assert there.path == "/join"
    return parse_qs(there.query)["via"][0]


async def attribute(house: House, token: str, via: str, **more: Any) -> Json:
    body = {"via": via, "agreed": True}
    return await house.call("POST", "/me/attribution", body, token=token, **more)


async def came_by(house: House, person_id: str, token: str) -> str | None:
    known = await house.call("GET", f"/people/{person_id}/attribution", token=token)
    link_id: str | None = known["link_id"]
    return link_id


async def test_who_comes_by_a_link_and_agrees_is_counted(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    link = await made(house, owner)
    await follow(house, link["url"])
    via = await follow(house, link["url"])
    ada, token = await house.join("ada@example.com", community_id)
    assert await came_by(house, ada, token) is None
    await attribute(house, token, via)
    await attribute(house, token, via)
    assert await came_by(house, ada, token) == link["link_id"]
    (listed,) = (await house.call("GET", "/links", token=owner))["items"]
    assert (listed["visits"], listed["url"]) == (2, link["url"])
    await house.call("DELETE", "/me/attribution", token=token)
    assert await came_by(house, ada, token) is None
    written = await house.service.pool.fetch(
        "SELECT type FROM events WHERE type LIKE '%Attribut%' ORDER BY position"
    )
    assert [row["type"] for row in written] == ["PersonAttributed", "AttributionWithdrawn"]


async def test_members_send_others_and_never_themselves(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    link = await house.call("POST", "/me/referral-link", {"target": "/join"}, token=for_ada)
    again = await house.call("POST", "/me/referral-link", {"target": "/join"}, token=for_ada)
    assert again["url"] == link["url"]
    via = await follow(house, link["url"])
    assert code_of(await attribute(house, for_ada, via, expect=422)) == "own_link"
    bob, for_bob = await house.join("bob@example.com", community_id, "Bob")
    await attribute(house, for_bob, via)
    assert await came_by(house, bob, for_bob) == link["link_id"]
    (mine,) = (await house.call("GET", "/me/links", token=for_ada))["items"]
    assert (mine["owner_id"], mine["kind"], mine["visits"]) == (ada, "referral", 1)
    assert (await house.call("GET", "/me/links", token=for_bob))["items"] == []
    back = await house.call("POST", "/me/referral-link", {"target": "/join"}, token=for_bob)
    circle = await attribute(house, for_ada, await follow(house, back["url"]), expect=409)
    assert code_of(circle) == "sent_in_a_circle"


async def test_who_was_here_before_was_not_sent_but_a_campaign_counts(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, for_ada = await house.join("ada@example.com", community_id)
    bob, for_bob = await house.join("bob@example.com", community_id, "Bob")
    await house.service.move_clock(real_now() + timedelta(hours=1))
    for_ada = await house.token("ada@example.com", community_id)
    owner = await house.token("olga@example.com", community_id)
    bobs = await made(house, owner, slug="bob", kind="affiliate", owner_id=bob)
    via = await follow(house, bobs["url"])
    assert code_of(await attribute(house, for_ada, via, expect=422)) == "known_before"
    spring = await made(house, owner)
    await attribute(house, for_ada, await follow(house, spring["url"]))
    assert for_bob


async def test_a_visit_counts_for_so_long_and_only_here(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    link = await made(house, owner, days=1)
    via = await follow(house, link["url"])
    _, for_ada = await house.join("ada@example.com", community_id)
    assert code_of(await attribute(house, for_ada, "guess", expect=422)) == "not_a_visit"
    other, _ = await house.community("eve@example.com", slug="go")
    _, for_eve = await house.join("eve@example.com", other, "Eve")
    await attribute(house, for_eve, via, expect=404)
    body = {"via": via, "agreed": False}
    await house.call("POST", "/me/attribution", body, token=for_ada, expect=422)
    await house.service.move_clock(real_now() + timedelta(days=2))
    for_ada = await house.token("ada@example.com", community_id)
    assert code_of(await attribute(house, for_ada, via, expect=422)) == "visit_too_long_ago"


async def test_a_retired_link_leads_nowhere(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    link = await made(house, owner)
    await house.call("POST", "/links/spring/retirement", {}, token=owner)
    assert await follow(house, link["url"], 404) == "link_not_found"
    unknown = f"/public/links/{community_id}/nothing"
    assert await follow(house, unknown, 404) == "link_not_found"
    taken = {"slug": "spring", "kind": "campaign", "name": "Spring", "target": "/join"}
    refused = await house.call("POST", "/links", taken, token=owner, expect=422)
    assert code_of(refused) == "slug_taken"


async def test_what_makes_no_sense_is_refused(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, for_ada = await house.join("ada@example.com", community_id)
    good = {"slug": "spring", "kind": "campaign", "name": "Spring", "target": "/join"}
    for wrong in (
        {"target": "https://evil.example/"},
        {"target": "//evil.example"},
        {"target": "/join?via=mine"},
        {"slug": "No Slug"},
        {"days": 0},
        {"kind": "affiliate"},
        {"owner_id": str(uuid4()), "kind": "campaign"},
    ):
        status = 404 if "owner_id" in wrong else 422
        await house.call("POST", "/links", good | wrong, token=owner, expect=status)
    await house.call("POST", "/links", good, token=for_ada, expect=403)
    await house.call("GET", "/links", token=for_ada, expect=403)
