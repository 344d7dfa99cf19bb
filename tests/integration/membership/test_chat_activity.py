"""What members do on their community's Discord server is counted once; of strangers, and of words, nothing is kept."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from services.membership.gateways import listening
from services.membership.gateways.gateway import StreamSession
from services.membership.gateways.listening import Listening, standing_of
from shared.clock import real_now
from shared.testing import eventually
from tests.doubles.discord import CLIENT_ID, CLIENT_SECRET, TOKEN, Discord
from tests.doubles.discord_stream import NICKNAME, WORDS, Stream
from tests.integration.membership.club import Ada, Club, gathered
from tests.integration.membership.house import House, Json
from tests.integration.membership.test_poll import everything
from tools.house import ROOT


@dataclass
class Hall(Club):
    """A club whose server is listened to."""

    stream: Stream = field(init=False)

    async def member(self, email: str = "ada@example.com") -> Ada:
        """Somebody who has linked their account and is on the server."""
        ada = await self.join(email)
        self.guild.members[ada.user] = set()
        await ada.link()
        await self.house.quiet()
        return ada

    async def followed(self) -> None:
        async def look() -> int:
            return self.stream.followed

        await eventually(look, lambda streams: streams == self.discord.shards)

    async def signals(self) -> list[Json]:
        rows = await self.house.service.pool.fetch(
            "SELECT data FROM events WHERE type = 'SignalRecorded' ORDER BY position"
        )
        return [json.loads(row["data"])["signal"] for row in rows]

    async def until(self, number: int) -> list[Json]:
        return await eventually(self.signals, lambda signals: len(signals) == number)

    async def heard_all(self) -> None:
        """Until the place is stored of all that was sent."""

        async def look() -> set[tuple[str, int]]:
            rows = await self.house.service.pool.fetch("SELECT session_id, seq FROM chat_streams")
            return {(row["session_id"], row["seq"]) for row in rows}

        sent = {(one.id, len(one.sent)) for one in self.stream.sessions.values() if one.is_valid}
        await eventually(look, lambda places: places >= sent)

    async def activity(self, person: Ada) -> dict[str, int]:
        path = f"/people/{person.person_id}/activity"
        told = await self.house.call("GET", path, token=person.token)
        return {item["kind"]: item["times"] for item in told["items"]}

    async def standing(self, **more: Any) -> Json:
        return await self.house.call("GET", "/chat/activity", token=self.owner, **more)


@asynccontextmanager
async def opened(
    database_url: str, *, listening: bool = True, refuses: int | None = None
) -> AsyncIterator[Hall]:
    discord = Discord()
    stream = Stream(discord)
    stream.refuses = refuses
    async with (
        stream.listening(),
        gathered(database_url, discord, discord_activity=listening) as club,
    ):
        hall = Hall(**vars(club))
        hall.stream = stream
        await hall.connect()
        yield hall
    assert stream.wrong == []


@pytest.fixture
async def hall(database_url: str) -> AsyncIterator[Hall]:
    async with opened(database_url) as made:
        await made.followed()
        yield made


async def test_what_members_do_is_counted_by_kind(hall: Hall) -> None:
    ada, bob = await hall.member(), await hall.member("bob@example.com")
    first = hall.stream.message(hall.guild, ada.user)
    hall.stream.message(hall.guild, bob.user, answers=(first, ada.user))
    hall.stream.react(hall.guild, bob.user, first, ada.user)
    hall.stream.open_thread(hall.guild, ada.user)
    signals = await hall.until(5)
    told = {(one["kind"], one["person_id"], one["towards"]) for one in signals}
    assert told == {
        ("comment", ada.person_id, None),
        ("reply", bob.person_id, ada.person_id),
        ("reaction", bob.person_id, ada.person_id),
        ("reaction_received", ada.person_id, None),
        ("thread", ada.person_id, None),
    }
    assert {one["place"] for one in signals} == hall.guild.channels
    assert {one["source"] for one in signals} == {"discord"}
    wanted = {"comment": 1, "reaction_received": 1, "thread": 1}
    await hall.house.eventually(lambda: hall.activity(ada), wanted)
    await hall.house.eventually(lambda: hall.activity(bob), {"reply": 1, "reaction": 1})


async def test_what_is_told_twice_counts_once_even_hours_later(hall: Hall) -> None:
    ada, bob = await hall.member(), await hall.member("bob@example.com")
    first = hall.stream.message(hall.guild, ada.user)
    hall.stream.react(hall.guild, bob.user, first, ada.user)
    hall.stream.open_thread(hall.guild, ada.user)
    await hall.until(4)
    hall.stream.tell_again()
    await hall.house.service.move_clock(real_now() + timedelta(hours=3))
    hall.stream.tell_again()
    hall.stream.react(hall.guild, bob.user, first, ada.user)
    await hall.heard_all()
    assert len(await hall.signals()) == 4
    hall.stream.react(hall.guild, bob.user, first, ada.user, emoji="🎉")
    await hall.until(6)


async def test_a_bot_of_their_own_that_tells_of_the_same_message_adds_nothing(hall: Hall) -> None:
    ada = await hall.member()
    message = hall.stream.message(hall.guild, ada.user)
    (signal,) = await hall.until(1)
    told = {"id": message, "person_id": ada.person_id, "kind": "comment"}
    body = {"source": "discord", "signals": [told | {"seen_at": signal["seen_at"]}]}
    await hall.house.call("POST", "/activity", body, token=hall.owner, expect=202)
    assert len(await hall.signals()) == 1


async def test_strangers_are_passed_over_and_nothing_of_them_is_kept(hall: Hall) -> None:
    ada, eve = await hall.member(), hall.discord.user()
    hall.guild.members[eve] = set()
    question = hall.stream.message(hall.guild, eve)
    hall.stream.message(hall.guild, ada.user, answers=(question, eve))
    hall.stream.react(hall.guild, eve, question, ada.user)
    signals = await hall.until(2)
    assert [(one["kind"], one["towards"]) for one in signals] == [
        ("reply", None),
        ("reaction_received", None),
    ]
    await hall.heard_all()
    dump = await everything(hall.house)
    assert hall.guild.id in dump, "the dump would show an id"
    assert eve not in dump
    assert ada.user not in dump
    assert question not in dump


async def test_what_happens_on_another_server_is_nobodys(hall: Hall) -> None:
    ada = await hall.member()
    strange, _ = hall.discord.guild()
    hall.stream.message(strange, ada.user)
    _, gina = await hall.house.community("gina@example.com", "go")
    theirs, _ = hall.discord.guild()
    await club_connect(hall, theirs, gina)
    hall.stream.message(theirs, ada.user)
    mine = hall.stream.message(hall.guild, ada.user)
    assert mine
    await hall.until(1)
    await hall.heard_all()
    assert len(await hall.signals()) == 1
    await hall.house.call("POST", "/chat/server/disconnection", {}, token=hall.owner)
    hall.stream.message(hall.guild, ada.user)
    await hall.heard_all()
    assert len(await hall.signals()) == 1


async def club_connect(hall: Hall, guild: Any, token: str) -> None:
    asked = await hall.house.call("GET", "/chat/server/authorization", token=token)
    code, state = hall.discord.consent(asked["url"], guild.owner, guild)
    await hall.house.call("POST", "/chat/server", {"code": code, "state": state}, token=token)


@pytest.mark.parametrize("how", ["unlink", "leave", "ban", "erase"])
async def test_who_is_gone_is_a_stranger(hall: Hall, how: str) -> None:
    ada = await hall.member()
    hall.stream.message(hall.guild, ada.user)
    await hall.until(1)
    hall.discord.fail("kick", 503, times=10_000)
    people = f"/people/{ada.person_id}"
    path, token = {
        "unlink": ("/me/chat/account/removal", ada.token),
        "leave": ("/me/departure", ada.token),
        "ban": (f"{people}/ban", hall.owner),
        "erase": (f"{people}/erasure", ada.token),
    }[how]
    told = await hall.house.call("POST", path, {}, token=token)
    await hall.house.call("GET", "/members", token=hall.owner, Tessera_Wait_For=told["position"])
    hall.stream.message(hall.guild, ada.user)
    hall.stream.open_thread(hall.guild, ada.user)
    await hall.heard_all()
    assert len(await hall.signals()) == 1


async def test_no_word_is_in_the_database_or_in_a_line_of_a_log(
    hall: Hall, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ada, bob = await hall.member(), await hall.member("bob@example.com")
    first = hall.stream.message(hall.guild, ada.user)
    hall.stream.message(hall.guild, bob.user, answers=(first, ada.user))
    hall.stream.message(hall.guild, bob.user, author={"id": WORDS})
    hall.stream.react(hall.guild, bob.user, first, ada.user, emoji=WORDS)
    hall.stream.open_thread(hall.guild, ada.user)
    hall.stream.abort()
    await hall.until(5)
    await hall.heard_all()
    dump = await everything(hall.house)
    assert "SignalRecorded" in dump
    for said in (WORDS, NICKNAME):
        assert said not in dump
        assert said not in caplog.text


async def test_one_process_listens_and_another_goes_on_where_it_stopped(database_url: str) -> None:
    async with opened(database_url, listening=False) as hall, child(database_url, hall) as first:
        ada = await hall.member()
        await hall.followed()
        async with child(database_url, hall):
            hall.stream.message(hall.guild, ada.user)
            await hall.until(1)
            await hall.heard_all()
            assert hall.discord.asked["stream_plan"] == 2, "the second only waits"
            first.terminate()
            await first.wait()
            hall.stream.message(hall.guild, ada.user)
            await hall.until(2)
        assert (hall.stream.begun[0], hall.stream.resumed[0]) == (1, 1)


@asynccontextmanager
async def child(
    database_url: str, hall: Hall, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process of its own that does nothing but listen."""
    settings = {
        "database_url": database_url,
        "discord_url": hall.house.service.settings.discord_url,
        "discord_token": TOKEN,
        "discord_client_id": CLIENT_ID,
        "discord_client_secret": CLIENT_SECRET,
        "discord_activity": True,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        json.dumps(settings),
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


WORKER = """
import asyncio, json, sys
from services.membership.app import blueprint_of
from services.membership.activity.reactions import listen_to_chat
from shared.service import opened
from tests.integration.membership.house import settings

async def main():
    async with opened(blueprint_of(settings(**json.loads(sys.argv[1])))) as service:
        await listen_to_chat(service, lambda: None)

asyncio.run(main())
"""


async def test_a_process_that_is_killed_loses_nothing_and_counts_nothing_twice(
    database_url: str,
) -> None:
    async with opened(database_url, listening=False) as hall:
        ada = await hall.member()
        async with child(database_url, hall) as first:
            await hall.followed()
            hall.stream.message(hall.guild, ada.user)
            await hall.until(1)
            await hall.heard_all()
            first.kill()
            await first.wait()
        hall.stream.message(hall.guild, ada.user)
        hall.stream.message(hall.guild, ada.user)
        point = {"TESSERA_CRASH_AT": "chat_activity.recorded"}
        async with child(database_url, hall, **point) as second:
            assert await asyncio.wait_for(second.wait(), 60) == -signal.SIGKILL
        recorded = len(await hall.signals())
        assert 1 < recorded <= 3, "it died with signals stored that its place did not know of"
        hall.stream.message(hall.guild, ada.user)
        async with child(database_url, hall):
            await hall.until(4)
            await hall.heard_all()
        assert len(await hall.signals()) == 4
        assert hall.stream.begun[0] == 1, "every process took up the session of the one before"


async def test_what_somebody_must_put_right_is_said_to_the_owner(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "AFTER_A_REFUSAL", 0.1)
    async with opened(database_url, refuses=4014) as hall:
        told = await eventually(hall.standing, lambda told: told["problem"] == "intents_refused")
        assert not told["followed"]
        assert "intents" in told["detail"]
        hall.stream.refuses = None
        told = await eventually(hall.standing, lambda told: told["followed"])
        assert (told["problem"], told["detail"]) == (None, None)


async def test_without_the_setting_nobody_listens(database_url: str) -> None:
    async with opened(database_url, listening=False) as hall:
        problem = await hall.standing(expect=404)
        assert problem["errors"][0]["code"] == "chat_activity_not_offered"
        assert hall.discord.asked["stream_plan"] == 0


async def test_how_it_stands_is_for_staff_and_of_their_own_server(hall: Hall) -> None:
    ada = await hall.member()
    told = await eventually(hall.standing, lambda told: told["followed"])
    assert told["problem"] is None
    await hall.house.call("GET", "/chat/activity", token=ada.token, expect=403)
    await hall.house.call("GET", "/chat/activity", expect=401)
    _, gina = await hall.house.community("gina@example.com", "go")
    problem = await hall.house.call("GET", "/chat/activity", token=gina, expect=409)
    assert problem["errors"][0]["code"] == "no_chat_server"


async def test_who_wants_nothing_recorded_is_a_stranger_until_they_say_otherwise(
    hall: Hall,
) -> None:
    ada, bob = await hall.member(), await hall.member("bob@example.com")

    async def choose(*, recorded: bool) -> None:
        body = {"recorded": recorded}
        await hall.house.call("PUT", "/me/activity", body, token=ada.token)
        me = await hall.house.call("GET", "/me", token=ada.token)
        assert me["activity_recorded"] is recorded

    await choose(recorded=False)
    first = hall.stream.message(hall.guild, ada.user)
    hall.stream.message(hall.guild, bob.user, answers=(first, ada.user))
    hall.stream.react(hall.guild, bob.user, first, ada.user)
    signals = await hall.until(2)
    await hall.heard_all()
    assert [(one["person_id"], one["towards"]) for one in signals] == [(bob.person_id, None)] * 2
    await choose(recorded=True)
    hall.stream.message(hall.guild, ada.user)
    await hall.until(3)


async def test_the_lease_is_one_processs_and_places_are_moved_by_it_alone(house: House) -> None:
    first, second = Listening(house.service.pool), Listening(house.service.pool)
    assert [await first.take(), await second.take(), await first.take()] == [True, False, True]
    places = [StreamSession(shard, 2, f"s{shard}", "wss://here", 7) for shard in (0, 1)]
    await first.move(places)
    await second.move([StreamSession(0, 2, "other", "wss://there", 9)])
    assert await second.sessions() == places
    await second.leave()
    assert not await second.take()
    await first.notice(1, "away")
    assert await problem_of(house, shard=1) == "away"
    await first.leave()
    assert await problem_of(house, shard=1) == "unheard", "nobody is there to say how it stands"
    assert await second.take()
    fewer = [StreamSession(0, 1, "other", "wss://there", 1)]
    await second.move(fewer)
    assert await first.sessions() == fewer, "of streams that are no more there is no place"


async def problem_of(house: House, shard: int) -> str | None:
    async with house.service.pool.acquire() as connection:
        now = await standing_of(connection, str(shard << 22))
    return now.problem if now else None
