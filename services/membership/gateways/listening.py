"""Listens to the chat's streams wherever no other process does, and keeps how far each was heard: a lease and cursors.

What is heard waits in a short queue: where the database is slow, nothing more is read from the vendor. A stream's place
is stored after what was seen up to it, so that of a process that dies the next hears the rest again.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from services.membership.gateways.gateway import (
    ChatStream,
    Heard,
    Sighting,
    StreamProblem,
    StreamRefused,
    StreamSession,
)
from shared import crash, telemetry
from shared.clock import monotonic
from shared.event_store import LOST, Unavailable
from shared.ids import random_id

_log = logging.getLogger(__name__)

Store = Callable[[Sequence[Sighting]], Awaitable[Counter[str]]]
"""Stores what was seen; answers of how many nothing is kept, and why."""

NAME = "chat"
LEASE_SECONDS = 5.0
MOST_WAITING = 1_000
AT_ONCE = 200
RENEW_SECONDS = 1.0
AFTER_A_FAULT = 1.0
AFTER_A_REFUSAL = 900.0
"""Discord takes a bot's token away that begins a thousand times a day."""

SENTENCES: Mapping[StreamProblem, str] = {
    "away": "Discord does not answer: once it does, it tells what it still knows of the time between.",
    "token_refused": "Discord refuses the bot's token: whoever runs the platform must set the right one.",
    "intents_refused": "Discord refuses what the bot wants to hear: whoever runs the platform must allow its intents.",
    "starts_spent": "The bot has begun as often as Discord allows in a day: it goes on by itself tomorrow.",
    "unheard": "No process listens just now: whoever runs the platform must start its worker.",
    "refused": "Discord refuses how it is asked: whoever runs the platform must bring it up to date.",
}

_TAKE = """
INSERT INTO chat_listeners AS l VALUES ($1, $2, clock_timestamp() + $3::float8 * interval '1 s')
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
WHERE l.expires_at < clock_timestamp() OR l.owner = excluded.owner RETURNING true
"""

# Who was overtaken moves nothing: the other hears the same, and its place counts.
_MOVE = """
WITH lease AS (SELECT FROM chat_listeners WHERE name = $6 AND owner = $7),
gone AS (DELETE FROM chat_streams WHERE shard >= ALL ($2::int[]) AND EXISTS (SELECT FROM lease))
INSERT INTO chat_streams AS s (shard, shards, session_id, url, seq)
SELECT u.* FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::bigint[]) u
WHERE EXISTS (SELECT FROM lease)
ON CONFLICT (shard) DO UPDATE
SET (shards, session_id, url, seq) = (excluded.shards, excluded.session_id, excluded.url, excluded.seq)
"""

_NOTICE = """
INSERT INTO chat_streams AS s (shard, problem) VALUES ($1, $2)
ON CONFLICT (shard) DO UPDATE SET problem = excluded.problem, since = clock_timestamp()
WHERE s.problem IS DISTINCT FROM excluded.problem
"""


@dataclass(frozen=True, slots=True)
class StreamStanding:
    """It is followed `since` then, or has this problem."""

    problem: StreamProblem | None
    since: datetime


