"""Members who let themselves be found: what they wrote, for members alone, and until they are none."""

from tests.integration.membership.house import House, Json, code_of

ENTRY = {"name": "Ada L.", "about": "Plays the Budapest Gambit", "contact": "@ada on chess.example"}
MINE = "/me/directory-entry"


async def club(house: House) -> tuple[str, str, str, str]:
    """A community with two members: its owner's token, Ada's id and token, Bob's token."""
    community_id, owner = await house.community("olga@example.com")
    ada, for_ada = await house.join("ada@example.com", community_id)
    _, for_bob = await house.join("bob@example.com", community_id, "Bob")
    return owner, ada, for_ada, for_bob


async def found(house: House, token: str) -> list[Json]:
    return list((await house.call("GET", "/directory", token=token))["items"])


def shown(entry: Json) -> Json:
    return {word: entry[word] for word in ("name", "about", "contact")}


async def test_members_find_those_who_let_themselves_be_found(house: House) -> None:
    _, ada, for_ada, for_bob = await club(house)
    assert await found(house, for_bob) == []
    await house.call("PUT", MINE, ENTRY, token=for_ada, expect=200)
    (entry,) = await found(house, for_bob)
    assert (entry["person_id"], shown(entry)) == (ada, ENTRY)
    await house.call("PUT", MINE, {"name": "A."}, token=for_ada, expect=200)
    (entry,) = await found(house, for_bob)
    assert shown(entry) == {"name": "A.", "about": None, "contact": None}
    assert shown(await house.call("GET", MINE, token=for_ada)) == shown(entry)
    for _ in range(2):
        await house.call("DELETE", MINE, token=for_ada, expect=200)
    assert await found(house, for_bob) == []
    await house.call("GET", MINE, token=for_ada, expect=404)


async def test_it_is_for_members_alone(house: House) -> None:
    owner, _, for_ada, for_bob = await club(house)
    await house.call("PUT", MINE, ENTRY, token=for_ada)
    # Who owns the community without being a member of it is nobody in it.
    await house.call("GET", "/directory", token=owner, expect=403)
    await house.call("GET", "/directory", expect=401)
    await house.call("POST", "/me/departure", token=for_bob)
    refused = await house.call("GET", "/directory", token=for_bob, expect=409)
    assert code_of(refused) == "not_a_member"
    refused = await house.call("PUT", MINE, ENTRY, token=for_bob, expect=409)
    assert code_of(refused) == "not_a_member"
    other, _ = await house.community("eve@example.com", slug="go")
    _, for_eve = await house.join("eve@example.com", other, "Eve")
    assert await found(house, for_eve) == []


async def test_what_does_not_fit_is_refused(house: House) -> None:
    _, _, for_ada, for_bob = await club(house)
    for wrong in (
        {},
        {"name": " "},
        ENTRY | {"about": "x" * 2001},
        ENTRY | {"email": "a@b.example"},
    ):
        await house.call("PUT", MINE, wrong, token=for_ada, expect=422)
    assert await found(house, for_bob) == []


async def test_who_leaves_is_banned_or_erased_is_in_it_no_more(house: House) -> None:
    community_id, owner = await house.community("olga@example.com")
    people = []
    for name in ("ada", "bob", "cleo", "dora"):
        person_id, token = await house.join(f"{name}@example.com", community_id, name)
        await house.call("PUT", MINE, {"name": name}, token=token)
        people.append((person_id, token))
    (_, for_ada), (bob, _), (cleo, _), (_, for_dora) = people
    assert [entry["name"] for entry in await found(house, for_dora)] == [
        "dora",
        "cleo",
        "bob",
        "ada",
    ]
    await house.call("POST", "/me/departure", token=for_ada)
    await house.call("POST", f"/people/{bob}/ban", token=owner)
    await house.call("POST", f"/people/{cleo}/erasure", token=owner, expect=202)
    await house.quiet()
    assert [entry["name"] for entry in await found(house, for_dora)] == ["dora"]
    rows = await house.service.pool.fetch("SELECT data FROM events WHERE type = 'EntryShown'")
    assert len(rows) == 4
    assert "cleo" not in "".join(row["data"] for row in rows)


async def test_pages_hold_each_once(house: House) -> None:
    community_id, _ = await house.community("olga@example.com")
    for number in range(5):
        _, token = await house.join(f"p{number}@example.com", community_id, f"P{number}")
        await house.call("PUT", MINE, {"name": f"P{number}"}, token=token)
    seen, after = [], ""
    while True:
        page = await house.call("GET", f"/directory?limit=2{after}", token=token)
        seen += [entry["name"] for entry in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [f"P{number}" for number in (4, 3, 2, 1, 0)]


async def sought(house: House, token: str, words: str, query: str = "") -> Json:
    answer: Json = await house.call(
        "POST", f"/directory/search{query}", {"words": words}, token=token
    )
    return answer


async def test_members_find_each_other_by_a_part_of_what_they_show(house: House) -> None:
    owner, _, for_ada, for_bob = await club(house)
    await house.call("PUT", MINE, ENTRY, token=for_ada)
    zoe = {"name": "Zoë", "about": "Endgames; in Budapest on Mondays"}
    await house.call("PUT", MINE, zoe, token=for_bob)

    async def names(words: str) -> list[str]:
        return [entry["name"] for entry in (await sought(house, for_ada, words))["items"]]

    await house.eventually(lambda: names("budapest"), ["Zoë", "Ada L."])
    assert await names("zoe BUDAPEST") == ["Zoë"]
    assert await names("chess.example") == ["Ada L."]
    # What they did not write for it is not sought: neither their own name nor their address.
    assert await names("bob") == []
    first = await sought(house, for_ada, "budapest", "?limit=1")
    rest = await sought(house, for_ada, "budapest", f"?limit=1&after={first['next']}")
    seen = [entry["name"] for entry in (*first["items"], *rest["items"])]
    assert (seen, rest["next"]) == (["Zoë", "Ada L."], None)
    for words in ("", "   ", "a" * 201):
        await house.call("POST", "/directory/search", {"words": words}, token=for_ada, expect=422)
    await house.call("POST", "/directory/search", {"words": "zoe"}, token=owner, expect=403)
    await house.call("POST", "/me/departure", token=for_ada)
    refused = await house.call(
        "POST", "/directory/search", {"words": "zoe"}, token=for_ada, expect=409
    )
    assert code_of(refused) == "not_a_member"
