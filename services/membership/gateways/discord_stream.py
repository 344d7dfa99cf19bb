"""Discord's gateway, v10: who did what, as it happens. A session that breaks is resumed where it was heard to.

discord.com/developers/docs/events/gateway. Nothing of a frame is logged or kept but what `discord_sightings` takes.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from services.membership.gateways.discord_sightings import Unreadable, sightings
from services.membership.gateways.gateway import (
    Heard,
    Sighting,
    StreamListener,
    StreamPlan,
    StreamProblem,
    StreamRefused,
    StreamSession,
    Unreachable,
    Unwelcome,
)
from shared import telemetry
from shared.clock import monotonic
from shared.ids import jitter

_log = logging.getLogger(__name__)

# Guilds (for threads), messages and reactions in them. Not the content of messages: nobody's words come to us.
INTENTS = 1 << 0 | 1 << 9 | 1 << 10

PROBLEMS: Mapping[int, StreamProblem] = {
    4004: "token_refused",
    4012: "refused",
    4013: "refused",
    4014: "intents_refused",
}
"""Close codes after which Discord wants nobody to come again."""

NEW_SESSION = frozenset({4007, 4009})
NEW_PLAN = frozenset({4010, 4011})
STILL_OURS = 4000
"""We close with this where we mean to come back: by 1000 and 1001 a session would be over."""

TIMEOUT, CLOSING = 10.0, 2.0
LARGEST = 64 * 1024 * 1024
FRAMES_AHEAD = 16
BETWEEN_STARTS = 5.0
WAITS = (2.0, 5.0, 15.0, 60.0)
LONGEST_WAIT = 3_600.0


class Op(IntEnum):
    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    RESUME = 6
    RECONNECT = 7
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class _NewPlan(Exception):
    """Discord wants another number of shards."""


@dataclass
class _Gate:
    """Where shards begin one after another."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    opens: float = 0.0


class DiscordStream:
    """The bot's gateway, in as many shards as Discord advises."""

    def __init__(
        self,
        token: str,
        plan: Callable[[], Awaitable[StreamPlan]],
        *,
        between_starts: float = BETWEEN_STARTS,
        waits: Sequence[float] = WAITS,
    ) -> None:
        self._token = token
        self._ask_plan = plan
        self._between_starts = between_starts
        self._waits = waits
        self._gates: defaultdict[int, _Gate] = defaultdict(_Gate)

    async def follow(self, sessions: Sequence[StreamSession], listener: StreamListener) -> None:
        while True:
            plan = await self._plan(listener)
            known = {one.shard: one for one in sessions if one.count == plan.shards}
            try:
                async with asyncio.TaskGroup() as group:
                    for number in range(plan.shards):
                        shard = _Shard(self, number, plan, known.get(number), listener)
                        group.create_task(shard.run(self._waits))
            except ExceptionGroup as failed:
                first = _first(failed)
                if not isinstance(first, _NewPlan):
                    raise first from None
            sessions = ()
            await asyncio.sleep(wait_after(1, self._waits))

    async def _plan(self, listener: StreamListener) -> StreamPlan:
        """As Discord advises, once it answers."""
        tries = 0
        while True:
            try:
                return await self._ask_plan()
            except Unwelcome as unknown:
                raise StreamRefused("token_refused") from unknown
            except Unreachable:
                await listener.notice(0, "away")
                await asyncio.sleep(wait_after(tries, self._waits))
                tries += 1

    @asynccontextmanager
    async def turn(self, shard: int, listener: StreamListener) -> AsyncIterator[None]:
        """While this shard begins a session, once it may: so many in five seconds, so many a day."""
        plan = await self._plan(listener)
        while plan.remaining < 1:
            await listener.notice(shard, "starts_spent")
            await asyncio.sleep(min(plan.reset_after, LONGEST_WAIT))
            plan = await self._plan(listener)
        gate = self._gates[shard % plan.at_once]
        async with gate.lock:
            await asyncio.sleep(gate.opens - monotonic())
            yield
            gate.opens = monotonic() + self._between_starts

    def identity(self, session: StreamSession) -> dict[str, Any]:
        """What a new session begins with."""
        return {
            "token": self._token,
            "intents": INTENTS,
            "properties": {"os": "linux", "browser": "tessera", "device": "tessera"},
            "shard": [session.shard, session.count],
        }

    def resumption(self, session: StreamSession) -> dict[str, Any]:
        """What an old session goes on with."""
        return {"token": self._token, "session_id": session.session_id, "seq": session.seq}


