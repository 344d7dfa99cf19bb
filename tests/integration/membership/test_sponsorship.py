"""Who works for a community by their own alone: an affiliate by a link, a sponsor's contact by a sponsorship."""

from typing import Any
from uuid import uuid4

from shared.contracts.membership_sponsorship import ContactNamed, PlacementGiven
from tests.integration.membership.house import House, Json, code_of, link_in
from tests.integration.membership.test_invitation import accept, letter_to, person_once_admitted
from tests.integration.membership.test_link import follow, made

carla = "carla@example.com"
bob = "bob@example.com"
NEVER_THEIRS = (
    "/links", "/sponsorships", "/members", "/staff", "/clients", "/invitations", "/goals",
    "/announcements", "/exports", "/applications", "/webhook-endpoints", "/recognition",
)  # fmt: skip


async def sponsorship(house: House, owner: str, name: str = "Bean & Sons", slug: str = "") -> str:
    body = {"name": name}
    made_now = await house.call("POST", "/sponsorships", body, token=owner, expect=201)
    sponsorship_id = str(made_now["sponsorship_id"])
    if slug:
        path = f"/sponsorships/{sponsorship_id}/placements/{slug}"
        await house.call("PUT", path, token=owner)
    return sponsorship_id


async def invited(house: House, owner: str, email: str, role: str, **theirs: Any) -> Json:
    """What the link shows of the invitation; it waits to be accepted."""
    body = {"email": email, "role": role} | theirs
    await house.call("POST", "/staff/invitations", body, token=owner, expect=201)
    link = link_in(await letter_to(house, email))
    return {"link": link} | await house.call("GET", f"/public/invitations/{link}")


async def came(house: House, owner: str, community_id: str, email: str, **theirs: Any) -> str:
    shown = await invited(house, owner, email, **theirs)
    await accept(house, shown["link"], await house.token(email), name="Somebody")
    await house.quiet()
    return await house.token(email, community_id)


