"""A payment becomes a way into the owner's WhatsApp group; a loss becomes a task, as no program takes people out."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from shared.clock import real_now
from shared.ids import random_id
from shared.testing import eventually
from tests.doubles.serving import serving
from tests.doubles.whatsapp import NUMBER_ID, SECRET, TOKEN, VERIFY, VERSION, Message, Whatsapp
from tests.integration.membership.club import Payer
from tests.integration.membership.house import BASE, House, Json, running

LINK = "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv"
PHONE = "+33 6 12 34 56 78"
PLAIN = "+33612345678"


@dataclass
class Circle:
    """A community with a tier for sale, and a WhatsApp of our own."""

    house: House
    whatsapp: Whatsapp
    community_id: str
    owner: str
    gold: str

    async def open_group(self, **more: Any) -> str:
        body = {"name": "Débutants", "link": LINK, "tier_ids": [self.gold]} | more
        opened = await self.house.call("POST", "/groups", body, token=self.owner)
        return str(opened["group_id"])

    async def join(self, email: str = "ada@example.com") -> Payer:
        person_id, token = await self.house.join(email, self.community_id)
        payer = (
            self.house,
            self.community_id,
            self.gold,
            person_id,
            token,
            random_id(),
            random_id(),
        )
        return Payer(*payer)

    async def give(self, ada: Payer, number: str = PHONE, **more: Any) -> Json:
        body = {"number": number, "agreed": True}
        return await self.house.call("PUT", "/me/whatsapp", body, token=ada.token, **more)

    async def message(self, number: str = PLAIN, nth: int = 1) -> Message:
        async def taken() -> list[Message]:
            return self.whatsapp.to(number)

        return (await eventually(taken, lambda messages: len(messages) >= nth))[nth - 1]

    async def report(self, message: Message, status: str, code: int | None = None) -> Json:
        return await self.post(*self.whatsapp.report(message, status, code))

    async def post(self, raw: bytes, signature: str, expect: int = 200) -> Json:
        headers = {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}
        answer = await self.house.client.post(
            BASE + "/webhooks/whatsapp", content=raw, headers=headers
        )
        assert answer.status_code == expect, answer.text
        told: Json = answer.json()
        return told

    async def groups(self, ada: Payer) -> Json:
        path = f"/people/{ada.person_id}/groups"
        return await self.house.call("GET", path, token=ada.token)

    async def stage(self, ada: Payer) -> list[tuple[str, str | None]]:
        return [(one["invite"], one["problem"]) for one in (await self.groups(ada))["items"]]

    async def tasks(
        self, token: str | None = None
    ) -> list[tuple[str, str, str | None, str | None]]:
        listed = await self.house.call("GET", "/group-tasks", token=token or self.owner)
        return [
            (task["kind"], task["who"], task["name"], task["number"]) for task in listed["items"]
        ]

    async def enter(self, door: str) -> tuple[int, str | None]:
        answer = await self.house.client.get(f"{BASE}/public/group-doors/{door}")
        return answer.status_code, answer.headers.get("location")


@asynccontextmanager
async def gathered(database_url: str, **more: Any) -> AsyncIterator[Circle]:
    whatsapp = Whatsapp()
    async with serving(whatsapp) as address:
        told: dict[str, Any] = {
            "whatsapp_token": TOKEN,
            "whatsapp_number_id": NUMBER_ID,
            "whatsapp_secret": SECRET,
            "whatsapp_verify": VERIFY,
            "whatsapp_url": address + VERSION,
        } | more
        async with running(database_url, **told) as house:
            community_id, owner = await house.community("olga@example.com")
            gold = await house.tier(owner, "Gold", paid=True)
            yield Circle(house, whatsapp, community_id, owner, gold)
            await house.service.gateways["messenger"].close()
    assert whatsapp.wrong == []


@pytest.fixture
async def circle(database_url: str) -> AsyncIterator[Circle]:
    async with gathered(database_url) as opened:
        yield opened


async def test_a_payment_becomes_a_way_in_and_its_end_a_task(circle: Circle) -> None:
    group_id = await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    message = await circle.message()
    assert message.words == ["Chess Club", "Débutants"]
    assert message.language == "fr"
    assert await circle.enter(message.door) == (303, LINK)
    await circle.report(message, "delivered")
    await circle.house.eventually(lambda: circle.stage(ada), [("delivered", None)])

    await ada.stop()
    await circle.house.eventually(circle.tasks, [("removal", "owner", "Ada", PLAIN)])
    assert (await circle.enter(message.door))[0] == 409, "the door is shut at once"
    path = f"/people/{ada.person_id}/groups/{group_id}/removal"
    await circle.house.call("POST", path, {}, token=circle.owner)
    assert await circle.tasks() == []
    await circle.house.call("POST", path, {}, token=circle.owner)


async def test_who_paid_first_is_sent_the_door_when_they_give_their_number(circle: Circle) -> None:
    await circle.open_group()
    ada = await circle.join()
    await ada.pay()
    await circle.house.eventually(lambda: circle.stage(ada), [(None, None)])
    state = await circle.house.call("GET", f"/people/{ada.person_id}/state", token=ada.token)
    assert "give_number" in [step["step"] for step in state["next"]]
    assert state["groups"]["has_number"] is False
    await circle.give(ada)
    await circle.message()
    await circle.give(ada)
    await circle.house.quiet()
    assert len(circle.whatsapp.messages) == 1, "the same number again sends nothing again"


async def test_a_group_opened_later_reaches_who_was_there_before(circle: Circle) -> None:
    ada = await circle.join()
    await ada.pay()
    await circle.house.eventually_live(ada.person_id, ada.token, ("Gold", "subscription"))
    await circle.give(ada)
    await circle.open_group()
    assert (await circle.message()).to == PLAIN.removeprefix("+")


async def test_a_new_link_is_behind_the_doors_that_were_sent(circle: Circle) -> None:
    group_id = await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    message = await circle.message()
    moved = LINK[:-1] + "w"
    body = {"name": "Débutants", "link": moved, "tier_ids": [circle.gold]}
    await circle.house.call("PUT", f"/groups/{group_id}", body, token=circle.owner)
    assert await circle.enter(message.door) == (303, moved)
    await circle.house.call("DELETE", f"/groups/{group_id}", token=circle.owner)
    await circle.house.quiet()
    assert (await circle.enter(message.door))[0] == 409
    assert await circle.tasks() == [], "a closed group is nobody's task"


async def test_a_door_opens_for_nobody_else_and_not_for_ever(circle: Circle) -> None:
    group_id = await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    message = await circle.message()
    forged = message.door[:-2] + ("aa" if message.door[-2:] != "aa" else "bb")
    assert (await circle.enter(forged))[0] == 409
    assert (await circle.enter(f"{random_id()}/{message.door.split('/')[1]}"))[0] == 409
    await circle.house.service.move_clock(real_now() + timedelta(days=31))
    assert (await circle.enter(message.door))[0] == 409
    shown = await circle.house.call("POST", f"/me/groups/{group_id}/door", {}, token=ada.token)
    assert shown["url"] == LINK


async def test_nobody_is_shown_the_door_of_what_they_may_not_enter(circle: Circle) -> None:
    group_id = await circle.open_group()
    ada = await circle.join()
    path = f"/me/groups/{group_id}/door"
    refused = await circle.house.call("POST", path, {}, token=ada.token, expect=409)
    assert refused["errors"][0]["code"] == "nothing_to_enter"
    await ada.pay()
    await circle.house.eventually(lambda: circle.stage(ada), [(None, None)])
    refused = await circle.house.call("POST", path, {}, token=ada.token, expect=409)
    assert refused["errors"][0]["code"] == "number_needed"


async def test_who_is_not_on_whatsapp_hears_what_to_do(circle: Circle) -> None:
    group_id = await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    await circle.report(await circle.message(), "failed", 131026)
    await circle.house.eventually(lambda: circle.stage(ada), [("stuck", "number_unreachable")])
    await circle.house.eventually(circle.tasks, [("invite", "member", "Ada", PLAIN)])
    state = await circle.house.call("GET", f"/people/{ada.person_id}/state", token=ada.token)
    assert state["groups"]["stuck"] == [group_id]
    assert "put_group_right" in [step["step"] for step in state["next"]]
    await circle.give(ada, "+44 7911 123456")
    message = await circle.message("+447911123456")
    await circle.report(message, "read")
    await circle.house.eventually(lambda: circle.stage(ada), [("delivered", None)])
    await circle.house.eventually(circle.tasks, [])


async def test_reports_come_twice_and_out_of_order(circle: Circle) -> None:
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    message = await circle.message()
    for status, new in (("read", 1), ("delivered", 1), ("delivered", 0), ("sent", 0)):
        assert (await circle.report(message, status))["new"] == new
    await circle.house.quiet()
    assert await circle.stage(ada) == [("delivered", None)]


async def test_a_crash_after_sending_sends_nothing_again(circle: Circle) -> None:
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    circle.whatsapp.break_down()
    await ada.pay()
    message = await circle.message()
    await circle.house.eventually(lambda: circle.stage(ada), [("unsure", None)])
    await circle.house.service.move_clock(real_now() + timedelta(days=2))
    await circle.house.eventually(lambda: circle.stage(ada), [("stuck", "no_word")])
    assert len(circle.whatsapp.messages) == 1
    await circle.report(message, "delivered")
    await circle.house.eventually(lambda: circle.stage(ada), [("delivered", None)])


async def test_a_vendor_that_is_away_is_waited_for(circle: Circle) -> None:
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    circle.whatsapp.fail(131016, 500, times=2)
    await ada.pay()
    await circle.message()
    assert len(circle.whatsapp.posted) == 3
    await circle.house.eventually(lambda: circle.stage(ada), [("sent", None)])


async def test_only_whatsapp_reports_and_nobodys_number_is_kept(circle: Circle) -> None:
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    raw, signature = circle.whatsapp.report(await circle.message(), "delivered")
    refused = await circle.post(raw + b" ", signature, expect=400)
    assert refused["type"].endswith("bad_signature")
    assert (await circle.post(*circle.whatsapp.written_by("33612345678", "Hi")))["new"] == 0
    await circle.post(raw, signature)
    await circle.house.quiet()
    kept = await circle.house.service.pool.fetchval(
        "SELECT coalesce((SELECT string_agg(value::text, ' ') FROM inbox), '') ||"
        " coalesce((SELECT string_agg(data::text, ' ') FROM events), '')"
    )
    assert "33612345678" not in kept


async def test_whatsapp_asks_whether_reports_are_wanted(circle: Circle) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    answer = await circle.house.client.get(f"{BASE}/webhooks/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    guess = asked | {"hub.verify_token": "guess"}
    answer = await circle.house.client.get(f"{BASE}/webhooks/whatsapp", params=guess)
    assert answer.status_code == 403


async def test_numbers_are_told_with_their_country_and_only_by_who_agrees(circle: Circle) -> None:
    ada = await circle.join()
    for number in ("06 12 34 56 78", "+33", "+33 6 12 34 56 78 99 99 99", "call me"):
        await circle.give(ada, number, expect=422)
    body = {"number": PHONE, "agreed": False}
    await circle.house.call("PUT", "/me/whatsapp", body, token=ada.token, expect=422)
    await circle.give(ada)
    bob = await circle.join("bob@example.com")
    taken = await circle.give(bob, "0033 612 345 678".replace("0033", "+33"), expect=409)
    assert taken["errors"][0]["code"] == "number_taken"


async def test_who_withdraws_is_forgotten_once_they_are_out(circle: Circle) -> None:
    group_id = await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    await circle.message()
    await circle.house.eventually(lambda: circle.stage(ada), [("sent", None)])
    await circle.house.call("DELETE", "/me/whatsapp", token=ada.token)
    await circle.house.eventually(circle.tasks, [("removal", "owner", "Ada", PLAIN)])
    path = f"/people/{ada.person_id}/groups/{group_id}/removal"
    await circle.house.call("POST", path, {}, token=circle.owner)
    await circle.house.quiet()
    assert await keys_of_numbers(circle) == 0
    assert (await circle.groups(ada))["has_number"] is False


async def test_an_erased_person_is_taken_out_and_the_number_forgotten_in_any_case(
    circle: Circle,
) -> None:
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    await circle.message()
    await circle.house.eventually(lambda: circle.stage(ada), [("sent", None)])
    path = f"/people/{ada.person_id}/erasure"
    await circle.house.call("POST", path, {}, token=ada.token, expect=202)
    await circle.house.eventually(circle.tasks, [("removal", "owner", None, PLAIN)])
    assert await keys_of_numbers(circle) == 1
    await circle.house.service.move_clock(real_now() + timedelta(days=15))
    await circle.house.eventually(circle.tasks, [])
    await circle.house.quiet()
    assert await keys_of_numbers(circle) == 0


async def keys_of_numbers(circle: Circle) -> int:
    pool = circle.house.service.pool
    given = await pool.fetchval(
        "SELECT data::jsonb ->> 'link_id' FROM events WHERE type = 'NumberGiven'"
    )
    return int(
        await pool.fetchval(
            "SELECT count(*) FROM membership_personal.keys WHERE person_id = $1", UUID(given)
        )
    )


async def test_staff_are_written_to_when_somebody_is_to_be_taken_out(circle: Circle) -> None:
    owner_id, _ = await circle.house.join("olga@example.com", circle.community_id, "Olga")
    assert owner_id
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    await circle.message()
    await circle.house.eventually(lambda: circle.stage(ada), [("sent", None)])
    await ada.stop()

    async def told() -> int:
        letters = circle.house.mailbox.to("olga@example.com")
        return sum(letter.template == "group_removals" for letter in letters)

    await circle.house.eventually(told, 1)
    await circle.house.service.move_clock(real_now() + timedelta(days=4))
    await circle.house.eventually(told, 2)


async def test_a_number_is_told_to_those_alone_who_take_people_out(circle: Circle) -> None:
    await circle.open_group()
    ada = await circle.join()
    await circle.give(ada)
    await ada.pay()
    await circle.message()
    await circle.house.eventually(lambda: circle.stage(ada), [("sent", None)])
    await ada.stop()
    await circle.house.eventually(circle.tasks, [("removal", "owner", "Ada", PLAIN)])
    seen = {}
    for role in ("moderator", "read_only"):
        email = f"{role}@example.com"
        account = await circle.house.call("GET", "/me", token=await circle.house.token(email))
        body = {"account_id": account["account_id"], "role": role}
        await circle.house.call("POST", "/staff", body, token=circle.owner)
        seen[role] = await circle.tasks(await circle.house.token(email, circle.community_id))
    assert seen["moderator"] == [("removal", "owner", "Ada", PLAIN)]
    assert seen["read_only"] == [("removal", "owner", "Ada", None)]


async def test_groups_are_the_owners_and_their_links_whatsapps(circle: Circle) -> None:
    ada = await circle.join()
    body = {"name": "Débutants", "link": LINK, "tier_ids": [circle.gold]}
    await circle.house.call("POST", "/groups", body, token=ada.token, expect=403)
    for link in ("https://example.com/x", "http://chat.whatsapp.com/AbCdEfGhIjKl", LINK + "?x=1"):
        await circle.house.call(
            "POST", "/groups", body | {"link": link}, token=circle.owner, expect=422
        )
    unknown = body | {"tier_ids": [str(random_id())]}
    refused = await circle.house.call("POST", "/groups", unknown, token=circle.owner, expect=422)
    assert refused["errors"][0]["code"] == "tier_not_found"
    group_id = await circle.open_group()
    again = await circle.house.call("POST", "/groups", body, token=circle.owner, expect=422)
    assert again["errors"][0]["code"] == "link_used_twice"
    listed = await circle.house.call("GET", "/groups", token=circle.owner)
    assert listed["items"] == [
        {"group_id": group_id, "name": "Débutants", "link": LINK, "tier_ids": [circle.gold]}
    ]


async def test_without_whatsapp_there_are_no_groups(house: House) -> None:
    _, owner = await house.community("olga@example.com")
    refused = await house.call("GET", "/groups", token=owner, expect=404)
    assert refused["type"].endswith("groups_not_offered")
