"""What many are told of an idea, of a change or of a document goes so many letters a minute, like an announcement."""

from collections.abc import Sequence
from datetime import timedelta

from shared.testing import eventually
from tests.integration.membership.house import House, Json, running
from tests.integration.membership.test_poll import club, count, opened

NAMES = ("ada", "bob", "cy", "dan", "eve")


async def members(house: House) -> tuple[str, Sequence[str]]:
    """The owner's token, and those of five members."""
    community_id, owner = await house.community("olga@example.com")
    tokens = [(await house.join(f"{name}@example.com", community_id))[1] for name in NAMES]
    await house.quiet()
    return owner, tokens


async def settled(house: House) -> None:
    """Nothing is under way any more, apart from what the clock brings."""

    async def due() -> bool:
        quiet = await house.service.quiet()
        return quiet.agenda_due == 0 and quiet.readers_behind == 0

    await eventually(due, within=60)


async def written(house: House, template: str) -> list[str]:
    await settled(house)
    return sorted(one.to for one in house.mailbox.letters if one.template == template)


async def minutes(house: House, template: str, number: int = 3) -> list[int]:
    """How many letters there are now, and a minute later each time."""
    counted = [len(await written(house, template))]
    for _ in range(number - 1):
        await house.service.move_clock(house.service.clock.now() + timedelta(seconds=61))
        counted.append(len(await written(house, template)))
    return counted


async def backed(house: House, tokens: Sequence[str]) -> str:
    first, *others = tokens
    posted = await house.call("POST", "/ideas", {"title": "A night of blitz"}, token=first)
    idea_id = str(posted["idea_id"])
    for token in others:
        await house.call("PUT", f"/ideas/{idea_id}/backing", token=token)
    return idea_id


async def answered(house: House, owner: str, idea_id: str) -> None:
    answer: Json = {"answer": "planned", "words": "From May on."}
    await house.call("POST", f"/ideas/{idea_id}/answer", answer, token=owner)


async def test_who_backs_an_idea_is_told_so_many_a_minute(database_url: str) -> None:
    async with running(database_url, announcement_letters=2) as house:
        owner, tokens = await members(house)
        await answered(house, owner, await backed(house, tokens))
        assert await minutes(house, "idea_answered", 4) == [2, 4, 5, 5]
        assert await written(house, "idea_answered") == [f"{name}@example.com" for name in NAMES]


async def test_what_is_taken_down_meanwhile_is_told_to_nobody_more(database_url: str) -> None:
    async with running(database_url, announcement_letters=2) as house:
        owner, tokens = await members(house)
        idea_id = await backed(house, tokens)
        await answered(house, owner, idea_id)
        assert await minutes(house, "idea_answered", 1) == [2]
        await house.call("POST", f"/ideas/{idea_id}/hiding", {}, token=owner)
        assert await minutes(house, "idea_answered") == [2, 2, 2]


async def test_readers_of_a_document_are_told_so_many_a_minute(database_url: str) -> None:
    async with running(database_url, announcement_letters=2) as house:
        owner, _ = await members(house)
        version = {"kind": "terms", "url": "https://chess.example/terms.pdf", "sha256": f"{1:064x}"}
        await house.call("POST", "/documents", version, token=owner, expect=201)
        assert await minutes(house, "document_terms") == [2, 4, 5]


async def test_who_a_poll_asked_is_told_of_what_was_done_so_many_a_minute(
    database_url: str,
) -> None:
    async with running(database_url, announcement_letters=2) as house:
        community_id, owner, _ = await club(house)
        poll_id = await opened(house, owner, secrecy="anonymous")
        await count(house, poll_id, owner)
        owner = await house.token("olga@example.com", community_id)
        done = {"words": "The hall is ours.", "poll_id": poll_id}
        await house.call("POST", "/improvements", done, token=owner)
        assert await minutes(house, "improvement_polled") == [2, 3, 3]
