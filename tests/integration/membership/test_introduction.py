"""Introductions between members who both agree: a no is told to nobody, an address is seen by a yes alone."""

from datetime import timedelta
from typing import Any

from shared.clock import real_now
from tests.integration.membership.house import House, Json, code_of

MINE = "/me/introductions"


class Two:
    """Ada and Bob, members who let themselves be found."""

    def __init__(self, house: House, community_id: str, owner: str) -> None:
        self.house, self.community_id, self.owner = house, community_id, owner
        self.ids: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    async def joins(self, name: str) -> None:
        joined = await self.house.join(f"{name}@example.com", self.community_id, name.title())
        self.ids[name], self.tokens[name] = joined
        entry = {"name": f"{name} here"}
        await self.house.call("PUT", "/me/directory-entry", entry, token=self.tokens[name])

    async def ask(self, who: str, whom: str, **more: Any) -> Json:
        body = {"person_id": self.ids[whom], "words": f"I am {who}"}
        await self.house.quiet()
        return await self.house.call("POST", MINE, body, token=self.tokens[who], **more)

    async def answer(self, who: str, introduction_id: str, **more: Any) -> Json:
        agreed = {"agreed": more.pop("agreed", True)}
        path = f"{MINE}/{introduction_id}/answer"
        return await self.house.call("POST", path, agreed, token=self.tokens[who], **more)

    async def seen_by(self, who: str) -> list[tuple[str, str | None, str | None]]:
        await self.house.quiet()
        listed = await self.house.call("GET", MINE, token=self.tokens[who])
        return [(one["standing"], one["name"], one["email"]) for one in listed["items"]]


async def two(house: House) -> Two:
    community_id, owner = await house.community("olga@example.com")
    both = Two(house, community_id, owner)
    await both.joins("ada")
    await both.joins("bob")
    return both


async def test_two_members_know_each_other_when_both_want_it(house: House) -> None:
    both = await two(house)
    asked = await both.ask("ada", "bob")
    assert await both.seen_by("ada") == [("waiting", None, None)]
    assert await both.seen_by("bob") == [("waiting", "Ada", None)]
    (listed,) = (await house.call("GET", MINE, token=both.tokens["bob"]))["items"]
    assert (listed["by_me"], listed["words"]) == (False, "I am ada")
    await both.answer("bob", asked["introduction_id"])
    assert await both.seen_by("ada") == [("agreed", "Bob", "bob@example.com")]
    assert await both.seen_by("bob") == [("agreed", "Ada", "ada@example.com")]
    letters = {
        name: [letter.template for letter in house.mailbox.to(f"{name}@example.com")]
        for name in ("ada", "bob")
    }
    assert letters["ada"].count("introduction_agreed") == 1
    assert [t for t in letters["bob"] if t.startswith("intro")] == [
        "introduction_asked",
        "introduction_agreed",
    ]
    again = await both.ask("ada", "bob", expect=409)
    assert code_of(again) == "know_each_other"


async def test_a_no_is_told_to_nobody(house: House) -> None:
    both = await two(house)
    asked = await both.ask("ada", "bob")
    await both.answer("bob", asked["introduction_id"], agreed=False)
    assert await both.seen_by("ada") == [("waiting", None, None)]
    assert await both.seen_by("bob") == [("declined", "Ada", None)]
    await both.ask("ada", "bob")
    await house.service.move_clock(real_now() + timedelta(days=31))
    both.tokens["ada"] = await house.token("ada@example.com", both.community_id)
    assert await both.seen_by("ada") == [("unanswered", None, None)]
    assert code_of(await both.ask("ada", "bob", expect=409)) == "asked_lately"
    templates = [letter.template for letter in house.mailbox.to("ada@example.com")]
    assert not [template for template in templates if template.startswith("intro")]


async def test_who_both_ask_have_both_agreed(house: House) -> None:
    both = await two(house)
    await both.ask("ada", "bob")
    await both.ask("bob", "ada")
    assert await both.seen_by("ada") == [("agreed", "Bob", "bob@example.com")]


async def test_nobody_asks_everybody_or_who_is_not_to_be_found(house: House) -> None:
    both = await two(house)
    for number in range(10):
        await both.joins(f"p{number}")
    for number in range(10):
        await both.ask("ada", f"p{number}")
    assert code_of(await both.ask("ada", "bob", expect=409)) == "too_many_wishes"
    assert len(await both.seen_by("ada")) == 10, "nothing half done"
    await house.call("DELETE", "/me/directory-entry", token=both.tokens["ada"])
    assert code_of(await both.ask("bob", "ada", expect=404)) == "entry_not_found"
    assert code_of(await both.ask("bob", "bob", expect=422)) == "yourself"


async def test_it_is_the_two_s_alone(house: House) -> None:
    both = await two(house)
    asked = await both.ask("ada", "bob")
    await both.joins("eve")
    assert await both.seen_by("eve") == []
    await both.answer("eve", asked["introduction_id"], expect=404)
    await both.answer("ada", asked["introduction_id"], expect=404)
    path = f"{MINE}/{asked['introduction_id']}"
    await house.call("DELETE", path, token=both.tokens["eve"], expect=404)
    await house.call("GET", MINE, token=both.owner, expect=403)
    await house.call("DELETE", path, token=both.tokens["ada"])
    assert (await both.seen_by("bob"))[0][0] == "withdrawn"


async def test_who_leaves_or_is_erased_knows_nobody_here(house: House) -> None:
    both = await two(house)
    await both.joins("cleo")
    first, second = await both.ask("ada", "bob"), await both.ask("cleo", "bob")
    await both.answer("bob", first["introduction_id"])
    await both.answer("bob", second["introduction_id"])
    await house.call("POST", "/me/departure", token=both.tokens["ada"])
    assert await both.seen_by("ada") == [("ended", None, None)]
    path = f"/people/{both.ids['cleo']}/erasure"
    await house.call("POST", path, {}, token=both.owner, expect=202)
    seen = await both.seen_by("bob")
    assert [standing for standing, _, _ in seen] == ["ended", "ended"]
    assert all(email is None for _, _, email in seen)
    kept = await house.service.pool.fetchval("SELECT string_agg(data::text, ' ') FROM events")
    assert "I am cleo" not in kept
