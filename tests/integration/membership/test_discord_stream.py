"""Discord's gateway is followed over the wire: nothing is missed and no word is taken, whatever cuts it off."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from services.membership.gateways.discord_stream import INTENTS, DiscordStream
from services.membership.gateways.gateway import (
    Heard,
    Sighting,
    StreamProblem,
    StreamRefused,
    StreamSession,
)
from shared.testing import eventually
from tests.doubles.discord import TOKEN, Discord, Guild
from tests.doubles.discord_stream import NICKNAME, WORDS, Stream
from tests.doubles.serving import serving
from tests.integration.membership.test_discord_gateway import gateway_to

SOON = (0.02, 0.05)


@dataclass
class Listener:
    """It may be out of room."""

    heard: list[Heard] = field(default_factory=list)
    problems: list[tuple[int, StreamProblem | None]] = field(default_factory=list)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1_000_000))

    async def hear(self, heard: Heard) -> None:
        await self.room.acquire()
        self.heard.append(heard)

    async def notice(self, shard: int, problem: StreamProblem | None) -> None:
        self.problems.append((shard, problem))

    @property
    def seen(self) -> list[Sighting]:
        return [sighting for heard in self.heard for sighting in heard.sightings]

    @property
    def keys(self) -> list[str]:
        return [sighting.key for sighting in self.seen]


@dataclass
class World:
    discord: Discord
    stream: Stream
    guild: Guild
    address: str
    listener: Listener = field(default_factory=Listener)

    @contextlib.asynccontextmanager
    async def followed(
        self, sessions: Sequence[StreamSession] = (), token: str = TOKEN
    ) -> AsyncIterator["asyncio.Task[None]"]:
        """While a client follows the gateway, from its first word on."""
        gateway = gateway_to(self.address)
        client = DiscordStream(
            token,
            gateway.stream_plan,
            between_starts=self.discord.between_starts,
            waits=SOON,
        )
        task = asyncio.ensure_future(client.follow(sessions, self.listener))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await gateway.close()

    async def connected(self, shards: int = 1) -> None:
        await eventually(self._followed, lambda followed: followed == shards)

    async def _followed(self) -> int:
        return self.stream.followed

    async def until_heard(self, *keys: str) -> None:
        async def look() -> list[str]:
            return self.listener.keys

        await eventually(look, lambda heard: heard == list(keys))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    discord = Discord()
    stream = Stream(discord)
    guild, _ = discord.guild()
    async with serving(discord) as address, stream.listening():
        yield World(discord, stream, guild, address)
    assert discord.wrong == []
    assert stream.wrong == []


async def test_what_people_do_is_heard_without_their_words(world: World) -> None:
    ada, bob = world.discord.user(), world.discord.user()
    async with world.followed():
        await world.connected()
        first = world.stream.message(world.guild, ada)
        answer = world.stream.message(world.guild, bob, answers=(first, ada))
        world.stream.react(world.guild, bob, first, ada)
        thread = world.stream.open_thread(world.guild, ada)
        received = f"{first}.{bob}.👍"
        await world.until_heard(first, answer, received, received, thread)
    kinds = [(one.kind, one.account, one.towards) for one in world.listener.seen]
    assert kinds == [
        ("comment", ada, None),
        ("reply", bob, ada),
        ("reaction", bob, ada),
        ("reaction_received", ada, None),
        ("thread", ada, None),
    ]
    told = repr(world.listener.heard)
    assert WORDS not in told
    assert NICKNAME not in told
    assert world.stream.intents == {INTENTS} == {0b11000000001}
    assert world.stream.closed_with[-1] == 4000, "a session that is closed so can be taken up"


async def test_what_is_not_peoples_doing_is_passed_over(world: World) -> None:
    ada = world.discord.user()
    async with world.followed():
        await world.connected()
        world.stream.message(world.guild, ada, author={"id": ada, "bot": True})
        world.stream.message(world.guild, ada, webhook_id="7")
        world.stream.message(world.guild, ada, type=7)
        world.stream.message(world.guild, ada, guild_id=None)
        world.stream.open_thread(world.guild, ada, newly=False)
        world.stream.tell(world.guild.id, "TYPING_START", {"guild_id": world.guild.id})
        world.stream.tell(world.guild.id, "MESSAGE_CREATE", "no object")
        world.stream.message(world.guild, ada, author={"id": WORDS})
        world.stream.message(world.guild, ada, author={})
        last = world.stream.message(world.guild, ada)
        await world.until_heard(last)
    assert sum(heard.unreadable for heard in world.listener.heard) == 2
    assert WORDS not in repr(world.listener.heard)


async def test_who_reacts_to_themselves_receives_nothing(world: World) -> None:
    ada = world.discord.user()
    async with world.followed():
        await world.connected()
        message = world.stream.message(world.guild, ada)
        world.stream.react(world.guild, ada, message, ada)
        await world.until_heard(message, f"{message}.{ada}.👍")


@pytest.mark.parametrize("how", ["abort", "close", "ask", "invalidate"])
async def test_a_session_is_resumed_where_it_was_heard_to(world: World, how: str) -> None:
    ada = world.discord.user()
    async with world.followed():
        await world.connected()
        first = world.stream.message(world.guild, ada)
        await world.until_heard(first)
        match how:
            case "abort":
                world.stream.abort()
            case "close":
                await world.stream.close(1001)
            case "ask":
                await world.stream.ask_to_reconnect()
            case "invalidate":
                await world.stream.invalidate(resumable=True)
        missed = world.stream.message(world.guild, ada)
        await world.until_heard(first, missed)
    assert (world.stream.begun[0], world.stream.resumed[0]) == (1, 1)
    assert world.listener.problems[-1] == (0, None)


@pytest.mark.parametrize("code", [4007, 4009])
async def test_a_session_that_is_over_is_followed_by_a_new_one(world: World, code: int) -> None:
    ada = world.discord.user()
    async with world.followed():
        await world.connected()
        await world.stream.close(code)
        await world.connected()
        await _begun(world, 2)
        await world.stream.invalidate(resumable=False)
        await _begun(world, 3)
        await world.connected()
        last = world.stream.message(world.guild, ada)

        async def heard() -> bool:
            return last in world.listener.keys

        await eventually(heard)
    assert world.stream.resumed[0] == 0


async def _begun(world: World, times: int) -> None:
    async def look() -> int:
        return world.stream.begun[0]

    await eventually(look, lambda begun: begun == times)


async def test_another_process_takes_a_session_up(world: World) -> None:
    ada = world.discord.user()
    async with world.followed():
        await world.connected()
        first = world.stream.message(world.guild, ada)
        await world.until_heard(first)
    session = world.listener.heard[-1].session
    missed = world.stream.message(world.guild, ada)
    async with world.followed([session]):
        await world.until_heard(first, missed)
    assert (world.stream.begun[0], world.stream.resumed[0]) == (1, 1)
    async with world.followed([StreamSession(0, 1, "gone", world.discord.stream_url, 7)]):
        await _begun(world, 2)


async def test_a_discord_that_does_not_answer_heartbeats_is_left(world: World) -> None:
    world.stream.interval_ms = 100
    world.stream.is_deaf = True
    async with world.followed():
        await world.connected()

        async def resumed() -> int:
            return world.stream.resumed[0]

        await eventually(resumed, lambda times: times > 0)
        world.stream.is_deaf = False
        ada = world.discord.user()
        message = world.stream.message(world.guild, ada)
        await world.until_heard(message)


async def test_who_has_no_room_is_not_told_more_and_the_heart_beats_on(world: World) -> None:
    world.stream.interval_ms = 50
    world.listener.room = asyncio.Semaphore(3)
    ada = world.discord.user()
    async with world.followed():
        await world.connected()
        messages = [world.stream.message(world.guild, ada) for _ in range(300)]
        beats = world.stream.beats

        async def beaten() -> int:
            return world.stream.beats

        await eventually(beaten, lambda now: now > beats + 5)
        assert len(world.listener.heard) == 3
        for _ in range(1_000):
            world.listener.room.release()
        await world.until_heard(*messages)
    assert world.stream.resumed[0] == 0


@pytest.mark.parametrize(
    ("code", "problem"), [(4004, "token_refused"), (4014, "intents_refused"), (4013, "refused")]
)
async def test_what_somebody_must_put_right_is_not_tried_again(
    world: World, code: int, problem: StreamProblem
) -> None:
    world.stream.refuses = code
    async with world.followed() as task:
        with pytest.raises(StreamRefused) as refused:
            await asyncio.wait_for(task, 10)
    assert refused.value.problem == problem
    assert world.discord.asked["stream_plan"] == 2, "once for the plan, once for the start"


async def test_a_wrong_token_is_refused(world: World) -> None:
    async with world.followed(token="wrong") as task:
        with pytest.raises(StreamRefused) as refused:
            await asyncio.wait_for(task, 10)
    assert refused.value.problem == "token_refused"


async def test_shards_begin_one_after_another_and_hear_each_its_own(world: World) -> None:
    world.discord.shards, world.discord.between_starts = 3, 0.1
    others = [Guild(str(number << 22), "1", channels={"5"}) for number in (3, 4, 5)]
    world.discord.guilds = {guild.id: guild for guild in others}
    ada = world.discord.user()
    async with world.followed():
        await world.connected(3)
        messages = {world.stream.message(guild, ada) for guild in others}

        async def heard() -> set[str]:
            return set(world.listener.keys)

        await eventually(heard, lambda keys: keys == messages)
        places = {
            heard.session.shard: one.server
            for heard in world.listener.heard
            for one in heard.sightings
        }
        assert places == {number: guild.id for number, guild in enumerate(others)}
        world.discord.shards = 1
        await world.stream.close(4011)
        await world.connected(1)
    assert world.stream.begun == {0: 2, 1: 1, 2: 1}


async def test_when_all_starts_of_a_day_are_spent_nothing_begins(world: World) -> None:
    world.discord.starts_left = 0
    async with world.followed():

        async def spent() -> bool:
            return (0, "starts_spent") in world.listener.problems

        await eventually(spent)
        world.discord.starts_left = 1
        await world.connected()


async def test_a_discord_that_is_away_is_waited_for(world: World) -> None:
    world.discord.fail("stream_plan", 503, times=3)
    async with world.followed():
        await world.connected()
    assert world.listener.problems[:1] == [(0, "away")]
    assert world.listener.problems[-1] == (0, None)
