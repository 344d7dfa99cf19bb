"""Levels by what members do: reached by the day, lost after protected days, a reason to enter, and the spotlight."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from shared.clock import real_now
from tests.integration.membership.house import House, Json

RULES = "/recognition/rules"
LEVELS = [
    {"key": "helper", "label": "Helper", "threshold": 5},
    {"key": "pillar", "label": "Pillar", "threshold": 40},
]


class Circle:
    """A community with rules, and Ada who does things in it."""

    def __init__(self, house: House, community_id: str, owner: str) -> None:
        self.house, self.community_id, self.owner = house, community_id, owner
        self.began = real_now()
        self.gold = ""

    def rules(self, **more: Any) -> Json:
        levels = [LEVELS[0], LEVELS[1] | {"tier_id": self.gold}]
        weights = [{"kind": "answer", "points": 5, "most_a_day": 2}]
        told = {"window_days": 30, "weights": weights, "levels": levels, "protected_days": 14}
        return told | more

    async def write(self, **more: Any) -> None:
        await self.house.call("PUT", RULES, self.rules(**more), token=self.owner)
        await self.house.quiet()

    async def answers(self, person_id: str, days: int, times: int = 2) -> None:
        """So many a day, on the last days up to today."""
        now = self.house.service.clock.now()
        signals = [
            {
                "id": str(uuid4()),
                "person_id": person_id,
                "kind": "answer",
                "seen_at": (now - timedelta(days=day)).isoformat(),
            }
            for day in range(days)
            for _ in range(times)
        ]
        await self.house.quiet()  # who has just joined is known
        body = {"source": "discord", "signals": signals}
        await self.house.call("POST", "/activity", body, token=self.owner)
        await self.house.quiet()

    async def days_pass(self, days: float) -> None:
        """So many since this began."""
        await self.house.service.move_clock(self.began + timedelta(days=days, minutes=5))
        await self.house.quiet()

    async def of(self, person_id: str, token: str | None = None) -> Json:
        path = f"/people/{person_id}/recognition"
        return await self.house.call("GET", path, token=token or self.owner)

    async def level(self, person_id: str) -> str | None:
        level = (await self.of(person_id))["level"]
        return level and str(level["level"])

    def letters(self, template: str, email: str = "ada@example.com") -> list[Json]:
        sent = self.house.mailbox.to(email)
        return [dict(letter.values) for letter in sent if letter.template == template]


async def circle(house: House) -> Circle:
    community_id, owner = await house.community("olga@example.com")
    opened = Circle(house, community_id, owner)
    opened.gold = await house.tier(owner, "Gold", paid=True)
    return opened


async def with_ada(house: House) -> tuple[Circle, str, str]:
    """The rules are written, and she answers twice a day for four days."""
    here = await circle(house)
    ada, token = await house.join("ada@example.com", here.community_id)
    await here.write()
    await here.answers(ada, 4)
    return here, ada, token


async def test_rules_are_written_by_staff_and_read_by_everybody(house: House) -> None:
    here = await circle(house)
    _, token = await house.join("ada@example.com", here.community_id)
    assert (await house.call("GET", RULES, token=token))["version"] == 0
    await here.write()
    read = await house.call("GET", RULES, token=token)
    assert read["version"] == 1
    assert read["levels"][1] == LEVELS[1] | {"tier_id": here.gold}
    assert read["levels"][0] == LEVELS[0] | {"tier_id": None}
    await here.write()
    await here.write(protected_days=0)
    assert (await house.call("GET", RULES, token=token))["version"] == 2
    await house.call("PUT", RULES, here.rules(), token=token, expect=403)
    await house.call("POST", f"{RULES}/preview", here.rules(), token=token, expect=403)
    await house.call("GET", RULES, expect=401)


async def test_rules_that_make_no_sense_are_refused_with_where(house: House) -> None:
    here = await circle(house)
    wrong: list[tuple[Json, str]] = [
        ({"window_days": 6}, "/window_days"),
        ({"window_days": 367}, "/window_days"),
        ({"protected_days": 91}, "/protected_days"),
        ({"weights": [{"kind": "dance", "points": 1}]}, "/weights/0/kind"),
        ({"weights": [{"kind": "answer", "points": 101}]}, "/weights/0/points"),
        ({"weights": [{"kind": "answer", "points": 1}] * 2, "levels": []}, "/weights/1/kind"),
        ({"levels": LEVELS[::-1]}, "/levels/1/threshold"),
        ({"levels": [LEVELS[0] | {"tier_id": str(uuid4())}]}, "/levels/0/tier_id"),
        ({"levels": [LEVELS[0] | {"threshold": 301}]}, "/levels/0/threshold"),
        ({"levels": [LEVELS[0]] * 10}, "/levels"),
    ]
    for rules, pointer in wrong:
        for method, path in (("PUT", RULES), ("POST", f"{RULES}/preview")):
            told = await house.call(method, path, here.rules(**rules), token=here.owner, expect=422)
            assert told["errors"][0]["pointer"] == pointer, told
    _, eve = await house.community("eve@example.com", slug="go")
    told = await house.call("PUT", RULES, here.rules(), token=eve, expect=422)
    assert told["errors"][0]["code"] == "tier_not_found"


async def test_what_a_member_does_lifts_them_by_the_next_day_and_opens_a_tier(house: House) -> None:
    here, ada, token = await with_ada(house)
    seen = await here.of(ada, token)
    assert (seen["level"], seen["score"], seen["next"]) == (None, 40, None)
    await here.days_pass(1)
    held = (await here.of(ada, token))["level"]
    assert held == {"level": "pillar", "label": "Pillar", "rank": 2, "tiers": [here.gold]}
    assert ("Gold", "recognition") in await house.live(ada, token)
    assert here.letters("level_reached") == [{"level": "Pillar"}]
    await here.days_pass(3)
    assert len(here.letters("level_reached")) == 1
    (listed,) = (await house.call("GET", "/recognition", token=here.owner))["items"]
    assert (listed["person_id"], listed["level"]["level"]) == (ada, "pillar")
    filtered = await house.call("GET", "/recognition?filter[level]=helper", token=here.owner)
    assert filtered["items"] == []
    await house.call("GET", "/recognition", token=token, expect=403)


async def test_a_flood_in_one_day_lifts_nobody_further_than_a_day_can(house: House) -> None:
    here = await circle(house)
    ada, token = await house.join("ada@example.com", here.community_id)
    await here.write()
    await here.answers(ada, 1, times=400)
    seen = await here.of(ada, token)
    assert (seen["score"], seen["next"]["missing"], seen["next"]["level"]) == (10, 30, "pillar")
    await here.days_pass(1)
    assert await here.level(ada) == "helper"


async def test_who_does_less_is_reminded_and_loses_it_after_the_protected_days(
    house: House,
) -> None:
    here, ada, token = await with_ada(house)
    await here.days_pass(1)
    await here.days_pass(28)
    seen = await here.of(ada, token)
    assert seen["level"]["level"] == "pillar"
    assert seen["ends_at"] is not None
    assert seen["next"]["missing"] == 40 - seen["score"]
    (reminder,) = here.letters("level_reminder")
    assert reminder["level"] == "Pillar"
    assert ("Gold", "recognition") in await house.live(ada, token)
    await here.days_pass(45)
    seen = await here.of(ada, token)
    assert (seen["level"], seen["ends_at"], seen["score"]) == (None, None, 0)
    assert ("Gold", "recognition") not in await house.live(ada, token)
    access = await house.call("GET", f"/people/{ada}/access", token=here.owner)
    assert [one["cause"] for one in access["past"] if one["kind"] == "recognition"] == ["ended"]


async def test_who_leaves_has_no_level_and_begins_anew(house: House) -> None:
    here, ada, token = await with_ada(house)
    await here.days_pass(1)
    await house.call("POST", "/me/departure", token=token)
    await house.quiet()
    assert await here.level(ada) is None
    assert ("Gold", "recognition") not in await house.live(ada, here.owner)
    again, token = await house.join("ada@example.com", here.community_id)
    assert again == ada
    await here.days_pass(3)
    assert (await here.of(ada, token))["score"] == 0
    assert await here.level(ada) is None
    await here.days_pass(9)
    await here.answers(ada, 4)
    await here.days_pass(10)
    assert await here.level(ada) == "pillar"
    assert ("Gold", "recognition") in await house.live(ada, token)
    assert len(here.letters("level_reached")) == 2


async def test_who_is_shut_out_or_erased_has_no_level(house: House) -> None:
    here, ada, _ = await with_ada(house)
    bob, _ = await house.join("bob@example.com", here.community_id, "Bob")
    await here.answers(bob, 4)
    await here.days_pass(1)
    assert (await here.level(ada), await here.level(bob)) == ("pillar", "pillar")
    await house.call("POST", f"/people/{bob}/ban", {}, token=here.owner)
    await house.call("POST", f"/people/{ada}/erasure", {}, token=here.owner, expect=202)
    await house.quiet()
    await here.days_pass(2)
    assert (await house.call("GET", "/recognition", token=here.owner))["items"] == []
    assert ("Gold", "recognition") not in await house.live(bob, here.owner)
    for table in ("recognitions_v1", "spotlights_v1_rises"):
        count = f"SELECT count(*) FROM {table} WHERE person_id = $1"
        assert await house.service.pool.fetchval(count, ada) == 0


async def test_who_wants_no_level_has_none_until_they_say_otherwise(house: House) -> None:
    here, ada, token = await with_ada(house)
    await here.days_pass(1)
    for wanted, level in ((False, None), (True, "pillar")):
        await house.call("PUT", "/me/recognition", {"wanted": wanted}, token=token)
        await here.days_pass(2 if not wanted else 3)
        seen = await here.of(ada, token)
        assert (seen["wanted"], seen["level"] and seen["level"]["level"]) == (wanted, level)
        live = ("Gold", "recognition") in await house.live(ada, token)
        assert live is wanted
    await house.call("PUT", "/me/recognition", {"wanted": "maybe"}, token=token, expect=422)
    await house.call("PUT", "/me/recognition", {"wanted": False}, token=here.owner, expect=403)


async def test_what_new_rules_would_do_is_shown_before_they_do_it(house: House) -> None:
    here, ada, _ = await with_ada(house)
    bob, _ = await house.join("bob@example.com", here.community_id, "Bob")
    await here.answers(bob, 1)
    await here.days_pass(1)
    harder = [LEVELS[0] | {"threshold": 20, "tier_id": here.gold}]
    body = here.rules(levels=harder, protected_days=0)
    seen = await house.call("POST", f"{RULES}/preview", body, token=here.owner)
    assert seen["levels"] == [{"level": "helper", "label": "Helper", "people": 1}]
    counts = {name: seen[name] for name in ("members", "none", "rises", "falls", "endangered")}
    assert counts == {"members": 2, "none": 1, "rises": 0, "falls": 2, "endangered": 0}
    assert (await house.call("GET", RULES, token=here.owner))["version"] == 1
    assert await here.level(bob) == "helper"
    await here.write(levels=harder, protected_days=0)
    assert (await here.level(ada), await here.level(bob)) == ("helper", None)
    assert ("Gold", "recognition") in await house.live(ada, here.owner)
    await here.write(levels=[])
    assert await here.level(ada) is None
    assert ("Gold", "recognition") not in await house.live(ada, here.owner)
    rounds = await events(house, "RecognitionRoundBegun")
    await here.days_pass(4)
    assert await events(house, "RecognitionRoundBegun") == rounds


async def events(house: House, name: str = "%") -> int:
    sql = "SELECT count(*) FROM events WHERE type LIKE $1"
    count: int = await house.service.pool.fetchval(sql, name)
    return count


async def test_a_day_on_which_nobody_moves_decides_on_nobody(house: House) -> None:
    here, _, _ = await with_ada(house)
    await here.days_pass(1)
    commands = "SELECT count(*) FROM commands"
    before, decided = await events(house), await house.service.pool.fetchval(commands)
    await here.days_pass(4)
    assert await events(house) == before + 3
    assert await house.service.pool.fetchval(commands) == decided + 3


async def test_whom_new_rules_lift_is_not_written_to(house: House) -> None:
    here = await circle(house)
    ada, _ = await house.join("ada@example.com", here.community_id)
    await here.answers(ada, 1)
    await here.write()
    assert await here.level(ada) == "helper"
    await here.days_pass(1)
    assert here.letters("level_reached") == []


async def test_who_wants_no_news_is_not_written_to(house: House) -> None:
    here = await circle(house)
    ada, token = await house.join("ada@example.com", here.community_id)
    out = [{"channel": "email", "kind": "announcement", "wanted": False}]
    path = f"/people/{ada}/preferences"
    await house.call("PUT", path, {"preferences": out}, token=token)
    await here.write()
    await here.answers(ada, 4)
    await here.days_pass(1)
    assert await here.level(ada) == "pillar"
    assert here.letters("level_reached") == []


async def test_members_see_the_level_of_who_lets_themselves_be_found(house: House) -> None:
    here, ada, for_ada = await with_ada(house)
    _, for_bob = await house.join("bob@example.com", here.community_id, "Bob")
    await here.days_pass(1)
    assert (await house.call("GET", "/directory", token=for_bob))["items"] == []
    await house.call("GET", f"/people/{ada}/recognition", token=for_bob, expect=403)
    await house.call("PUT", "/me/directory-entry", {"name": "Ada L."}, token=for_ada)
    (entry,) = (await house.call("GET", "/directory", token=for_bob))["items"]
    assert (entry["name"], entry["level"]) == ("Ada L.", "Pillar")
    await house.call("PUT", "/me/recognition", {"wanted": False}, token=for_ada)
    (entry,) = (await house.call("GET", "/directory", token=for_bob))["items"]
    assert entry["level"] is None


async def suggested(here: Circle) -> list[tuple[str, int]]:
    told = await here.house.call("GET", "/recognition/suggestions", token=here.owner)
    return [(item["name"], item["risen"]) for item in told["items"]]


async def test_the_spotlight_is_suggested_for_who_rose_and_was_not_shown_lately(
    house: House,
) -> None:
    here, ada, for_ada = await with_ada(house)
    bob, for_bob = await house.join("bob@example.com", here.community_id, "Bob")
    await house.join("carl@example.com", here.community_id, "Carl")
    await here.answers(bob, 1)
    await here.days_pass(1)
    assert await suggested(here) == []
    refused = await house.call("POST", f"/people/{ada}/spotlights", token=here.owner, expect=409)
    assert refused["errors"][0]["code"] == "not_in_directory"
    for token, name in ((for_bob, "Bob"), (for_ada, "Ada L.")):
        await house.call("PUT", "/me/directory-entry", {"name": name}, token=token)
    assert await suggested(here) == [("Ada L.", 2), ("Bob", 1)]
    for _ in range(2):
        await house.call("POST", f"/people/{ada}/spotlights", token=here.owner)
    assert await suggested(here) == [("Bob", 1)]
    await house.call("POST", f"/people/{bob}/spotlights", token=for_ada, expect=403)
    await house.call("POST", f"/people/{uuid4()}/spotlights", token=here.owner, expect=404)
    await house.call("GET", "/recognition/suggestions", token=for_ada, expect=403)


async def test_nothing_of_it_is_another_communitys(house: House) -> None:
    here, ada, for_ada = await with_ada(house)
    await house.call("PUT", "/me/directory-entry", {"name": "Ada L."}, token=for_ada)
    await here.days_pass(1)
    _, eve = await house.community("eve@example.com", slug="go")
    assert (await house.call("GET", "/recognition", token=eve))["items"] == []
    assert (await house.call("GET", "/recognition/suggestions", token=eve))["items"] == []
    assert (await house.call("GET", RULES, token=eve))["version"] == 0
    preview = here.rules(levels=LEVELS)
    assert (await house.call("POST", f"{RULES}/preview", preview, token=eve))["members"] == 0
    await house.call("GET", f"/people/{ada}/recognition", token=eve, expect=404)
    await house.call("POST", f"/people/{ada}/spotlights", token=eve, expect=404)
