"""Members have ideas and back them; whoever asked for one hears what was made of it."""

from tests.integration.membership.house import House, Json, code_of


async def club(house: House) -> tuple[str, str, str, str]:
    """A community, and the tokens of its owner, of Ada and of Bob."""
    community_id, owner = await house.community("olga@example.com")
    _, for_ada = await house.join("ada@example.com", community_id)
    _, for_bob = await house.join("bob@example.com", community_id, "Bob")
    return community_id, owner, for_ada, for_bob


async def post(house: House, token: str, title: str = "A night of blitz") -> str:
    body = {"title": title, "text": "On Fridays"}
    return str((await house.call("POST", "/ideas", body, token=token))["idea_id"])


async def ideas(house: House, token: str, query: str = "") -> list[Json]:
    return list((await house.call("GET", f"/ideas{query}", token=token))["items"])


async def test_you_said_we_did(house: House) -> None:
    _, owner, for_ada, for_bob = await club(house)
    idea_id = await post(house, for_ada)
    for _ in range(2):
        await house.call("PUT", f"/ideas/{idea_id}/backing", token=for_bob)
    (seen,) = await ideas(house, for_bob)
    assert (seen["title"], seen["backers"], seen["backed"]) == ("A night of blitz", 2, True)
    assert (seen["mine"], seen["status"]) == (False, "open")
    answer = {"answer": "done", "words": "Every Friday from May on."}
    await house.call("POST", f"/ideas/{idea_id}/answer", answer, token=owner)
    (seen,) = await ideas(house, for_ada, "?filter[status]=done")
    assert (seen["words"], seen["mine"]) == ("Every Friday from May on.", True)
    await house.quiet()
    for address in ("ada@example.com", "bob@example.com"):
        letters = [letter for letter in house.mailbox.to(address) if letter.values.get("words")]
        assert [letter.values["words"] for letter in letters] == ["Every Friday from May on."]
    cleo = await house.call("PUT", f"/ideas/{idea_id}/backing", token=for_bob)
    assert cleo["version"], "what is so already may be said again"


async def test_who_thinks_better_of_it_is_not_counted_nor_told(house: House) -> None:
    _, owner, for_ada, for_bob = await club(house)
    idea_id = await post(house, for_ada)
    await house.call("PUT", f"/ideas/{idea_id}/backing", token=for_bob)
    await house.call("DELETE", f"/ideas/{idea_id}/backing", token=for_bob)
    (seen,) = await ideas(house, for_bob)
    assert (seen["backers"], seen["backed"]) == (1, False)
    answer = {"answer": "declined", "words": "Too loud."}
    await house.call("POST", f"/ideas/{idea_id}/answer", answer, token=owner)
    await house.quiet()
    assert not [x for x in house.mailbox.to("bob@example.com") if x.template == "idea_answered"]
    refused = await house.call("PUT", f"/ideas/{idea_id}/backing", token=for_bob, expect=409)
    assert code_of(refused) == "idea_settled"


async def test_it_is_for_members_and_answered_by_staff(house: House) -> None:
    _, _, for_ada, for_bob = await club(house)
    idea_id = await post(house, for_ada)
    answer = {"answer": "done", "words": "Yes."}
    await house.call("POST", f"/ideas/{idea_id}/answer", answer, token=for_bob, expect=403)
    assert code_of(await house.call("DELETE", f"/ideas/{idea_id}", token=for_bob, expect=404))
    await house.call("POST", "/me/departure", token=for_bob)
    refused = await house.call("PUT", f"/ideas/{idea_id}/backing", token=for_bob, expect=409)
    assert code_of(refused) == "not_a_member"
    await house.call("GET", "/ideas", token=for_bob, expect=409)


async def test_who_answers_them_reads_them_and_no_other_staff_who_are_no_members(
    house: House,
) -> None:
    community_id, owner, for_ada, _ = await club(house)
    await post(house, for_ada)
    (seen,) = await ideas(house, owner)
    assert (seen["title"], seen["mine"], seen["backed"]) == ("A night of blitz", False, False)
    account = await house.call("GET", "/me", token=await house.token("max@example.com"))
    role = {"account_id": account["account_id"], "role": "accountant"}
    await house.call("POST", "/staff", role, token=owner)
    accountant = await house.token("max@example.com", community_id)
    refused = await house.call("GET", "/ideas", token=accountant, expect=409)
    assert code_of(refused) == "not_a_member"
    _, stranger = await house.community("zoe@example.com", "draughts")
    assert await ideas(house, stranger) == []


async def test_who_is_no_member_any_more_does_not_hear_what_was_made_of_it(house: House) -> None:
    """Not who left, and least of all who was shut out."""
    community_id, owner, for_ada, for_bob = await club(house)
    cleo, for_cleo = await house.join("cleo@example.com", community_id, "Cleo")
    idea_id = await post(house, for_ada)
    for token in (for_bob, for_cleo):
        await house.call("PUT", f"/ideas/{idea_id}/backing", token=token)
    await house.call("POST", "/me/departure", token=for_bob)
    await house.call("POST", f"/people/{cleo}/ban", {}, token=owner)
    answer = {"answer": "done", "words": "Every Friday from May on."}
    await house.call("POST", f"/ideas/{idea_id}/answer", answer, token=owner)
    await house.quiet()
    told = [one.to for one in house.mailbox.letters if one.template == "idea_answered"]
    assert told == ["ada@example.com"]
    listed = await house.call("GET", f"/people/{cleo}/messages", token=owner)
    (message,) = [one for one in listed["items"] if one["template"] == "idea_answered"]
    assert message["not_sent"] == "not_a_member"


async def test_what_is_taken_back_or_down_is_seen_no_more(house: House) -> None:
    _, owner, for_ada, for_bob = await club(house)
    first, second = await post(house, for_ada), await post(house, for_ada, "Buy the tower")
    await house.call("DELETE", f"/ideas/{first}", token=for_ada)
    await house.call("POST", f"/ideas/{second}/hiding", {}, token=owner)
    assert await ideas(house, for_bob) == []
    answer = {"answer": "done", "words": "Yes."}
    await house.call("POST", f"/ideas/{first}/answer", answer, token=owner, expect=404)
    wrong: tuple[Json, ...] = ({"title": " "}, {"title": "x", "text": "y" * 2001}, {})
    for body in wrong:
        await house.call("POST", "/ideas", body, token=for_ada, expect=422)


async def test_the_words_of_who_is_erased_are_gone_and_the_count_stays(house: House) -> None:
    community_id, owner, _, for_bob = await club(house)
    cleo, for_cleo = await house.join("cleo@example.com", community_id, "Cleo")
    idea_id = await post(house, for_cleo, "Cleo's secret wish")
    await house.call("PUT", f"/ideas/{idea_id}/backing", token=for_bob)
    await house.call("POST", f"/people/{cleo}/erasure", {}, token=owner, expect=202)
    await house.quiet()
    (seen,) = await ideas(house, for_bob)
    assert (seen["title"], seen["backers"]) == (None, 2)
    kept = await house.service.pool.fetchval("SELECT string_agg(data::text, ' ') FROM events")
    assert "secret wish" not in kept
