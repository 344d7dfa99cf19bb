"""Read models: tables folded from facts; disposable, versioned, rebuilt, never migrated."""

import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from shared import telemetry
from shared.contracts.contract import Contract
from shared.event_log import Batch, Source
from shared.event_store import LOST, Connection, Fact

_log = logging.getLogger(__name__)

BATCH = 2_000
TENANT_SETTING = "tessera.community"
EVERY_TENANT = "*"
"""What the loops set; a connection that sets nothing sees no row of any community."""


def stream_of(fact: Fact) -> UUID:
    """The key of most facts: those of one stream belong together."""
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
    key: Callable[[Fact], UUID] = stream_of
    tenant: bool = True
    parks: bool = True

    @property
    def reader(self) -> str:
        """The name its checkpoints carry: another version starts from the beginning, beside this one."""
        return f"{self.name}_v{self.version}"


class Reader(Protocol):
    """Something that follows a source and keeps its place in `checkpoints`, under its name.

    One that `parks` sets the key of a fact aside that it cannot act on; another stops there.
    """

    name: str
    parks: bool

    def key(self, fact: Fact) -> UUID:
        """What a fact belongs to: facts of one key are acted on in order."""
        ...

    def wanted(self, source: str) -> Collection[str]:
        """The stored type names it wants from a source."""
        ...

    async def take(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Act on a batch inside the transaction that moves the checkpoint."""
        ...


def stored_name(fact: Fact) -> str:
    """The name under which readers want a fact."""
    return "*webhook" if type(fact.body).__name__ == "Webhook" else fact.type


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
        self.parks = projection.parks and not strict
        self.key = projection.key
        self._wanted = stored_names(projection.facts)

    def wanted(self, source: str) -> Collection[str]:
        """The stored names of its facts."""
        return self._wanted[source]

    async def take(self, connection: Connection, facts: Sequence[Fact]) -> None:
        """Fold the batch."""
        await self.projection.apply(connection, facts)

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
            facts = [f for f in batch.facts if self.key(f) == key and f.position <= upto]
            if facts:
                await self.projection.apply(connection, facts)
            after = batch.upto
        await connection.execute(
            "DELETE FROM parked WHERE reader = $1 AND source = $2 AND key = $3",
            self.name, source.name, key,
        )  # fmt: skip


# What readers write is folded again from what is durable, so that nobody has to wait for the disk.
_MOVE = """
UPDATE checkpoints SET position = $4 WHERE reader = ANY ($1) AND source = $2 AND position = $3
AND set_config('synchronous_commit', 'off', true) = 'off'
"""
_PARKED = "SELECT reader, key FROM parked WHERE reader = ANY ($1) AND source = $2"


class Overtaken(Exception):
    """Another process has moved a reader, or is about to: look where it is."""


async def step(
    pool: asyncpg.Pool, readers: Sequence[Reader], source: Source, after: int, *, batch: int = BATCH
) -> Batch:
    """Read one batch for readers that are at the same place, have each act on what it wants, and move them on.

    All of it is one transaction. Two processes may run the same readers: checkpoints move by compare-and-set, and
    who loses rolls back and is Overtaken. When one of them cannot act, each is tried carefully, by itself.
    """
    wanted = frozenset[str]().union(*(reader.wanted(source.name) for reader in readers))
    read = await source.read(after, batch, wanted)
    if read.upto == after:
        return read
    try:
        await _act(pool, readers, source.name, after, read)
    except (Overtaken, *LOST):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is that of one of them
        _log.warning("a batch after %s %d is taken carefully: %r", source.name, after, error)
    else:
        return read
    for reader in readers:
        await _act(pool, [reader], source.name, after, read, carefully=True)
    return read


async def _act(
    pool: asyncpg.Pool,
    readers: Sequence[Reader],
    source: str,
    after: int,
    read: Batch,
    *,
    carefully: bool = False,
) -> None:
    names = [reader.name for reader in readers]
    async with pool.acquire() as connection, connection.transaction():
        moved = await connection.execute(_MOVE, names, source, after, read.upto)
        if moved != f"UPDATE {len(names)}":
            raise Overtaken
        if not read.facts:
            return
        # A statement of its own, after the lock: a key that was freed meanwhile is seen to be free.
        parked = {tuple(row) for row in await connection.fetch(_PARKED, names, source)}
        found = [(stored_name(fact), fact) for fact in read.facts]
        for reader in readers:
            wanted = reader.wanted(source)
            facts = [fact for name, fact in found if name in wanted]
            if parked:
                facts = [fact for fact in facts if (reader.name, reader.key(fact)) not in parked]
            if carefully and reader.parks:
                await _one_by_one(connection, reader, source, facts)
            elif facts:
                with telemetry.spans(f"read {reader.name}", (f.meta.traceparent for f in facts)):
                    await reader.take(connection, facts)


async def _one_by_one(
    connection: Connection, reader: Reader, source: str, facts: Sequence[Fact]
) -> None:
    parked: set[UUID] = set()
    for fact in facts:
        key = reader.key(fact)
        if key in parked:
            continue
        try:
            async with connection.transaction():
                await reader.take(connection, [fact])
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the key is parked with it
            _log.exception("%s cannot fold %s", reader.name, fact.event_id)
            telemetry.count("projection.parked", reader=reader.name)
            parked.add(key)
            await connection.execute(
                "INSERT INTO parked (reader, source, key, position, error) VALUES ($1, $2, $3, $4, $5)",
                reader.name, source, key, fact.position, f"{type(error).__name__}: {error}"[:2_000],
            )  # fmt: skip


async def positions(
    pool: asyncpg.Pool, readers: Sequence[Reader], source: Source
) -> dict[str, int]:
    """Where readers are, by name; a new one is at 0."""
    rows = await pool.fetch(
        "INSERT INTO checkpoints SELECT unnest($1::text[]), $2, 0 ON CONFLICT (reader, source)"
        " DO UPDATE SET position = checkpoints.position RETURNING reader, position",
        [reader.name for reader in readers], source.name,
    )  # fmt: skip
    return {row["reader"]: row["position"] for row in rows}


async def position(pool: asyncpg.Pool, reader: Reader, source: Source) -> int:
    """Where a reader is."""
    return (await positions(pool, [reader], source))[reader.name]


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
            batch = await source.read(after[source.name], 5 * BATCH, reader.wanted(source.name))
            # Nothing may also mean that an old hole is not settled yet: the live tables are beyond it.
            if batch.upto == after[source.name] >= live.get(source.name, 0):
                break
            if batch.facts:
                async with connection.transaction():
                    await reader.projection.apply(connection, batch.facts)
            folded += len(batch.facts)
            after[source.name] = batch.upto
    return folded
