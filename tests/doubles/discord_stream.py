"""Discord's gateway of our own, beside `discord.py`: sessions that are resumed or are not, and every way to be cut off.

It sends more than Discord would: the text of each message and the names of who wrote it, whether asked for or not, so
that a test can look for them afterwards. `wrong` keeps what a real gateway would not have liked.
"""

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from deploy.local.settings import HOST, free_port
from tests.doubles.discord import TOKEN, Discord, Guild, Json

EPOCH_MS = 1_420_070_400_000
WORDS = "the words of nobody"
NICKNAME = "Nickname of somebody"
MEMBERS, PRESENCES, CONTENT = 1 << 1, 1 << 8, 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | CONTENT


@dataclass
class Session:
    id: str
    shard: int
    count: int
    intents: int
    sent: list[Json] = field(default_factory=list)
    is_valid: bool = True


class Stream:
    """`begun` and `resumed` count sessions by shard; `beats` heartbeats. Deaf, it acknowledges none."""

    def __init__(self, discord: Discord) -> None:
        self.discord = discord
        self.sessions: dict[str, Session] = {}
        self.wrong: list[str] = []
        self.begun: Counter[int] = Counter()
        self.resumed: Counter[int] = Counter()
        self.beats = 0
        self.intents: set[int] = set()
        self.is_deaf = False
        self.interval_ms = 40_000
        self.refuses: int | None = None
        self.closed_with: list[int | None] = []
        self._open: dict[str, ServerConnection] = {}
        self._begun_at: dict[int, float] = {}
        self._numbers = count(1)
        self._sending: set[asyncio.Future[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        port = free_port()
        async with serve(self._serve, HOST, port, compression=None):
            self.discord.stream_url = f"ws://{HOST}:{port}"
            yield
            self.abort()

    @property
    def followed(self) -> int:
        return len(self._open)

    # What people do.

    def message(
        self,
        guild: Guild,
        user: str,
        text: str = WORDS,
        *,
        answers: tuple[str, str] | None = None,
        **more: Any,
    ) -> str:
        """Somebody writes, or answers the message of somebody: (message, author). The message's id."""
        told = self._message(guild, user, text)
        if answers is not None:
            answered, author = answers
            told |= {"type": 19, "message_reference": {"message_id": answered}}
            told["referenced_message"] = self._message(guild, author, text) | {"id": answered}
        self.tell(guild.id, "MESSAGE_CREATE", told | more)
        return str(told["id"])

    def react(self, guild: Guild, user: str, message: str, author: str, emoji: str = "👍") -> None:
        told = {
            "user_id": user,
            "channel_id": _channel(guild),
            "message_id": message,
            "guild_id": guild.id,
            "member": _member(user),
            "emoji": {"id": None, "name": emoji},
            "message_author_id": author,
            "burst": False,
            "type": 0,
        }
        self.tell(guild.id, "MESSAGE_REACTION_ADD", told)

    def open_thread(self, guild: Guild, user: str, *, newly: bool = True) -> str:
        thread = self.snowflake()
        told = {
            "id": thread,
            "type": 11,
            "guild_id": guild.id,
            "parent_id": _channel(guild),
            "owner_id": user,
            "name": WORDS,
            "thread_metadata": {"archived": False},
        }
        self.tell(guild.id, "THREAD_CREATE", told | ({"newly_created": True} if newly else {}))
        return thread

    def tell(self, guild_id: str, name: str, told: Any) -> None:
        """A dispatch on the shard that the server belongs to, kept for who resumes."""
        for session in self.sessions.values():
            if session.is_valid and (int(guild_id) >> 22) % session.count == session.shard:
                self._dispatch(session, name, told)

    def tell_again(self) -> None:
        """Everything once more, as a careless vendor might."""
        for session in self.sessions.values():
            for frame in list(session.sent):
                if frame["t"] != "READY":
                    self._dispatch(session, frame["t"], frame["d"])

    def snowflake(self, ago_seconds: float = 0) -> str:
        """An id of now."""
        milliseconds = int((time.time() - ago_seconds) * 1_000) - EPOCH_MS
        return str(milliseconds << 22 | next(self._numbers))

    # What goes wrong.

    def abort(self) -> None:
        """The network goes away, without goodbye."""
        for socket in self._open.values():
            socket.transport.abort()

    async def close(self, code: int) -> None:
        for socket in list(self._open.values()):
            await socket.close(code)

    async def ask_to_reconnect(self) -> None:
        for socket in list(self._open.values()):
            await self._send(socket, 7)

    async def invalidate(self, *, resumable: bool) -> None:
        for session_id, socket in list(self._open.items()):
            self.sessions[session_id].is_valid = resumable
            await self._send(socket, 9, resumable)

    # How it speaks.

    async def _serve(self, socket: ServerConnection) -> None:
        asked = parse_qs(urlsplit(socket.request.path if socket.request else "").query)
        if asked.get("v") != ["10"] or asked.get("encoding") != ["json"]:
            self.wrong.append(f"connected with {asked}")
        await self._send(socket, 10, {"heartbeat_interval": self.interval_ms})
        session: Session | None = None
        try:
            async for text in socket:
                frame = json.loads(text)
                match frame["op"]:
                    case 1:
                        await self._beaten(socket, session, frame["d"])
                    case 2 if session is None:
                        session = await self._identified(socket, frame["d"])
                    case 6 if session is None:
                        session = await self._taken_up(socket, frame["d"])
                    case 2 | 6:
                        await socket.close(4005)
                    case op:
                        self.wrong.append(f"sent op {op}")
                        await socket.close(4001)
        except ConnectionClosed:
            pass
        finally:
            self.closed_with.append(socket.close_code)
            if session is not None and self._open.get(session.id) is socket:
                del self._open[session.id]

    async def _beaten(self, socket: ServerConnection, session: Session | None, seq: Any) -> None:
        self.beats += 1
        if session is not None and seq is not None and seq > len(session.sent):
            self.wrong.append(f"a heartbeat of {seq}, {len(session.sent)} were sent")
        if not self.is_deaf:
            await self._send(socket, 11)

    async def _identified(self, socket: ServerConnection, told: Json) -> Session | None:
        intents, (shard, shards) = told["intents"], told.get("shard", [0, 1])
        code = self.refuses or (4004 if told["token"] != TOKEN else None)
        code = code or (4014 if intents & PRIVILEGED else None)
        code = code or (4010 if shard >= shards else None)
        if code is not None:
            await socket.close(code)
            return None
        if not {"os", "browser", "device"} <= told["properties"].keys():
            self.wrong.append("identified without properties")
        self._judge_pace(shard)
        session = Session(f"session{next(self._numbers)}", shard, shards, intents)
        self.sessions[session.id], self._open[session.id] = session, socket
        self.begun[shard] += 1
        self.intents.add(intents)
        ready = {
            "v": 10,
            "user": {"id": "1", "username": "tessera", "bot": True},
            "guilds": [{"id": guild, "unavailable": True} for guild in self.discord.guilds],
            "session_id": session.id,
            "resume_gateway_url": self.discord.stream_url,
            "shard": [shard, shards],
            "application": {"id": "1", "flags": 0},
        }
        self._dispatch(session, "READY", ready)
        for guild in self.discord.guilds.values():
            if (int(guild.id) >> 22) % shards == shard:
                self._dispatch(session, "GUILD_CREATE", {"id": guild.id, "name": WORDS})
        return session

    def _judge_pace(self, shard: int) -> None:
        """So many may begin in five seconds, of which the tests' are shorter."""
        key, now = shard % self.discord.starts_at_once, time.monotonic()
        if now - self._begun_at.get(key, -1_000.0) < self.discord.between_starts / 2:
            self.wrong.append("identified too soon after another")
        self._begun_at[key] = now

    async def _taken_up(self, socket: ServerConnection, told: Json) -> Session | None:
        if told["token"] != TOKEN:
            await socket.close(4004)
            return None
        session = self.sessions.get(told["session_id"])
        if session is None or not session.is_valid:
            await self._send(socket, 9, told=False)
            return None
        if told["seq"] > len(session.sent):
            await socket.close(4007)
            return None
        self.resumed[session.shard] += 1
        reached = told["seq"]
        while reached < len(session.sent):
            await socket.send(json.dumps(session.sent[reached]))
            reached += 1
        self._open[session.id] = socket
        self._dispatch(session, "RESUMED", {})
        return session

    def _dispatch(self, session: Session, name: str, told: Any) -> None:
        frame = {"op": 0, "t": name, "s": len(session.sent) + 1, "d": told}
        session.sent.append(frame)
        socket = self._open.get(session.id)
        if socket is not None:
            sending = asyncio.ensure_future(self._try_send(socket, json.dumps(frame)))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _try_send(self, socket: ServerConnection, text: str) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(text)

    async def _send(self, socket: ServerConnection, op: int, told: Any = None) -> None:
        await self._try_send(socket, json.dumps({"op": op, "d": told, "s": None, "t": None}))

    def _message(self, guild: Guild, user: str, text: str) -> Json:
        return {
            "id": self.snowflake(),
            "type": 0,
            "guild_id": guild.id,
            "channel_id": _channel(guild),
            "author": _author(user),
            "member": _member(user),
            "content": text,
            "embeds": [{"title": text}],
            "attachments": [{"filename": text}],
            "mentions": [],
            "timestamp": "2026-01-01T00:00:00+00:00",
        }


def _channel(guild: Guild) -> str:
    return min(guild.channels)


def _author(user: str) -> Json:
    return {"id": user, "username": NICKNAME, "global_name": NICKNAME, "avatar": None}


def _member(user: str) -> Json:
    return {
        "user": _author(user),
        "nick": NICKNAME,
        "roles": [],
        "joined_at": "2026-01-01T00:00:00Z",
    }
