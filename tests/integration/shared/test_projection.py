"""Read models: always a fold of the log, whatever happens to the loop that folds."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.event_log import Batch, EventLog, Source
from shared.event_store import Fact
from shared.event_types import UnknownType
from shared.feature import Feature
from shared.projection import (
    Overtaken,
    Projection,
    ProjectionReader,
    install,
    position,
    rebuild,
    step,
)
from shared.reaction import Ask
from shared.service import Service, connect
from shared.testing import eventually
from shared.worker import Health, follow
from tests.integration.shared.counting import (
    COMMUNITY,
    COUNTER,
    OTHER_COMMUNITY,
    SERVICE,
    TOTALS,
    Count,
    all_facts,
    count,
    counter,
    feature,
    origin,
    read_to_end,
    running,
)
from tests.integration.shared.writing import append, event, open_append, part, stream, write

Table = list[tuple[UUID, UUID, int]]
UNFOLDABLE = 666


async def table(pool: asyncpg.Pool, name: str = "totals_v1") -> Table:
    rows = await pool.fetch(f"SELECT counter_id, community_id, total FROM {name} ORDER BY 1")
    return [tuple(row) for row in rows]


async def truth(service: Service, without: Sequence[UUID] = ()) -> Table:
    """The fold of the whole log, by hand."""
    totals: Counter[tuple[UUID, UUID]] = Counter()
    for fact in await all_facts(service):
        if fact.stream_id not in without:
            totals[fact.stream_id, fact.community_id] += fact.body.by
    return [(*key, total) for key, total in sorted(totals.items())]


async def drain(service: Service, reader: ProjectionReader, batch: int = 1_000) -> None:
    await read_to_end(service, reader, service.log, batch=batch)


async def counts(service: Service, streams: int = 5, each: int = 4) -> None:
    await asyncio.gather(
        *(count(service, counter(n), by=n + 1) for n in range(streams) for _ in range(each))
    )


def applying(apply: Callable[[Any, Sequence[Fact]], Awaitable[None]], **more: Any) -> Projection:
    return replace(TOTALS, apply=apply, **more)


def adding(
    table: str, amount: Callable[[Fact], int]
) -> Callable[[Any, Sequence[Fact]], Awaitable[None]]:
    """A fold that can do with every fact, one by one."""

    async def apply(connection: Any, facts: Sequence[Fact]) -> None:
        for fact in facts:
            await connection.execute(
                f"INSERT INTO {table} VALUES ($1, $2, $3)"
                f" ON CONFLICT (counter_id) DO UPDATE SET total = {table}.total + excluded.total",
                fact.stream_id,
                fact.community_id,
                amount(fact),
            )

    return apply


mended = adding("totals_v1", lambda fact: fact.body.by)
OTHERS = replace(
    TOTALS,
    name="others",
    ddl=TOTALS.ddl.replace("totals_v1", "others_v1"),
    tables=("others_v1",),
    apply=adding("others_v1", lambda _: 1),
)
OTHERS_FEATURE = Feature("others", projections=(OTHERS,))


@contextlib.asynccontextmanager
async def following(service: Service, reader: ProjectionReader) -> AsyncIterator[None]:
    task = asyncio.create_task(follow(service, [reader], service.log, Health()))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def is_read(service: Service, reader: ProjectionReader) -> None:
    highest = await service.pool.fetchval("SELECT max(position) FROM events")
    await eventually(lambda: position(service.pool, reader, service.log), lambda at: at == highest)


# Folding


@pytest.mark.parametrize("batch", [1, 7, 1_000])
async def test_a_read_model_is_the_fold_of_the_log(database_url: str, batch: int) -> None:
    async with running(database_url) as service:
        await counts(service)
        await drain(service, ProjectionReader(TOTALS), batch)
        assert await table(service.pool) == await truth(service)
        assert len(await table(service.pool)) == 5


async def test_rows_and_checkpoint_are_seen_together(database_url: str) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(connection: Any, facts: Sequence[Fact]) -> None:
        await mended(connection, facts)
        inside.set()
        await go_on.wait()

    async with running(database_url) as service:
        await counts(service, 1, 3)
        reader = ProjectionReader(applying(slowly))
        at = await position(service.pool, reader, service.log)
        folding = asyncio.create_task(step(service.pool, [reader], service.log, at))
        await inside.wait()
        assert await table(service.pool) == []
        assert await service.pool.fetchval("SELECT max(position) FROM checkpoints") == 0
        go_on.set()
        assert (await folding).upto == 3
        assert await table(service.pool) == await truth(service)
        assert await service.pool.fetchval("SELECT max(position) FROM checkpoints") == 3


async def test_a_fold_that_is_cut_off_leaves_nothing_behind(database_url: str) -> None:
    async def cut_off(connection: Any, facts: Sequence[Fact]) -> None:
        await mended(connection, facts)
        raise ConnectionResetError

    async with running(database_url) as service:
        await counts(service, 1, 3)
        reader = ProjectionReader(applying(cut_off))
        at = await position(service.pool, reader, service.log)
        with pytest.raises(ConnectionResetError):
            await step(service.pool, [reader], service.log, at)
        assert await table(service.pool) == []
        assert await position(service.pool, reader, service.log) == 0
        assert await service.pool.fetch("SELECT FROM parked") == []
        await drain(service, ProjectionReader(TOTALS))
        assert await table(service.pool) == await truth(service)


async def test_two_workers_fold_every_fact_once(database_url: str) -> None:
    async with running(database_url) as service, running(database_url) as other:
        first, second = ProjectionReader(TOTALS), ProjectionReader(TOTALS)
        async with following(service, first), following(other, second):
            for _ in range(5):
                await counts(service, 3, 5)
            await is_read(service, first)
        assert await table(service.pool) == await truth(service)


async def test_who_comes_late_to_a_batch_folds_nothing(database_url: str) -> None:
    async with running(database_url) as service:
        await counts(service, 1, 3)
        reader = ProjectionReader(TOTALS)
        at = await position(service.pool, reader, service.log)
        reached = await asyncio.gather(
            *(step(service.pool, [reader], service.log, at) for _ in range(4)),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in reached) == ["Batch", *["Overtaken"] * 3]
        assert await table(service.pool) == await truth(service)


async def test_a_loop_goes_on_when_its_connections_are_killed(database_url: str) -> None:
    async with running(database_url) as service:
        reader = ProjectionReader(TOTALS)
        async with following(service, reader):
            for _ in range(4):
                await counts(service, 3, 5)
                await service.pool.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE application_name = $1 AND pid <> pg_backend_pid()",
                    f"tessera-{SERVICE}",
                )
            await is_read(service, reader)
        assert await service.pool.fetch("SELECT FROM parked") == []
        assert await table(service.pool) == await truth(service)


async def test_an_event_of_a_newer_release_stops_the_loop(database_url: str) -> None:
    async with running(database_url) as service:
        await append(database_url, write(part(stream(1), 0, [event(name="InventedLater")])))
        reader = ProjectionReader(TOTALS)
        with pytest.raises(UnknownType):
            async with asyncio.timeout(10):
                await follow(service, [reader], service.log, Health())


# Parking


async def test_a_fact_that_cannot_be_folded_parks_its_key_and_nothing_else(
    database_url: str,
) -> None:
    async with running(database_url) as service:
        await counts(service, 3, 2)
        await count(service, counter(1), by=UNFOLDABLE)
        await counts(service, 3, 2)
        await drain(service, ProjectionReader(TOTALS))
        rest = [row for row in await table(service.pool) if row[0] != counter(1)]
        assert rest == await truth(service, without=[counter(1)])
        (parked,) = await service.pool.fetch("SELECT * FROM parked")
        assert (parked["key"], parked["position"]) == (counter(1), 7)
        assert "666 cannot be folded" in parked["error"]
        held = [row for row in await table(service.pool) if row[0] == counter(1)]
        assert held == [(counter(1), COMMUNITY, 4)]


async def test_a_database_that_goes_away_while_a_culprit_is_looked_for_parks_nothing(
    database_url: str,
) -> None:
    async def gone(_: Any, facts: Sequence[Fact]) -> None:
        raise ValueError if len(facts) > 1 else ConnectionResetError

    async with running(database_url) as service:
        await counts(service, 2, 2)
        reader = ProjectionReader(applying(gone))
        at = await position(service.pool, reader, service.log)
        with pytest.raises(ConnectionResetError):
            await step(service.pool, [reader], service.log, at)
        assert await service.pool.fetch("SELECT FROM parked") == []
        assert await position(service.pool, reader, service.log) == 0


@pytest.mark.parametrize("batch", [1, 1_000])
async def test_a_parked_key_is_folded_from_the_log_when_it_is_replayed(
    database_url: str, batch: int
) -> None:
    async with running(database_url) as service:
        await counts(service, 3, 2)
        await count(service, counter(1), by=UNFOLDABLE)
        await counts(service, 3, 2)
        await drain(service, ProjectionReader(TOTALS), batch)
        await counts(service, 3, 1)  # The reader has not seen these when the key is replayed.
        reader = ProjectionReader(applying(mended))
        assert await reader.replay(service.pool, service.log) == 1
        assert await reader.replay(service.pool, service.log) == 0
        await drain(service, reader)
        assert await table(service.pool) == await truth(service)


async def test_replaying_frees_the_keys_that_can_be_folded(database_url: str) -> None:
    async def half_mended(connection: Any, facts: Sequence[Fact]) -> None:
        if any(f.stream_id == counter(0) and f.body.by == UNFOLDABLE for f in facts):
            raise ValueError
        await mended(connection, facts)

    async with running(database_url) as service:
        for n in range(3):
            await count(service, counter(n), by=UNFOLDABLE)
        await drain(service, ProjectionReader(TOTALS))
        reader = ProjectionReader(applying(half_mended))
        assert await reader.replay(service.pool, service.log) == 2
        assert await table(service.pool) == await truth(service, without=[counter(0)])
        assert await service.pool.fetchval("SELECT key FROM parked") == counter(0)


async def test_a_key_is_replayed_while_the_loop_runs(database_url: str) -> None:
    async with running(database_url) as service:
        await count(service, counter(1), by=UNFOLDABLE)
        await drain(service, ProjectionReader(TOTALS))
        reader = ProjectionReader(applying(mended))
        async with following(service, reader):
            counting = asyncio.gather(*(count(service, counter(1)) for _ in range(50)))
            assert await reader.replay(service.pool, service.log) == 1
            await counting
            await is_read(service, reader)
        assert await table(service.pool) == await truth(service)


async def test_a_strict_reader_stops_and_parks_nothing(database_url: str) -> None:
    async with running(database_url) as service:
        await counts(service, 1, 2)
        await count(service, counter(1), by=UNFOLDABLE)
        reader = ProjectionReader(replace(TOTALS, parks=False))
        with pytest.raises(ValueError, match="666"):
            await follow(service, [reader], service.log, Health())
        assert await table(service.pool) == []
        assert await position(service.pool, reader, service.log) == 0
        assert await service.pool.fetch("SELECT FROM parked") == []


# Rebuilding


async def test_a_rebuilt_read_model_is_the_live_one_to_the_byte(database_url: str) -> None:
    async with running(database_url) as service:
        reader = ProjectionReader(TOTALS)
        async with following(service, reader):
            counting = asyncio.create_task(counts(service, 10, 40))
            for _ in range(3):
                await rebuild(service.pool, SERVICE, TOTALS, service.sources())
            await counting
            await is_read(service, reader)
        live = await table(service.pool)
        assert live == await truth(service)
        folded = await rebuild(service.pool, SERVICE, TOTALS, service.sources())
        assert folded == 400
        assert await table(service.pool) == live
        assert (
            await service.pool.fetchval(
                "SELECT count(*) FROM pg_namespace WHERE nspname LIKE '%rebuild'"
            )
            == 0
        )


async def test_a_rebuild_ends_no_earlier_than_the_live_one_whatever_holes_there_are(
    database_url: str,
) -> None:
    async with running(database_url) as service:
        for n in range(4):
            await counts(service, 2, 2)
            async with open_append(database_url, write(part(stream(n), 0, 3))) as writer:
                await writer.roll_back()
        await counts(service, 2, 2)
        reader = ProjectionReader(TOTALS)
        async with following(service, reader):
            await is_read(service, reader)
        live, reached = await table(service.pool), await position(service.pool, reader, service.log)
        async with open_append(database_url, write(part(stream(9), 0))):
            # A process of its own has settled nothing yet, and a writer holds up its barrier for a while.
            fresh = EventLog(service.store)
            rebuilding = asyncio.create_task(rebuild(service.pool, SERVICE, TOTALS, {"log": fresh}))
            await asyncio.sleep(0.1)
            assert await table(service.pool) == live
        await rebuilding
        assert await table(service.pool) == live
        assert await position(service.pool, reader, service.log) == reached


async def test_readers_that_are_at_the_same_place_go_together(database_url: str) -> None:
    async with running(database_url) as service:
        await counts(service, 1, 3)
        readers = [ProjectionReader(TOTALS), ProjectionReader(replace(OTHERS, facts=()))]
        for reader in readers:
            await position(service.pool, reader, service.log)
        await step(service.pool, readers, service.log, 0)
        ((statements, places),) = await service.pool.fetch(
            "SELECT count(DISTINCT xmin::text), array_agg(position) FROM checkpoints"
        )
        assert (statements, places) == (1, [3, 3])
        assert await table(service.pool) == await truth(service)


async def test_of_readers_that_go_together_each_parks_what_it_cannot_fold(
    database_url: str,
) -> None:
    async with running(database_url, feature(), OTHERS_FEATURE) as service:
        await count(service, counter(1), by=UNFOLDABLE)
        await counts(service, 3, 2)
        readers = [ProjectionReader(OTHERS), ProjectionReader(TOTALS)]
        for reader in readers:
            await position(service.pool, reader, service.log)
        await step(service.pool, readers, service.log, 0)
        assert await table(service.pool) == await truth(service, without=[counter(1)])
        assert await service.pool.fetchval("SELECT sum(total)::int FROM others_v1") == 7
        parked = await service.pool.fetch("SELECT reader, key FROM parked")
        assert [tuple(row) for row in parked] == [(TOTALS.reader, counter(1))]


async def test_one_that_stops_takes_none_of_the_others_with_it_beyond_its_place(
    database_url: str,
) -> None:
    async with running(database_url, feature(), OTHERS_FEATURE) as service:
        await counts(service, 1, 2)
        await count(service, counter(1), by=UNFOLDABLE)
        strict = ProjectionReader(replace(TOTALS, parks=False))
        other = ProjectionReader(OTHERS)
        with pytest.raises(ValueError, match="666"):
            await follow(service, [other, strict], service.log, Health())
        assert await position(service.pool, strict, service.log) == 0
        assert await position(service.pool, other, service.log) == 3
        assert await service.pool.fetchval("SELECT sum(total)::int FROM others_v1") == 3


async def test_a_newcomer_catches_up_beside_those_who_are_there(database_url: str) -> None:
    async with running(database_url, feature(), OTHERS_FEATURE) as service:
        await counts(service, 5, 4)
        await drain(service, ProjectionReader(TOTALS))
        readers = [ProjectionReader(TOTALS), ProjectionReader(OTHERS)]
        following_both = asyncio.create_task(follow(service, readers, service.log, Health()))
        await counts(service, 5, 4)
        for reader in readers:
            await is_read(service, reader)
        following_both.cancel()
        assert await table(service.pool) == await truth(service)
        assert await service.pool.fetchval("SELECT sum(total)::int FROM others_v1") == 40


class LateComer:
    """The log, to which one more event comes whenever somebody has reached its end for the first time."""

    name = "log"

    def __init__(self, service: Service) -> None:
        self._service = service
        self._came = False

    async def read(self, after: int, limit: int, wanted: Collection[str]) -> Batch:
        batch = await self._service.log.read(after, limit, wanted)
        if batch.upto == after and not self._came:
            self._came = True
            await count(self._service, counter(1))
        return batch


async def test_the_live_reader_waits_while_the_tables_are_exchanged(database_url: str) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(connection: Any, facts: Sequence[Fact]) -> None:
        await mended(connection, facts)
        if len(facts) == 1:
            inside.set()
            await go_on.wait()

    async with running(database_url) as service:
        await counts(service, 1, 3)
        late: dict[str, Source] = {"log": LateComer(service)}
        rebuilding = asyncio.create_task(rebuild(service.pool, SERVICE, applying(slowly), late))
        reader = ProjectionReader(TOTALS)
        at = await position(service.pool, reader, service.log)
        await inside.wait()
        reading = asyncio.create_task(step(service.pool, [reader], service.log, at))
        await asyncio.sleep(0.2)
        assert not reading.done()
        go_on.set()
        assert await rebuilding == 4
        with pytest.raises(Overtaken):
            await reading
        await drain(service, reader)
        assert await table(service.pool) == await truth(service)


async def test_a_rebuild_stops_at_what_cannot_be_folded_and_the_live_one_stays(
    database_url: str,
) -> None:
    async with running(database_url) as service:
        await counts(service, 2, 2)
        await count(service, counter(1), by=UNFOLDABLE)
        await drain(service, ProjectionReader(TOTALS))
        live = await table(service.pool)
        with pytest.raises(ValueError, match="666"):
            await rebuild(service.pool, SERVICE, TOTALS, service.sources())
        assert await table(service.pool) == live
        assert await service.pool.fetchval("SELECT count(*) FROM parked") == 1
        await rebuild(service.pool, SERVICE, applying(mended), service.sources())
        assert await table(service.pool) == await truth(service)
        assert await service.pool.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_rebuild_leaves_checkpoints_only_where_it_reads(database_url: str) -> None:
    async with running(database_url) as service:
        await counts(service, 1, 1)
        await rebuild(service.pool, SERVICE, TOTALS, service.sources())
        rows = await service.pool.fetch("SELECT reader, source, position FROM checkpoints")
        assert [tuple(row) for row in rows] == [("totals_v1", "log", 1)]


async def test_a_rebuilt_table_is_behind_row_level_security_too(database_url: str) -> None:
    async with running(database_url) as service:
        await counts(service, 1, 1)
        await rebuild(service.pool, SERVICE, TOTALS, service.sources())
        async with seeing(service, "") as pool:
            assert await table(pool) == []


async def test_a_new_version_is_built_beside_the_old_one(database_url: str) -> None:
    async def doubled(connection: Any, facts: Sequence[Fact]) -> None:
        for fact in facts:
            await connection.execute(
                "INSERT INTO totals_v2 VALUES ($1, $2, $3)"
                " ON CONFLICT (counter_id) DO UPDATE SET total = totals_v2.total + excluded.total",
                fact.stream_id,
                fact.community_id,
                2 * fact.body.by,
            )

    second = replace(
        TOTALS,
        version=2,
        ddl=TOTALS.ddl.replace("_v1", "_v2"),
        tables=("totals_v2",),
        apply=doubled,
    )
    async with running(database_url) as service:
        await counts(service, 2, 2)
        await drain(service, ProjectionReader(TOTALS))
        async with service.pool.acquire() as connection:
            await install(connection, SERVICE, [TOTALS, second])
        await drain(service, ProjectionReader(second))
        assert await table(service.pool) == await truth(service)
        assert await table(service.pool, "totals_v2") == [
            (counter_id, community, 2 * total)
            for counter_id, community, total in await truth(service)
        ]


# Tables and tenants


@contextlib.asynccontextmanager
async def seeing(service: Service, tenant: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await connect(service.settings, SERVICE, size=2, tenant=tenant)
    try:
        yield pool
    finally:
        await pool.close()


async def test_a_connection_sees_the_rows_of_its_tenant_alone(database_url: str) -> None:
    async with running(database_url) as service:
        await count(service, counter(1))
        theirs = origin(community_id=OTHER_COMMUNITY)
        await service.handler.handle([Ask(COUNTER, counter(2), Count(5))], theirs)
        await drain(service, ProjectionReader(TOTALS))
        assert len(await table(service.pool)) == 2
        async with seeing(service, "") as pool:
            assert await table(pool) == []
        async with seeing(service, str(COMMUNITY)) as pool:
            assert await table(pool) == [(counter(1), COMMUNITY, 1)]
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(
                    "INSERT INTO totals_v1 VALUES ($1, $2, 1)", counter(3), OTHER_COMMUNITY
                )
            assert await pool.execute("UPDATE totals_v1 SET total = 9") == "UPDATE 1"
        connection = await asyncpg.connect(database_url)
        assert await connection.fetchval(f"SELECT count(*) FROM {SERVICE}.totals_v1") == 0
        await connection.close()


async def test_tables_are_made_once_however_many_start(database_url: str) -> None:
    async with running(database_url) as service:
        await counts(service, 1, 1)
        await drain(service, ProjectionReader(TOTALS))

        async def start() -> None:
            async with service.pool.acquire() as connection:
                await install(connection, SERVICE, [TOTALS])

        await asyncio.gather(*(start() for _ in range(4)))
        assert await table(service.pool) == await truth(service)


async def test_a_table_has_the_name_of_its_projection(database_url: str) -> None:
    wrong = replace(
        TOTALS, name="sums", ddl="CREATE TABLE others (n int)", tables=("others",), tenant=False
    )
    async with running(database_url) as service, service.pool.acquire() as connection:
        with pytest.raises(ValueError, match="must begin with sums_v1"):
            await install(connection, SERVICE, [wrong])
        assert await connection.fetchval("SELECT to_regclass('others')") is None


async def test_features_bring_their_read_models_along(database_url: str) -> None:
    async with running(database_url, feature()) as service:
        assert [reader.name for reader in service.readers()] == ["totals_v1", "reactions"]
        assert await table(service.pool) == []
