"""Read models: tables folded from facts; disposable, versioned, rebuilt, never migrated."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from shared import telemetry
from shared.contracts.contract import Contract
from shared.event_log import Source
from shared.event_store import LOST, Connection, Fact

_log = logging.getLogger(__name__)

BATCH = 1_000
TENANT_SETTING = "tessera.community"
EVERY_TENANT = "*"
"""What the loops set; a connection that sets nothing sees no row of any community."""


def _stream_of(fact: Fact) -> UUID:
    return fact.stream_id


@dataclass(frozen=True)
class Projection:
    """A read model: its tables, what it folds, and how.

    Every table is named `<name>_v<version>` (or begins so) and has a `community_id` unless `tenant` is false.
    `apply` folds a batch; the order inside one stream is kept, between streams and sources there is none.
    `key` groups facts: one that cannot be folded parks its key, unless `parks` is false; then the loop stops.
    """

    name: str
    version: int
    ddl: str
    tables: tuple[str, ...]
    facts: tuple[type, ...]
    apply: Callable[[Any, Sequence[Fact]], Awaitable[None]]
    key: Callable[[Fact], UUID] = _stream_of
    tenant: bool = True
    parks: bool = True

    @property
    def reader(self) -> str:
        """The name its checkpoints carry: another version starts from the beginning, beside this one."""
        return f"{self.name}_v{self.version}"


class Reader(Protocol):
    """Something that follows a source and keeps its place in `checkpoints`."""

    @property
    def name(self) -> str:
        """The name its checkpoints carry."""
        ...

    def wanted(self, source: str) -> Collection[str]:
        """The stored type names it wants from a source."""
        ...

    async def take(self, connection: Connection, source: str, facts: Sequence[Fact]) -> None:
        """Act on a batch inside the transaction that moves the checkpoint."""
        ...


def stored_names(classes: Collection[type]) -> dict[str, set[str]]:
    """The type names behind classes, by the source they come from."""
    names: dict[str, set[str]] = {"log": set(), "inbox": set()}
    for cls in classes:
        if issubclass(cls, Contract):
            names["inbox"].add(cls.type())
        elif cls.__name__ == "Webhook":
            names["inbox"].add("*webhook")
        else:
            names["log"].add(cls.__name__)
    return names


class ProjectionReader:
    """Folds facts into one projection; parks what cannot be folded."""

    def __init__(self, projection: Projection, *, strict: bool = False) -> None:
        self.projection = projection
        self.name = projection.reader
        self._wanted = stored_names(projection.facts)
        self._strict = strict or not projection.parks

    def wanted(self, source: str) -> Collection[str]:
        """The stored names of its facts."""
        return self._wanted[source]

    async def take(self, connection: Connection, source: str, facts: Sequence[Fact]) -> None:
        """Fold the batch; when that fails, fold fact by fact and park the keys that cannot be."""
        parked = {
            row["key"]
            for row in await connection.fetch(
                "SELECT key FROM parked WHERE reader = $1 AND source = $2", self.name, source
            )
        }
        ready = [fact for fact in facts if self.projection.key(fact) not in parked]
        if not ready:
            return
        try:
            async with connection.transaction():
                await self.projection.apply(connection, ready)
        except LOST:
            raise
        except Exception:
            if self._strict:
                raise
            _log.exception("%s cannot fold a batch; going fact by fact", self.name)
            await self._one_by_one(connection, source, ready, parked)

    async def _one_by_one(
        self, connection: Connection, source: str, facts: Sequence[Fact], parked: set[UUID]
    ) -> None:
        for fact in facts:
            key = self.projection.key(fact)
            if key in parked:
                continue
            try:
                async with connection.transaction():
                    await self.projection.apply(connection, [fact])
            except LOST:
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, the key is parked with it
                telemetry.count("projection.parked", reader=self.name)
                parked.add(key)
                await connection.execute(
                    "INSERT INTO parked (reader, source, key, position, error) VALUES ($1, $2, $3, $4, $5)",
                    self.name, source, key, fact.position, f"{type(error).__name__}: {error}"[:2_000],
                )  # fmt: skip

    async def replay(self, pool: asyncpg.Pool, source: Source) -> int:
        """Fold what is parked once more, from the log; returns how many keys are free again."""
        rows = await pool.fetch(
            "SELECT key, position FROM parked WHERE reader = $1 AND source = $2 ORDER BY position",
            self.name, source.name,
        )  # fmt: skip
        freed = 0
        for row in rows:
            try:
                async with pool.acquire() as connection, connection.transaction():
                    await self._replay_key(connection, source, row["key"], row["position"])
            except LOST:
                raise
            except Exception:  # noqa: BLE001 - the others are tried all the same
                _log.exception("%s still cannot fold %s", self.name, row["key"])
            else:
                freed += 1
        return freed

    async def _replay_key(
        self, connection: Connection, source: Source, key: UUID, first: int
    ) -> None:
        """Fold a key's facts from the first that could not be to where the reader is, which waits meanwhile."""
        upto = await connection.fetchval(
            "SELECT position FROM checkpoints WHERE reader = $1 AND source = $2 FOR UPDATE",
            self.name, source.name,
        )  # fmt: skip
        after = first - 1
        while after < upto:
            batch = await source.read(after, BATCH, self._wanted[source.name])
            facts = [f for f in batch.facts if self.projection.key(f) == key and f.position <= upto]
            if facts:
                await self.projection.apply(connection, facts)
            after = batch.upto
        await connection.execute(
            "DELETE FROM parked WHERE reader = $1 AND source = $2 AND key = $3",
            self.name, source.name, key,
        )  # fmt: skip