class Listening:
    """The lease and the cursors, for one process that wants to listen."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._owner = random_id()

    async def listen(self, stream: ChatStream, store: Store, beat: Callable[[], None]) -> None:
        """Listen whenever nobody else does, for ever."""
        while True:
            beat()
            try:
                if await self.take():
                    await self._lead(stream, Collector(self, store), beat)
            except LOST as error:
                _log.warning("listening waits for the database: %s", type(error).__name__)
            await asyncio.sleep(RENEW_SECONDS)

    async def _lead(
        self, stream: ChatStream, collector: "Collector", beat: Callable[[], None]
    ) -> None:
        """Until the lease is another's, or something fails."""
        works: Sequence[Coroutine[Any, Any, None]] = (
            self._renew(beat), self._follow(stream, collector), collector.write(),
        )  # fmt: skip
        tasks = [asyncio.create_task(work) for work in works]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            collector.stop()
            with contextlib.suppress(*LOST):
                await self.leave()
        for failure in ended:
            if isinstance(failure, Exception):
                raise failure

    async def _renew(self, beat: Callable[[], None]) -> None:
        while await self.take():
            beat()
            await asyncio.sleep(RENEW_SECONDS)

    async def _follow(self, stream: ChatStream, collector: "Collector") -> None:
        while True:
            try:
                await stream.follow(await self.sessions(), collector)
            except StreamRefused as refusal:
                _log.error("%s", SENTENCES[refusal.problem])
                await collector.notice(0, refusal.problem)
                await asyncio.sleep(AFTER_A_REFUSAL)

    async def take(self) -> bool:
        """Take the lease, or renew it; False while another has it."""
        return bool(await self._pool.fetchval(_TAKE, NAME, self._owner, LEASE_SECONDS))

    async def leave(self) -> None:
        """Let whoever waits have the lease at once."""
        await self._pool.execute(
            "DELETE FROM chat_listeners WHERE name = $1 AND owner = $2", NAME, self._owner
        )

    async def sessions(self) -> list[StreamSession]:
        """Where to go on."""
        rows = await self._pool.fetch(
            "SELECT shard, shards AS count, session_id, url, seq FROM chat_streams"
            " WHERE session_id IS NOT NULL ORDER BY shard"
        )
        return [StreamSession(**row) for row in rows]

    async def move(self, sessions: Iterable[StreamSession]) -> None:
        """All up to here is stored."""
        rows = [(one.shard, one.count, one.session_id, one.url, one.seq) for one in sessions]
        await self._pool.execute(_MOVE, *map(list, zip(*rows, strict=True)), NAME, self._owner)

    async def notice(self, shard: int, problem: StreamProblem | None) -> None:
        """How a stream stands from now on."""
        await self._pool.execute(_NOTICE, shard, problem)


class Collector:
    """Takes what is heard, and stores it in the order in which it came."""

    def __init__(self, listening: Listening, store: Store) -> None:
        self._listening = listening
        self._see = store
        self._waiting: asyncio.Queue[Heard] = asyncio.Queue(MOST_WAITING)
        self._shards = {0}

    async def hear(self, heard: Heard) -> None:
        await self._waiting.put(heard)

    async def notice(self, shard: int, problem: StreamProblem | None) -> None:
        self._shards.add(shard)
        telemetry.gauge("chat_activity.connected", int(problem is None), shard=str(shard))
        await self._listening.notice(shard, problem)

    def stop(self) -> None:
        """This process listens no more; another may."""
        for shard in self._shards:
            telemetry.gauge("chat_activity.connected", 0, shard=str(shard))

    async def write(self) -> None:
        """While a batch is being stored, the next gathers."""
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._store(batch)

    async def _store(self, batch: Sequence[Heard]) -> None:
        """Where the database cannot now, the same is tried again: meanwhile no more is heard than there is room for."""
        while True:
            try:
                ignored = await self._see([one for heard in batch for one in heard.sightings])
                crash.point("chat_activity.recorded")
                places = {one.session.shard: one.session for one in batch}
                await self._listening.move(places.values())
                break
            except (*LOST, Unavailable) as error:
                _log.warning("what was heard waits for the database: %s", type(error).__name__)
                await asyncio.sleep(AFTER_A_FAULT)
        ignored["unreadable"] += sum(heard.unreadable for heard in batch)
        for why, times in ignored.items():
            telemetry.count("chat_activity.ignored", times, why=why)
        telemetry.gauge("chat_activity.lag", monotonic() - batch[0].at)


async def standing_of(connection: Any, server: str) -> StreamStanding | None:
    """How the stream stands that tells of a server: `unheard` while no process has the lease; None before any had."""
    row = await connection.fetchrow(
        "SELECT CASE WHEN EXISTS (SELECT FROM chat_listeners WHERE name = $2 AND expires_at > clock_timestamp())"
        " THEN problem ELSE 'unheard' END AS problem, since FROM chat_streams"
        " WHERE shard = ($1::bigint >> 22) % coalesce(shards, 1)",
        int(server),
        NAME,
    )
    return StreamStanding(**row) if row else None