class _Shard:
    """One connection at a time, for ever."""

    def __init__(
        self,
        stream: DiscordStream,
        number: int,
        plan: StreamPlan,
        session: StreamSession | None,
        listener: StreamListener,
    ) -> None:
        self._stream = stream
        self._none = StreamSession(number, plan.shards, "", plan.url, 0)
        self._session = session or self._none
        self._listener = listener
        self._tries = 0
        self._is_answered = True
        self._is_busy = False

    async def run(self, waits: Sequence[float]) -> None:
        while True:
            why = await self._once()
            telemetry.count("chat_activity.reconnects", why=why)
            _log.info("shard %d connects again: %s", self._session.shard, why)
            await asyncio.sleep(wait_after(self._tries, waits))
            self._tries += 1
            if self._tries > 1:
                await self._listener.notice(self._session.shard, "away")

    async def _once(self) -> str:
        """Follow one connection to its end, and say why it ended."""
        try:
            async with AsyncExitStack() as turn:
                if not self._session.session_id:
                    await turn.enter_async_context(
                        self._stream.turn(self._session.shard, self._listener)
                    )
                async with self._connected() as socket:
                    await turn.aclose()
                    while True:
                        frame = orjson.loads(await socket.recv())
                        self._is_answered = True
                        why = await self._take(socket, frame)
                        if why:
                            await socket.close(STILL_OURS)
                            return why
        except ConnectionClosed as closed:
            return self._closed(closed.rcvd.code if closed.rcvd else 0)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
            return type(error).__name__
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return "unreadable"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[ClientConnection]:
        """A connection that has said hello and has been told who we are; its heart beats while it is used."""
        async with connect(
            f"{self._session.url.rstrip('/')}/?v=10&encoding=json",
            logger=_quiet(),
            max_size=LARGEST,
            max_queue=FRAMES_AHEAD,
            open_timeout=TIMEOUT,
            close_timeout=CLOSING,
            ping_interval=None,  # Discord has a heartbeat of its own.
        ) as socket:
            try:
                async with asyncio.timeout(TIMEOUT):
                    hello = orjson.loads(await socket.recv())
                heart = asyncio.create_task(self._beat(socket, hello["d"]["heartbeat_interval"]))
                try:
                    await self._begin(socket)
                    yield socket
                finally:
                    heart.cancel()
                    await asyncio.gather(heart, return_exceptions=True)
            except BaseException:
                await socket.close(STILL_OURS)
                raise

    async def _begin(self, socket: ClientConnection) -> None:
        if self._session.session_id:
            await self._send(socket, Op.RESUME, self._stream.resumption(self._session))
            return
        await self._send(socket, Op.IDENTIFY, self._stream.identity(self._session))

    async def _take(self, socket: ClientConnection, frame: Mapping[str, Any]) -> str | None:
        """What a frame asks of us; the reason to connect again where it says so."""
        match frame["op"]:
            case Op.DISPATCH:
                await self._dispatched(frame["t"], frame["s"], frame["d"])
            case Op.HEARTBEAT:
                await self._send(socket, Op.HEARTBEAT, self._session.seq or None)
            case Op.RECONNECT:
                return "asked"
            case Op.INVALID_SESSION:
                if not frame["d"]:
                    self._session = self._none
                return "invalid_session"
        return None

    async def _dispatched(self, name: str, seq: int, data: Any) -> None:
        if name == "READY":
            self._session = replace(
                self._none, session_id=data["session_id"], url=data["resume_gateway_url"]
            )
        self._session = replace(self._session, seq=seq)
        if name in ("READY", "RESUMED"):
            self._tries = 0
            await self._listener.notice(self._session.shard, None)
        seen: tuple[Sighting, ...] = ()
        unreadable = False
        try:
            seen = sightings(name, data)
        except Unreadable:
            unreadable = True
        # While the listener has no room nothing is read, not even an answer to our heartbeat.
        self._is_busy = True
        await self._listener.hear(Heard(self._session, seen, monotonic(), unreadable))
        self._is_busy = False

    async def _beat(self, socket: ClientConnection, interval: float) -> None:
        """A Discord of which nothing comes from one beat to the next is gone, whatever the connection says."""
        self._is_answered = True
        await asyncio.sleep(interval / 1_000 * jitter())
        while True:
            if not self._is_answered and not self._is_busy:
                await socket.close(STILL_OURS)
                return
            self._is_answered = False
            await self._send(socket, Op.HEARTBEAT, self._session.seq or None)
            await asyncio.sleep(interval / 1_000)

    async def _send(self, socket: ClientConnection, op: Op, data: Any) -> None:
        await socket.send(orjson.dumps({"op": op, "d": data}).decode())

    def _closed(self, code: int) -> str:
        if code in PROBLEMS:
            raise StreamRefused(PROBLEMS[code])
        if code in NEW_PLAN:
            raise _NewPlan
        if code in NEW_SESSION:
            self._session = self._none
        return f"closed_{code}"


def wait_after(tries: int, waits: Sequence[float]) -> float:
    """How long before the next try, never at the same moment as everybody else."""
    return waits[min(tries, len(waits) - 1)] * (0.5 + jitter() / 2)


def _quiet() -> logging.Logger:
    """The library writes frames into its log where that is set to debug: they hold people's words."""
    logger = logging.getLogger(f"{__name__}.frames")
    logger.setLevel(logging.WARNING)
    return logger


def _first(failed: BaseExceptionGroup[BaseException]) -> BaseException:
    found = failed.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
