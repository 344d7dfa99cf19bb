"""The log of one service: what a fact is, what a write is, and how streams are read back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from uuid import UUID

import asyncpg
import orjson

from shared.event_types import EventTypes
from shared.ids import PersonId, parsed
from shared.personal_value import Retention
from shared.together import Together

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection

Mode = Literal["live", "test"]

LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
"""The database went away, or has too much to do: nobody's fault here, and the same may be tried again."""

NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, $2)"
"""To a service, what it has more of: `log`, `inbox` or `clock`.

Commits of NOTIFY wait for each other in the whole cluster, so none of them may wait for the disk.
"""


class Unavailable(Exception):
    """The service cannot answer now; the same request may be sent again (503 with Retry-After)."""

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Meta(NamedTuple):
    """Where a fact came from: who asked, what caused it, which request and trace it belongs to.

    `mode` is the community's; a stream keeps that of its first event.
    """

    correlation_id: UUID
    causation_id: UUID
    actor: UUID | None = None
    traceparent: str | None = None
    mode: Mode = "live"

    def to_json(self) -> str:
        """The stored form; empty fields are left out."""
        return orjson.dumps(
            {k: v for k, v in self._asdict().items() if v is not None},
            default=str,  # asyncpg's UUID is a subclass, which orjson does not take by itself
        ).decode()

    @staticmethod
    def from_json(text: str | bytes) -> "Meta":
        """The reverse of `to_json`."""
        raw = orjson.loads(text)
        actor = raw.get("actor")
        return Meta(
            correlation_id=parsed(raw["correlation_id"]),
            causation_id=parsed(raw["causation_id"]),
            actor=parsed(actor) if actor else None,
            traceparent=raw.get("traceparent"),
            mode=raw["mode"],
        )


class Fact(NamedTuple):
    """One thing that happened, as projections, reactions and publications see it.

    `source` is this service for its own events, another service or a vendor for what came through the inbox.
    `position` is the one in the log (or inbox) it is read from; `at` is business time, `recorded_at` database time.
    """

    source: str
    position: int
    event_id: UUID
    stream_id: UUID
    community_id: UUID
    version: int
    type: str
    at: datetime
    recorded_at: datetime
    body: Any
    meta: Meta


class NewKey(NamedTuple):
    """A person's new key of one retention class, wrapped by the key-encryption key `kek_id`."""

    person_id: PersonId
    retention: Retention
    kek_id: str
    wrapped: bytes


class Lookup(NamedTuple):
    """`token` (an HMAC) finds `person_id` within a community and kind, and nobody else may claim it."""

    community_id: UUID
    kind: str
    token: UUID
    person_id: UUID


class Forget(NamedTuple):
    """Destroy a person's keys and lookups; `accounting` keys live until `keep_until`."""

    person_id: UUID
    keep_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Personal data that is written or destroyed in the transaction of a write."""

    keys: tuple[NewKey, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    forget: tuple[Forget, ...] = ()

    def __add__(self, other: "Keep") -> "Keep":
        return Keep(
            self.keys + other.keys, self.lookups + other.lookups, self.forget + other.forget
        )


class NewEvent(NamedTuple):
    """An event on its way into a stream, already encoded."""

    event_id: UUID
    at: datetime
    type: str
    schema_version: int
    data: str
    meta: str


class StreamWrite(NamedTuple):
    """Events for one stream that must be at `expected`. No events: the write only insists on the version."""

    stream_id: UUID
    community_id: UUID
    expected: int
    events: tuple[NewEvent, ...]


class CommandRecord(NamedTuple):
    """That a command was decided: its fingerprint, and the stream version it led to."""

    command_id: UUID
    fingerprint: bytes
    stream_id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class Write:
    """All or nothing: commands, the streams they touched, and the personal data that goes with them."""

    commands: tuple[CommandRecord, ...]
    streams: tuple[StreamWrite, ...]
    keep: Keep = field(default_factory=Keep)

    @property
    def size(self) -> int:
        """How many events it brings."""
        return sum([len(stream.events) for stream in self.streams])


@dataclass(frozen=True, slots=True)
class Appended:
    """The write is durable; `positions` are those of its events, in order."""

    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """At least one of the write's commands was decided before."""