async def test_a_sponsors_contact_sees_their_placements_and_nothing_else(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    placed = await made(house, owner)
    other = await made(house, owner, slug="autumn")
    theirs = await sponsorship(house, owner, slug="spring")
    await sponsorship(house, owner, "Other & Co", slug="autumn")
    shown = await invited(house, owner, carla, "sponsor_contact", sponsorship_id=theirs)
    assert (shown["role"], shown["theirs"]) == ("sponsor_contact", "Bean & Sons")
    letter = await letter_to(house, carla)
    assert (letter.template, letter.values["theirs"]) == ("invited_as_contact", "Bean & Sons")
    accepted = await accept(house, shown["link"], await house.token(carla), name=None)
    assert accepted["person_id"] is None
    await house.quiet()
    await follow(house, placed["url"])
    token = await house.token(carla, community_id)
    (seen,) = (await house.call("GET", "/sponsorships/mine", token=token))["items"]
    (placement,) = seen["placements"]
    assert (seen["sponsorship_id"], seen["name"]) == (theirs, "Bean & Sons")
    assert (placement["link_id"], placement["visits"]) == (placed["link_id"], 1)
    assert "contacts" not in seen
    assert other["link_id"] not in str(seen)
    for path in NEVER_THEIRS:
        await house.call("GET", path, token=token, expect=403)
    for path in (f"{theirs}/placements/autumn", f"{theirs}/contacts/{uuid4()}"):
        await house.call("PUT", f"/sponsorships/{path}", token=token, expect=403)
    assert (await house.call("GET", "/members", token=owner))["items"] == []


async def test_a_contact_who_is_dismissed_or_loses_the_role_sees_nothing(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await made(house, owner)
    theirs = await sponsorship(house, owner, slug="spring")
    role = {"role": "sponsor_contact", "sponsorship_id": theirs}
    token = await came(house, owner, community_id, carla, **role)
    (listed,) = (await house.call("GET", "/sponsorships", token=owner))["items"]
    (account_id,) = listed["contacts"]
    other = await sponsorship(house, owner, "Other & Co")
    contacts = f"/sponsorships/{other}/contacts/{account_id}"
    await house.call("PUT", contacts, token=owner)
    assert len((await house.call("GET", "/sponsorships/mine", token=token))["items"]) == 2
    await house.call("DELETE", contacts, token=owner)
    (left,) = (await house.call("GET", "/sponsorships/mine", token=token))["items"]
    assert left["sponsorship_id"] == theirs
    await house.call("DELETE", f"/sponsorships/{theirs}/placements/spring", token=owner)
    (bare,) = (await house.call("GET", "/sponsorships/mine", token=token))["items"]
    assert bare["placements"] == []
    await house.call("DELETE", f"/staff/{account_id}/sponsor_contact", token=owner)
    await house.quiet()
    await house.call("GET", "/sponsorships/mine", token=token, expect=403)
    refused = await house.call("PUT", contacts, token=owner, expect=409)
    assert code_of(refused) == "not_a_sponsor_contact"


async def test_who_is_given_the_role_again_does_not_see_what_was_theirs_before(
    house: House,
) -> None:
    community_id, owner = await house.community("olga@example.com")
    first = await sponsorship(house, owner)
    second = await sponsorship(house, owner, "Other & Co")
    others = await sponsorship(house, owner, "Third Ltd")
    role = {"role": "sponsor_contact", "sponsorship_id": first}
    await came(house, owner, community_id, carla, **role)
    await came(house, owner, community_id, bob, role=role["role"], sponsorship_id=others)
    items = (await house.call("GET", "/sponsorships", token=owner))["items"]
    contacts = {one["sponsorship_id"]: one["contacts"] for one in items}
    (account_id,) = contacts[first]
    await house.call("PUT", f"/sponsorships/{second}/contacts/{account_id}", token=owner)
    await house.call("DELETE", f"/staff/{account_id}/sponsor_contact", token=owner)
    await house.quiet()
    items = (await house.call("GET", "/sponsorships", token=owner))["items"]
    left = {one["sponsorship_id"]: one["contacts"] for one in items}
    assert left == {first: [], second: [], others: contacts[others]}
    again = {"account_id": account_id, "role": "sponsor_contact"}
    await house.call("POST", "/staff", again, token=owner, expect=201)
    await house.quiet()
    token = await house.token(carla, community_id)
    assert (await house.call("GET", "/sponsorships/mine", token=token))["items"] == []


async def test_an_affiliate_has_the_promised_link_and_sees_their_own_alone(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await made(house, owner)
    promised = {"name": "Bob's readers", "target": "/join", "days": 60}
    shown = await invited(house, owner, bob, "affiliate", link=promised)
    assert (shown["role"], shown["theirs"]) == ("affiliate", "Bob's readers")
    assert (await letter_to(house, bob)).template == "invited_as_affiliate"
    account = await house.token(bob)
    nameless = await accept(house, shown["link"], account, name=None, expect=422)
    assert code_of(nameless) == "missing"
    await accept(house, shown["link"], account, name="Bob")
    person_id, token = await person_once_admitted(house, bob, community_id)
    await house.quiet()
    token = await house.token(bob, community_id)
    (mine,) = (await house.call("GET", "/me/links", token=token))["items"]
    assert (mine["owner_id"], mine["kind"], mine["days"]) == (person_id, "affiliate", 60)
    await follow(house, mine["url"])
    (mine,) = (await house.call("GET", "/me/links", token=token))["items"]
    assert mine["visits"] == 1
    for path in NEVER_THEIRS:
        await house.call("GET", path, token=token, expect=403)
    await house.call("GET", "/sponsorships/mine", token=token, expect=403)


async def test_nobody_of_another_community_sees_or_places_anything(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    await made(house, owner)
    theirs = await sponsorship(house, owner, slug="spring")
    role = {"role": "sponsor_contact", "sponsorship_id": theirs}
    await came(house, owner, community_id, carla, **role)
    _, eve = await house.community("eve@example.com", slug="go")
    await made(house, eve, slug="hers")
    assert (await house.call("GET", "/sponsorships", token=eve))["items"] == []
    assert (await house.call("GET", "/sponsorships/mine", token=eve))["items"] == []
    path = f"/sponsorships/{theirs}"
    await house.call("PUT", f"{path}/placements/hers", token=eve, expect=404)
    await house.call("DELETE", f"{path}/placements/spring", token=eve, expect=404)
    await house.call("DELETE", f"{path}/contacts/{uuid4()}", token=eve, expect=404)
    foreign = {"email": "z@example.com", "role": "sponsor_contact", "sponsorship_id": theirs}
    await house.call("POST", "/staff/invitations", foreign, token=eve, expect=404)
    stranger = await house.call("PUT", f"{path}/contacts/{uuid4()}", token=owner, expect=409)
    assert code_of(stranger) == "not_a_sponsor_contact"


async def test_an_invitation_to_see_ones_own_says_what_that_is(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    theirs = await sponsorship(house, owner)
    link = {"name": "Bob's", "target": "/join"}
    wrong: list[tuple[Json, str]] = [
        ({"role": "affiliate"}, "link_needed"),
        ({"role": "moderator", "link": link}, "not_an_affiliate"),
        ({"role": "affiliate", "link": link | {"target": "//evil"}}, "string_pattern_mismatch"),
        ({"role": "sponsor_contact"}, "sponsorship_needed"),
        ({"role": "admin", "sponsorship_id": theirs}, "not_a_contact"),
        ({"role": "sponsor_contact", "sponsorship_id": str(uuid4())}, "sponsorship_not_found"),
    ]
    for body, code in wrong:
        asked = {"email": carla} | body
        refused = await house.call("POST", "/staff/invitations", asked, token=owner, expect=422)
        assert code_of(refused) == code
    await house.call("POST", "/sponsorships", {"name": " "}, token=owner, expect=422)
    path = f"/sponsorships/{theirs}/placements/nothing"
    assert code_of(await house.call("PUT", path, token=owner, expect=404)) == "link_not_found"


async def test_the_table_of_roles_says_what_they_may(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    roles = (await house.call("GET", "/roles", token=owner))["items"]
    may = {one["role"]: one["permissions"] for one in roles}
    assert (may["affiliate"], may["sponsor_contact"]) == (["links.own"], ["placements.own"])


async def test_the_others_hear_of_placements_and_contacts_by_ids(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    placed = await made(house, owner)
    theirs = await sponsorship(house, owner, slug="spring")
    role = {"role": "sponsor_contact", "sponsorship_id": theirs}
    await came(house, owner, community_id, carla, **role)
    rows = await house.service.pool.fetch("SELECT * FROM events ORDER BY position")
    facts = [house.service.store.fact(row) for row in rows]
    told = [
        publication.map(fact)
        for fact in facts
        for publication in house.service.publications
        if publication.of is type(fact.body) and publication.to in (PlacementGiven, ContactNamed)
    ]
    given, named = told
    assert isinstance(given, PlacementGiven)
    assert isinstance(named, ContactNamed)
    assert (str(given.link_id), str(given.sponsorship_id)) == (placed["link_id"], theirs)
    assert str(named.sponsorship_id) == theirs
