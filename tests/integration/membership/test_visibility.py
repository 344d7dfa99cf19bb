"""Who may see a community: everybody, who has its address, or only who belongs to it or is invited."""

from typing import get_args

import pytest

from services.membership.community.events import VisibilityChosen
from shared.contracts import membership_visibility
from shared.contracts.membership_community import Visibility
from shared.ids import random_id
from tests.integration.membership.house import BASE, House, Json

NOWHERE = "00000000-0000-8000-8000-000000000001"


async def choose(house: House, community_id: str, token: str, visibility: str) -> Json:
    path = f"/communities/{community_id}/visibility"
    return await house.call("PUT", path, {"visibility": visibility}, token=token)


async def hidden(house: House) -> tuple[str, str]:
    community_id, owner = await house.community("olga@example.com")
    await choose(house, community_id, owner, "private")
    return community_id, owner


async def test_an_unlisted_community_is_shown_to_who_has_its_address_and_to_no_search_engine(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    for path in ("/public/communities/chess", f"/public/communities/{community_id}/tiers"):
        await choose(house, community_id, owner, "public")
        await house.quiet()
        assert "X-Robots-Tag" not in (await house.client.get(BASE + path)).headers
        await choose(house, community_id, owner, "unlisted")
        await house.quiet()
        answer = await house.client.get(BASE + path)
        assert (answer.status_code, answer.headers["X-Robots-Tag"]) == (200, "noindex")
    page = await house.call("GET", "/public/communities/chess")
    assert (page["name"], page["visibility"]) == ("Chess Club", "unlisted")


async def test_a_private_community_is_for_strangers_as_if_there_were_none(house: House) -> None:
    await hidden(house)
    hidden_page = await house.call("GET", "/public/communities/chess", expect=404)
    assert hidden_page["errors"][0]["code"] == "community_not_found"
    nowhere = await house.call("GET", "/public/communities/nowhere", expect=404)
    assert {**hidden_page, "instance": ""} == {**nowhere, "instance": ""}


async def test_members_and_staff_see_all_of_it(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, ada = await house.join("ada@example.com", community_id)
    await choose(house, community_id, owner, "private")
    for token in (owner, ada):
        page = await house.call("GET", "/public/communities/chess", token=token)
        assert page["visibility"] == "private"
        await house.call("GET", f"/public/communities/{community_id}/tiers", token=token)
        await house.call("GET", f"/communities/{community_id}", token=token)


async def test_what_only_members_see_is_not_kept_by_caches_that_others_share(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    path = f"{BASE}/public/communities/{community_id}/documents"
    await house.quiet()
    assert "public" in (await house.client.get(path)).headers["Cache-Control"]
    answer = await house.client.get(path, headers={"Authorization": f"Bearer {owner}"})
    assert "Cache-Control" not in answer.headers


async def test_no_stranger_joins_applies_or_gets_a_token(house: House) -> None:
    community_id, _ = await hidden(house)
    signed_in = await house.sign_in("eve@example.com")
    eve = signed_in["access_token"]
    body = {"name": "Eve", "email": "eve@example.com"}
    for here in (community_id, NOWHERE):
        path = f"/communities/{here}"
        refused = [
            await house.call("POST", f"{path}/members", body, token=eve, expect=404),
            await house.call(
                "POST", f"{path}/applications", body | {"version": 0}, token=eve, expect=404
            ),
            await house.call("DELETE", f"{path}/applications/mine", token=eve, expect=404),
        ]
        assert {one["errors"][0]["code"] for one in refused} == {"community_not_found"}
    refresh = {"grant": "refresh", "refresh_token": signed_in["refresh_token"]}
    wanted = refresh | {"community_id": community_id}
    await house.call("POST", "/tokens", wanted, expect=404)
    await house.call("POST", "/tokens", refresh)  # It did not cost the session.
    await house.call("POST", "/sign-in", {"email": "eve@example.com"})
    code = house.mailbox.code_for("eve@example.com")
    grant = {"grant": "code", "email": "eve@example.com", "code": code}
    await house.call("POST", "/tokens", grant | {"community_id": community_id}, expect=404)


async def test_who_applied_before_it_hid_still_withdraws(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await house.call("PUT", "/admission", {"way": "application"}, token=owner)
    ada = await house.token("ada@example.com")
    body = {"name": "Ada", "email": "ada@example.com", "version": 1}
    path = f"/communities/{community_id}/applications"
    await house.call("POST", path, body, token=ada)
    await choose(house, community_id, owner, "private")
    assert (await house.call("GET", f"{path}/mine", token=ada))["standing"] == "waiting"
    await house.call("DELETE", f"{path}/mine", token=ada)
    assert (await house.call("GET", f"{path}/mine", token=ada))["standing"] == "withdrawn"


async def test_who_is_invited_comes_in_and_sees_it(house: House) -> None:
    community_id, owner = await hidden(house)
    await house.call("POST", "/invitations", {"email": "ada@example.com"}, token=owner)
    await house.quiet()
    link = str(house.mailbox.to("ada@example.com")[-1].link).rpartition("/")[2]
    door = await house.call("GET", f"/public/invitations/{link}")
    assert (door["community"], door["slug"]) == ("Chess Club", "chess")
    body = {"link": link, "name": "Ada"}
    ada = await house.token("ada@example.com")
    await house.call("POST", "/invitations/acceptance", body, token=ada)
    await house.quiet()
    inside = await house.token("ada@example.com", community_id)
    page = await house.call("GET", "/public/communities/chess", token=inside)
    assert page["name"] == "Chess Club"


async def test_who_is_shut_out_of_it_does_not_find_it_again(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    person_id, _ = await house.join("ada@example.com", community_id)
    await choose(house, community_id, owner, "private")
    await house.call("POST", f"/people/{person_id}/ban", token=owner)
    signed_in = await house.sign_in("ada@example.com")
    refresh = {"grant": "refresh", "refresh_token": signed_in["refresh_token"]}
    await house.call("POST", "/tokens", refresh | {"community_id": community_id}, expect=404)


async def test_a_community_can_be_private_from_its_first_moment(house: House) -> None:
    community_id, _ = await house.community("olga@example.com", visibility="private")
    for told in ("tiers", "benefits"):
        await house.call("GET", f"/public/communities/{community_id}/{told}", expect=404)


async def test_it_is_chosen_by_who_may_and_for_ones_own_community(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    _, ada = await house.join("ada@example.com", community_id)
    path, body = f"/communities/{community_id}/visibility", {"visibility": "private"}
    await house.call("PUT", path, body, expect=401)
    await house.call("PUT", path, body, token=ada, expect=403)
    other_id, other = await house.community("otto@example.com", "go")
    await house.call("PUT", path, body, token=other, expect=404)
    await house.call("PUT", path, {"visibility": "secret"}, token=owner, expect=422)
    await house.call("PUT", f"/communities/{random_id()}/visibility", body, token=owner, expect=404)
    await house.call("GET", "/public/communities/chess")
    await house.call("GET", f"/public/communities/{other_id}/tiers")


@pytest.mark.parametrize("visibility", get_args(Visibility))
async def test_the_others_are_told(house: House, visibility: Visibility) -> None:
    community_id, owner = await house.community("olga@example.com", visibility="unlisted")
    await choose(house, community_id, owner, visibility)
    rows = await house.service.pool.fetch("SELECT * FROM events ORDER BY position")
    facts = [house.service.store.fact(row) for row in rows]
    told = [
        publication.map(fact)
        for fact in facts
        for publication in house.service.publications
        if publication.of is VisibilityChosen and isinstance(fact.body, VisibilityChosen)
    ]
    wanted = [] if visibility == "unlisted" else [visibility]
    assert [
        one.visibility for one in told if isinstance(one, membership_visibility.VisibilityChosen)
    ] == wanted


async def test_an_owner_is_told_that_no_stranger_can_pay(house: House) -> None:
    _, owner = await hidden(house)
    shown = await house.call("GET", "/setup?model=donation", token=owner)
    first = shown["steps"][0]
    assert (first["step"], first["needed"], first["done_since"]) == (
        "seen_by_strangers",
        True,
        None,
    )
    path = first["call"]["path"].removeprefix("/api/membership/v1")
    await house.call(first["call"]["method"], path, first["call"]["body"], token=owner)
    shown = await house.call("GET", "/setup?model=donation", token=owner)
    assert "seen_by_strangers" not in [step["step"] for step in shown["steps"]]
