"""Writes below the command handler, for the tests of the store, the appender and the log."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import asyncpg

from shared import appender, migrations
from shared.appender import Appender
from shared.event_log import EventLog
from shared.event_store import (
    CommandRecord,
    Connection,
    EventStore,
    Keep,
    Lookup,
    Meta,
    NewEvent,
    NewKey,
    StreamWrite,
    Write,
)
from shared.event_types import EventTypes
from shared.ids import PersonId, derive, random_id

SERVICE = "counting"
COMMUNITY = UUID("11111111-1111-8111-8111-111111111111")
OTHER_COMMUNITY = UUID("22222222-2222-8222-8222-222222222222")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
APPENDERS = f"tessera-{SERVICE}-append"


@dataclass(frozen=True)
class Counted:
    by: int


def stream(number: int) -> UUID:
    return derive(COMMUNITY, "stream", str(number))


def person(number: int) -> PersonId:
    return PersonId(derive(COMMUNITY, "person", str(number)))


def event(data: str = '{"by":1}', *, name: str = "Counted") -> NewEvent:
    event_id = random_id()
    return NewEvent(event_id, NOON, name, 1, data, Meta(event_id, event_id).to_json())


def part(
    stream_id: UUID,
    expected: int,
    events: int | Sequence[NewEvent] = 1,
    *,
    community: UUID = COMMUNITY,
) -> StreamWrite:
    made = tuple(event() for _ in range(events)) if isinstance(events, int) else tuple(events)
    return StreamWrite(stream_id, community, expected, made)


def write(*parts: StreamWrite, command_id: UUID | None = None, keep: Keep | None = None) -> Write:
    """One command that touches these streams."""
    first = parts[0]
    record = CommandRecord(
        command_id or random_id(), b"print", first.stream_id, first.expected + len(first.events)
    )
    return Write((record,), parts, keep or Keep())


def key(
    owner: PersonId, retention: Literal["profile", "accounting"] = "profile", wrapped: bytes = b"w"
) -> NewKey:
    return NewKey(owner, retention, "1", wrapped)


def lookup(owner: UUID, text: str, *, kind: str = "email", community: UUID = COMMUNITY) -> Lookup:
    return Lookup(community, kind, derive(community, kind, text), owner)


async def migrated(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await migrations.migrate(connection, SERVICE, Path(__file__).parent / "no_migrations")
    finally:
        await connection.close()


async def connect(database_url: str, **settings: str) -> asyncpg.Connection:
    return await asyncpg.connect(database_url, server_settings={"search_path": SERVICE} | settings)


@contextlib.asynccontextmanager
async def connected(database_url: str, **settings: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await connect(database_url, **settings)
    try:
        yield connection
    finally:
        connection.terminate()


@contextlib.asynccontextmanager
async def pooled(database_url: str, size: int = 4) -> AsyncIterator[asyncpg.Pool]:
    pool = await asyncpg.create_pool(
        database_url, min_size=1, max_size=size, server_settings={"search_path": SERVICE}
    )
    try:
        yield pool
    finally:
        pool.terminate()


@contextlib.asynccontextmanager
async def appending(database_url: str, **options: Any) -> AsyncIterator[Appender]:
    """An appender on a migrated schema."""
    await migrated(database_url)
    async with Appender(database_url, SERVICE, **options) as it:
        yield it


def store_of(pool: asyncpg.Pool) -> EventStore:
    return EventStore(SERVICE, pool, EventTypes([Counted]))


def log_of(pool: asyncpg.Pool) -> EventLog:
    return EventLog(store_of(pool))


async def call(connection: Connection, *writes: Write) -> asyncpg.Record:
    """`append_1` once, inside whatever transaction the connection is in."""
    row = await connection.fetchrow(appender._CALL, *appender._parameters(writes))
    assert row is not None
    return row


class OpenAppend:
    """A writer that has appended and not yet committed."""

    def __init__(self, connection: asyncpg.Connection, row: asyncpg.Record) -> None:
        self.connection = connection
        self.positions: list[int] = row["positions"] or []

    async def commit(self) -> None:
        await self.connection.execute("COMMIT")

    async def roll_back(self) -> None:
        await self.connection.execute("ROLLBACK")


@contextlib.asynccontextmanager
async def open_append(
    database_url: str, *writes: Write, **settings: str
) -> AsyncIterator[OpenAppend]:
    async with connected(database_url, **settings) as connection:
        await connection.execute("BEGIN")
        yield OpenAppend(connection, await call(connection, *writes))


async def append(database_url: str, *writes: Write) -> list[int]:
    """Append and commit on a connection of its own; the positions."""
    async with connected(database_url) as connection:
        row = await call(connection, *writes)
        return list(row["positions"] or [])


async def waits_for_a_lock(connection: asyncpg.Connection, pid: int) -> bool:
    return bool(
        await connection.fetchval(
            "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = $1", pid
        )
    )