@dataclass(frozen=True, slots=True)
class Conflicting:
    """A stream was not at the expected version, or belongs to another community."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A lookup token belongs to somebody else, a key exists already, or the person was erased."""


Verdict = Appended | Repeated | Conflicting | Taken

_READ_AFTER = """
SELECT position, event_id, stream_id, community_id, version, type, schema_version, at, recorded_at, data, meta
FROM events WHERE position > $1 ORDER BY position LIMIT $2
"""


_READ_STREAMS = """
SELECT w.number, e.position, e.event_id, e.stream_id, e.community_id, e.version, e.type, e.schema_version, e.at,
       e.recorded_at, e.data, e.meta
FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY w(id, after, number)
CROSS JOIN LATERAL (
    SELECT * FROM events WHERE stream_id = w.id AND version > w.after ORDER BY version) e
ORDER BY w.number, e.version
"""


class EventStore:
    """Reads the events of one service. Appending is `shared.appender`'s, tailing `shared.event_log`'s."""

    def __init__(self, service: str, pool: asyncpg.Pool, types: EventTypes) -> None:
        self.service = service
        self.pool = pool
        self.types = types
        self._streams = Together(self._read_streams)

    def fact(self, row: asyncpg.Record) -> Fact:
        """A row of `events` as a fact; UnknownType when this release cannot read it."""
        return Fact(
            source=self.service,
            position=row["position"],
            event_id=row["event_id"],
            stream_id=row["stream_id"],
            community_id=row["community_id"],
            version=row["version"],
            type=row["type"],
            at=row["at"],
            recorded_at=row["recorded_at"],
            body=self.types.decode(row["type"], row["schema_version"], row["data"]),
            meta=Meta.from_json(row["meta"]),
        )

    async def read_stream(self, stream_id: UUID, *, after: int = 0) -> list[Fact]:
        """The stream's events after a version, oldest first."""
        return [self.fact(row) for row in await self._streams.ask((stream_id, after))]

    async def _read_streams(
        self, asked: Sequence[tuple[UUID, int]]
    ) -> Sequence[list[asyncpg.Record]]:
        found: list[list[asyncpg.Record]] = [[] for _ in asked]
        for row in await self.pool.fetch(_READ_STREAMS, *zip(*asked, strict=True)):
            found[row["number"] - 1].append(row)
        return found

    async def read_range(self, after: int, limit: int) -> list[asyncpg.Record]:
        """The next `limit` rows that are visible after a position, in order, undecoded."""
        return await self.pool.fetch(_READ_AFTER, after, limit)

    async def has_position(self, position: int) -> bool:
        """Whether the row at this position is visible."""
        found: bool = await self.pool.fetchval(
            "SELECT EXISTS (SELECT FROM events WHERE position = $1)", position
        )
        return found

    async def last_of(
        self, stream_id: UUID, version: int, types: Collection[str]
    ) -> tuple[str, int] | None:
        """Type and position of the stream's last event of some types, up to a version."""
        row = await self.pool.fetchrow(
            "SELECT type, position FROM events WHERE stream_id = $1 AND version <= $2"
            " AND type = ANY ($3) ORDER BY version DESC LIMIT 1",
            stream_id,
            version,
            list(types),
        )
        return (row["type"], row["position"]) if row else None

    async def commands(self, ids: Sequence[UUID]) -> dict[UUID, tuple[CommandRecord, int]]:
        """Those of `ids` that were decided before, each with the position of the version it led to (0: none)."""
        rows = await self.pool.fetch(
            "SELECT c.command_id, c.print, c.stream_id, c.version, coalesce(e.position, 0) AS position"
            " FROM commands c LEFT JOIN events e ON e.stream_id = c.stream_id AND e.version = c.version"
            " WHERE c.command_id = ANY ($1)",
            list(ids),
        )
        return {
            row["command_id"]: (
                CommandRecord(row["command_id"], row["print"], row["stream_id"], row["version"]),
                row["position"],
            )
            for row in rows
        }