Move = tuple[str, str, int, int]

# What readers write is folded again from what is durable, so that nobody has to wait for the disk.
_MOVE = """
UPDATE checkpoints c SET position = m.upto
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) m (reader, source, after, upto)
WHERE c.reader = m.reader AND c.source = m.source AND c.position = m.after
  AND set_config('synchronous_commit', 'off', true) = 'off'
RETURNING c.reader, c.source
"""


async def _moved(connection: Any, moves: Sequence[Move]) -> set[tuple[str, str]]:
    """Which of the checkpoints were where their readers believed, and have moved."""
    columns = map(list, zip(*moves, strict=True))
    return {(row["reader"], row["source"]) for row in await connection.fetch(_MOVE, *columns)}


class Passing:
    """Moves checkpoints past what their readers do not want: all that come together in one statement."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._asked: list[Move] = []
        self._moved: set[tuple[str, str]] = set()
        self._moving = asyncio.Lock()

    async def move(self, move: Move) -> bool:
        """False when somebody else has moved it."""
        self._asked.append(move)
        self._moved.discard(move[:2])
        async with self._moving:
            if move in self._asked:
                asked, self._asked = self._asked, []
                self._moved |= await _moved(self._pool, asked)
        return move[:2] in self._moved


async def step(
    pool: asyncpg.Pool,
    reader: Reader,
    source: Source,
    after: int,
    *,
    batch: int = BATCH,
    passing: Passing | None = None,
) -> int:
    """Read one batch, act on it and move the checkpoint, in one transaction; returns where the reader is now.

    Two processes may run the same reader: the checkpoint moves by compare-and-set, and who loses rolls back.
    """
    read = await source.read(after, batch, reader.wanted(source.name))
    if read.upto == after:
        return after
    move = (reader.name, source.name, after, read.upto)
    if not read.facts:
        if await (passing or Passing(pool)).move(move):
            return read.upto
    else:
        async with pool.acquire() as connection, connection.transaction():
            if await _moved(connection, [move]):
                await reader.take(connection, source.name, read.facts)
                return read.upto
    return await position(pool, reader, source)


async def position(pool: asyncpg.Pool, reader: Reader, source: Source) -> int:
    """Where a reader is; a new one is at 0."""
    return int(
        await pool.fetchval(
            "INSERT INTO checkpoints (reader, source, position) VALUES ($1, $2, 0)"
            " ON CONFLICT (reader, source) DO UPDATE SET position = checkpoints.position RETURNING position",
            reader.name, source.name,
        )
    )  # fmt: skip


async def install(connection: Connection, service: str, projections: Sequence[Projection]) -> None:
    """Create the tables that are missing, each behind row-level security; nothing that exists is touched."""
    for projection in projections:
        async with connection.transaction():
            await connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext($1))", f"{service}.{projection.reader}"
            )
            if (
                await connection.fetchval(
                    "SELECT to_regclass($1)", f'"{service}".{projection.tables[0]}'
                )
                is None
            ):
                await _create(connection, projection)


async def _create(connection: Connection, projection: Projection) -> None:
    await connection.execute(projection.ddl)
    for table in projection.tables:
        if not table.startswith(projection.reader):
            message = f"{table} must begin with {projection.reader}."
            raise ValueError(message)
        if projection.tenant:
            await connection.execute(
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;"
                f"CREATE POLICY tenant ON {table} USING"
                f" (current_setting('{TENANT_SETTING}', true) IN ('{EVERY_TENANT}', community_id::text))"
            )


async def rebuild(
    pool: asyncpg.Pool, service: str, projection: Projection, sources: Mapping[str, Source]
) -> int:
    """Fold everything into fresh tables beside the live ones, then put them in their place in one transaction.

    Returns how many facts were folded. A fact that cannot be folded stops the rebuild; the live tables stay.
    """
    beside = f"{service}_rebuild"
    reader = ProjectionReader(projection, strict=True)
    followed = [source for source in sources.values() if reader.wanted(source.name)]
    after = dict.fromkeys((source.name for source in followed), 0)
    async with pool.acquire() as connection:
        await connection.execute(
            f'DROP SCHEMA IF EXISTS "{beside}" CASCADE; CREATE SCHEMA "{beside}"'
        )
        try:
            await connection.execute(f'SET search_path = "{beside}", "{service}"')
            async with connection.transaction():
                await _create(connection, projection)
            folded = await _catch_up(connection, reader, followed, after)
            async with connection.transaction():
                # From here on we hold the checkpoints, and the live reader cannot move.
                folded += await _catch_up(connection, reader, followed, after)
                for table in reversed(projection.tables):
                    await connection.execute(f'DROP TABLE IF EXISTS "{service}".{table}')
                for table in projection.tables:
                    await connection.execute(
                        f'ALTER TABLE "{beside}".{table} SET SCHEMA "{service}"'
                    )
                await connection.executemany(
                    "INSERT INTO checkpoints VALUES ($1, $2, $3)"
                    " ON CONFLICT (reader, source) DO UPDATE SET position = excluded.position",
                    [(reader.name, source, position) for source, position in after.items()],
                )
                await connection.execute("DELETE FROM parked WHERE reader = $1", reader.name)
        finally:
            await connection.execute(f'SET search_path = "{service}"')
            await connection.execute(f'DROP SCHEMA IF EXISTS "{beside}" CASCADE')
    return folded


async def _catch_up(
    connection: Connection,
    reader: ProjectionReader,
    sources: Sequence[Source],
    after: dict[str, int],
) -> int:
    """Fold what there is, at least as far as the live reader has come; in a transaction it waits there."""
    rows = await connection.fetch(
        "SELECT source, position FROM checkpoints WHERE reader = $1 FOR UPDATE", reader.name
    )
    live = {row["source"]: row["position"] for row in rows}
    folded = 0
    for source in sources:
        while True:
            batch = await source.read(after[source.name], 10 * BATCH, reader.wanted(source.name))
            # Nothing may also mean that an old hole is not settled yet: the live tables are beyond it.
            if batch.upto == after[source.name] >= live.get(source.name, 0):
                break
            if batch.facts:
                async with connection.transaction():
                    await reader.projection.apply(connection, batch.facts)
            folded += len(batch.facts)
            after[source.name] = batch.upto
    return folded
