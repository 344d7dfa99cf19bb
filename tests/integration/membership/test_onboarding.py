"""Once a tier opens, steps lead the person in: by themselves where they can, reminded where they cannot."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.clock import real_now
from shared.contracts.contract import MoneyValue
from shared.contracts.events_ticket import TicketBought
from shared.testing import eventually
from tests.integration.membership.club import Ada, Club
from tests.integration.membership.house import Json


def step(key: str, kind: str, **more: Any) -> Json:
    words = [
        {"language": "en", "title": f"{key} title", "text": f"{key} text"},
        {"language": "fr", "title": f"{key} titre", "text": f"{key} texte"},
    ]
    return {"key": key, "kind": kind, "words": words} | more


STEPS = [
    step("in", "access"),
    step("welcome", "welcome", letter=True),
    step("chat", "chat"),
    step("hello", "introduce", opens_after_hours=24, remind_after_hours=48, ends_after_days=7),
    step("rules", "checklist"),
]


async def plan(club: Club, *steps: Json) -> None:
    body = {"steps": list(steps or STEPS)}
    await club.house.call("PUT", f"/tiers/{club.gold}/onboarding", body, token=club.owner)


async def states(ada: Ada) -> dict[str, str]:
    path = f"/people/{ada.person_id}/onboarding"
    told = await ada.club.house.call("GET", path, token=ada.token)
    return {one["key"]: one["state"] for item in told["items"] for one in item["steps"]}


async def until(ada: Ada, **wanted: str) -> None:
    await eventually(lambda: states(ada), lambda seen: seen == wanted)


async def mark(ada: Ada, key: str, **more: Any) -> Json:
    path = f"/me/onboarding/{ada.club.gold}/steps/{key}/done"
    return await ada.club.house.call("POST", path, {}, token=ada.token, **more)


def ticket_of(ada: Ada) -> TicketBought:
    return TicketBought(
        community_id=UUID(ada.club.community_id), occurred_at=real_now(), ticket_id=uuid4(),
        gathering_id=uuid4(), person_id=UUID(ada.person_id), hold_id=uuid4(), seats=1,
        amount=MoneyValue(minor=0, currency="EUR"), origin="free",
    )  # fmt: skip


def letters(club: Club, template: str) -> list[Json]:
    sent = club.house.mailbox.to("ada@example.com")
    return [dict(letter.values) for letter in sent if letter.template == template]


async def test_who_pays_is_led_in_and_is_through_when_all_is_done(club: Club) -> None:
    await club.connect()
    await plan(club)
    ada = await club.join()
    await ada.pay()
    await until(ada, **{"in": "done"}, welcome="done", chat="open", hello="waiting", rules="open")
    await club.house.quiet()
    assert letters(club, "onboarding_step") == [{"title": "welcome titre", "text": "welcome texte"}]
    await ada.link()
    await until(ada, **{"in": "done"}, welcome="done", chat="done", hello="waiting", rules="open")
    await mark(ada, "rules")
    entry = {"name": "Ada L."}
    await club.house.call("PUT", "/me/directory-entry", entry, token=ada.token)
    await until(ada, **{"in": "done"}, welcome="done", chat="done", hello="done", rules="done")
    listed = await club.house.call("GET", "/onboarding", token=club.owner)
    (row,) = listed["items"]
    assert (row["state"], row["steps"], row["done"], row["missed"]) == ("completed", 5, 5, 0)
    assert row["open"] == []


async def test_who_does_nothing_is_reminded_and_not_waited_for_for_ever(club: Club) -> None:
    await plan(club, STEPS[3])
    ada = await club.join()
    await ada.pay()
    await until(ada, hello="waiting")
    await club.house.service.move_clock(real_now() + timedelta(hours=25))
    await until(ada, hello="open")
    state = await club.house.call("GET", f"/people/{ada.person_id}/state", token=ada.token)
    assert "take_step" in [one["step"] for one in state["next"]]
    await club.house.service.move_clock(real_now() + timedelta(hours=25 + 49))
    await club.house.eventually(_sent(club, "onboarding_reminder"), 1)
    await club.house.service.move_clock(real_now() + timedelta(days=9))
    await until(ada, hello="missed")
    await club.house.quiet()
    assert letters(club, "onboarding_reminder") == [{"title": "hello titre", "text": "hello texte"}]
    filtered = "/onboarding?filter[state]=completed"
    (row,) = (await club.house.call("GET", filtered, token=club.owner))["items"]
    assert (row["done"], row["missed"]) == (0, 1)


def _sent(club: Club, template: str) -> Any:
    async def count() -> int:
        return len(letters(club, template))

    return count


async def test_who_wants_no_reminders_gets_none(club: Club) -> None:
    await plan(club, STEPS[3])
    ada = await club.join()
    out = {"preferences": [{"channel": "email", "kind": "reminder", "wanted": False}]}
    path = f"/people/{ada.person_id}/preferences"
    await club.house.call("PUT", path, out, token=ada.token)
    await ada.pay()
    await until(ada, hello="waiting")
    await club.house.service.move_clock(real_now() + timedelta(hours=25))
    await until(ada, hello="open")
    await club.house.service.move_clock(real_now() + timedelta(hours=25 + 49))
    await club.house.quiet()
    assert letters(club, "onboarding_reminder") == []


async def test_a_stuck_chat_says_who_must_act(club: Club) -> None:
    await club.connect(roles=[{"tier_id": club.gold, "role_id": "999"}])
    await plan(club, STEPS[2])
    ada = await club.join()
    club.guild.members[ada.user] = set()
    await ada.pay()
    await until(ada, chat="open")
    await ada.link()
    await ada.is_stuck("owner", "role_unknown")
    path = f"/people/{ada.person_id}/onboarding"
    told = await club.house.call("GET", path, token=ada.token)
    (shown,) = told["items"][0]["steps"]
    assert (shown["who"], shown["title"]) == ("owner", "chat titre")
    assert "role" in shown["detail"]


async def test_what_was_done_before_is_done(club: Club) -> None:
    await plan(club, STEPS[3], step("meet", "gathering"))
    ada, bob = await club.join(), await club.join("bob@example.com")
    await club.house.call("PUT", "/me/directory-entry", {"name": "Ada L."}, token=ada.token)
    await club.house.hear(ticket_of(ada))
    await club.house.quiet()
    await ada.pay()
    await until(ada, hello="done", meet="done")
    await bob.pay()
    await until(bob, hello="waiting", meet="open")
    await mark(bob, "meet")
    await until(bob, hello="waiting", meet="done")


async def test_steps_open_after_one_another_and_when_what_they_wait_for_comes(club: Club) -> None:
    await club.connect()
    await plan(
        club,
        step("rules", "checklist"),
        step("hello", "introduce", trigger="step", step="rules", letter=True),
        step("talk", "checklist", trigger="chat"),
        step("bring", "checklist", trigger="ticket", opens_after_hours=24),
        step("again", "checklist", trigger="attendance", ends_after_days=30),
        step("never", "checklist", trigger="step", step="again"),
    )
    ada = await club.join()
    await ada.pay()
    seen = dict.fromkeys(("hello", "talk", "bring", "again", "never"), "waiting")
    await until(ada, **{"rules": "open"} | seen)
    await mark(ada, "rules")
    await until(ada, **seen | {"rules": "done", "hello": "open"})
    await club.house.eventually(_sent(club, "onboarding_step"), 1)
    await ada.link()
    await club.house.hear(ticket_of(ada))
    await until(ada, **seen | {"rules": "done", "hello": "open", "talk": "open"})
    await club.house.quiet()
    await club.house.service.move_clock(real_now() + timedelta(hours=25))
    opened = {"rules": "done", "hello": "open", "talk": "open", "bring": "open"}
    await until(ada, **seen | opened)
    bob = await club.join("bob@example.com")
    await bob.pay()
    was_there = {"id": "1", "person_id": bob.person_id, "kind": "attendance"}
    told = {"source": "door", "signals": [was_there | {"seen_at": real_now().isoformat()}]}
    await club.house.call("POST", "/activity", told, token=club.owner)
    await until(bob, **seen | {"rules": "open", "again": "open"})
    await club.house.service.move_clock(real_now() + timedelta(days=32))
    missed = dict.fromkeys(("hello", "talk", "bring", "again", "never"), "missed")
    await until(ada, **missed | {"rules": "done"})


async def test_who_took_part_before_is_not_waited_for(club: Club) -> None:
    await plan(club, step("again", "checklist", trigger="attendance"))
    ada = await club.join()
    was_there = {"id": "1", "person_id": ada.person_id, "kind": "attendance"}
    told = {"source": "door", "signals": [was_there | {"seen_at": real_now().isoformat()}]}
    await club.house.call("POST", "/activity", told, token=club.owner)
    await club.house.quiet()
    await ada.pay()
    await until(ada, again="open")


async def test_who_loses_the_tier_is_led_no_further(club: Club) -> None:
    await plan(club, STEPS[4])
    ada = await club.join()
    await ada.pay()
    await until(ada, rules="open")
    await ada.stop()
    await club.house.quiet()
    stopped = "/onboarding?filter[state]=stopped"
    assert len((await club.house.call("GET", stopped, token=club.owner))["items"]) == 1


async def test_only_what_nobody_else_can_know_is_marked(club: Club) -> None:
    await plan(club)
    ada = await club.join()
    await mark(ada, "rules", expect=404)
    await ada.pay()
    await eventually(lambda: states(ada), lambda seen: seen.get("rules") == "open")
    refused = await mark(ada, "chat", expect=409)
    assert refused["errors"][0]["code"] == "step_does_itself"
    await mark(ada, "nothing", expect=404)
    await mark(ada, "rules")
    await mark(ada, "rules")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"remind_after_hours": 24 * 14}, "reminder_too_late"),
        ({"key": "Not a key"}, "string_pattern_mismatch"),
        ({"words": []}, "language_twice"),
        ({"kind": "dance"}, "literal_error"),
        ({"trigger": "step", "step": "hello"}, "waits_for_itself"),
        ({"trigger": "step", "step": "other"}, "trigger_unknown"),
        ({"step": "hello"}, "trigger_unclear"),
    ],
)
async def test_what_makes_no_sense_is_not_planned(club: Club, change: Json, code: str) -> None:
    body = {"steps": [step("hello", "introduce") | change]}
    path = f"/tiers/{club.gold}/onboarding"
    refused = await club.house.call("PUT", path, body, token=club.owner, expect=422)
    assert refused["errors"][0]["code"] == code
    assert (await club.house.call("GET", path, token=club.owner))["steps"] == []


async def test_plans_are_the_staffs(club: Club) -> None:
    ada = await club.join()
    path = f"/tiers/{club.gold}/onboarding"
    await club.house.call("PUT", path, {"steps": []}, token=ada.token, expect=403)
    nowhere = f"/tiers/{uuid4()}/onboarding"
    await club.house.call("PUT", nowhere, {"steps": []}, token=club.owner, expect=404)
    await plan(club)
    shown = await club.house.call("GET", path, token=club.owner)
    assert [one["key"] for one in shown["steps"]] == ["in", "welcome", "chat", "hello", "rules"]
