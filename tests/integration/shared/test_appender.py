"""Group commit: fast because writes travel together, and each is decided as if it had travelled alone."""

import asyncio
import contextlib
from typing import Any, cast

import asyncpg
import pytest

from shared.appender import Appender
from shared.event_store import Appended, Conflicting, Repeated, Unavailable, Verdict
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.shared import writers
from tests.integration.shared.writing import (
    APPENDERS,
    SERVICE,
    appending,
    connected,
    event,
    migrated,
    part,
    stream,
    waits_for_a_lock,
    write,
)

TRANSACTIONS = "SELECT count(DISTINCT xmin::text) FROM events"


async def value(database_url: str, query: str) -> Any:
    async with connected(database_url) as connection:
        return await connection.fetchval(query)


@contextlib.asynccontextmanager
async def held_back(database_url: str) -> Any:
    """Every append waits inside the database until the block ends."""
    async with connected(database_url) as connection, connection.transaction():
        await connection.execute("LOCK TABLE events IN SHARE MODE")
        yield


async def in_flight(database_url: str) -> None:
    """Return once the appender's call waits in the database."""
    async with connected(database_url) as connection:
        pid = await connection.fetchval(
            "SELECT pid FROM pg_stat_activity WHERE application_name = $1", APPENDERS
        )
        await eventually(lambda: waits_for_a_lock(connection, pid), within=10)


async def test_what_is_asked_for_together_is_stored_in_one_transaction(database_url: str) -> None:
    async with appending(database_url) as appender:
        verdicts = await asyncio.gather(
            *(appender.append(write(part(stream(n), 0))) for n in range(200))
        )
        assert verdicts == [Appended((n + 1,)) for n in range(200)]
    assert await value(database_url, TRANSACTIONS) == 1


async def test_what_arrives_during_a_call_is_the_next_one(database_url: str) -> None:
    async with (
        appending(database_url) as appender,
        asyncio.TaskGroup() as group,
        held_back(database_url),
    ):
        group.create_task(appender.append(write(part(stream(0), 0))))
        await in_flight(database_url)
        for n in range(1, 100):
            group.create_task(appender.append(write(part(stream(n), 0))))
        await asyncio.sleep(0)
    assert await value(database_url, "SELECT count(*) FROM events") == 100
    assert await value(database_url, TRANSACTIONS) == 2


async def test_a_call_takes_at_most_200_commands(database_url: str) -> None:
    async with appending(database_url) as appender:
        await asyncio.gather(*(appender.append(write(part(stream(n), 0))) for n in range(401)))
    assert await value(database_url, TRANSACTIONS) == 3


async def test_writes_of_one_stream_keep_their_order(database_url: str) -> None:
    async with appending(database_url) as appender:
        verdicts = await asyncio.gather(
            *(appender.append(write(part(stream(1), n))) for n in range(20)),
            *(appender.append(write(part(stream(2), n))) for n in range(20)),
        )
    assert all(isinstance(verdict, Appended) for verdict in verdicts)


async def test_a_conflicting_write_leaves_its_neighbours_alone(database_url: str) -> None:
    async with appending(database_url) as appender:
        verdicts = await asyncio.gather(
            *(appender.append(write(part(stream(n), n % 2))) for n in range(10))
        )
    assert [type(verdict) for verdict in verdicts] == [Appended, Conflicting] * 5


async def test_a_caller_that_goes_away_loses_nothing_and_hurts_nobody(database_url: str) -> None:
    async with appending(database_url) as appender:
        async with held_back(database_url):
            first = [
                asyncio.create_task(appender.append(write(part(stream(n), 0)))) for n in range(4)
            ]
            await in_flight(database_url)
            queued = [
                asyncio.create_task(appender.append(write(part(stream(n), 0)))) for n in range(4, 8)
            ]
            await asyncio.sleep(0)
            for task in first[:2] + queued[:2]:
                task.cancel()
        answers = await asyncio.gather(*first, *queued, return_exceptions=True)
        told = [asyncio.CancelledError, asyncio.CancelledError, Appended, Appended]
        assert [type(answer) for answer in answers] == told * 2
        assert isinstance(await appender.append(write(part(stream(9), 0))), Appended)
    assert await value(database_url, "SELECT count(*) FROM events") == 9


async def test_a_full_queue_is_refused_at_once(database_url: str) -> None:
    async with appending(database_url, max_waiting=10) as appender:
        async with held_back(database_url):
            flying = asyncio.create_task(appender.append(write(part(stream(0), 0))))
            await in_flight(database_url)
            waiting = [
                asyncio.create_task(appender.append(write(part(stream(n), 0))))
                for n in range(1, 11)
            ]
            await asyncio.sleep(0)
            with pytest.raises(Unavailable):
                await appender.append(write(part(stream(11), 0)))
        verdicts = await asyncio.gather(flying, *waiting)
        assert all(isinstance(verdict, Appended) for verdict in verdicts)


async def test_closing_waits_for_what_was_asked_for(database_url: str) -> None:
    async with appending(database_url) as appender:
        writes = [
            asyncio.create_task(appender.append(write(part(stream(n), 0)))) for n in range(300)
        ]
        await asyncio.sleep(0)
    assert all(isinstance(verdict, Appended) for verdict in await asyncio.gather(*writes))
    with pytest.raises(Unavailable):
        await appender.append(write(part(stream(301), 0)))


async def test_an_answer_that_got_lost_is_asked_for_again(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Appender._send
    lost = 0

    async def send_and_lose(self: Appender, connection: Any, batch: Any) -> None:
        nonlocal lost
        row = await connection.fetch("SELECT 1")
        assert row
        if lost < 2:
            lost += 1
            deaf = [_copy(waiting) for waiting in batch]
            await send(self, connection, deaf)
            raise ConnectionResetError("the answer is lost")
        await send(self, connection, batch)

    monkeypatch.setattr(Appender, "_send", send_and_lose)
    async with appending(database_url) as appender:
        verdicts = await asyncio.gather(
            *(appender.append(write(part(stream(n), 0))) for n in range(5))
        )
    assert lost == 2
    assert verdicts == [Repeated()] * 5
    assert await value(database_url, "SELECT count(*) FROM events") == 5


def _copy(waiting: Any) -> Any:
    return type(waiting)(waiting.write, asyncio.get_running_loop().create_future())


async def test_a_batch_that_fails_is_sent_again_write_by_write(database_url: str) -> None:
    async with appending(database_url) as appender:
        verdicts = await asyncio.gather(
            *(
                appender.append(write(part(stream(n), 0, [event("{" if n == 50 else "{}")])))
                for n in range(100)
            ),
            return_exceptions=True,
        )
        stored = [isinstance(verdict, Appended) for verdict in verdicts]
        assert stored == [n != 50 for n in range(100)]


async def test_killed_connections_cost_nothing(database_url: str) -> None:
    callers, each = 40, 15
    verdicts: list[Verdict] = []
    kills = 0

    async def caller(appender: Appender, number: int) -> None:
        verdicts.extend(
            [await appender.append(write(part(stream(number), version))) for version in range(each)]
        )

    async def killer(connection: asyncpg.Connection) -> None:
        nonlocal kills
        while kills < 20:
            kills += await connection.fetchval(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE application_name = $1 AND datname = current_database() AND state = 'active'",
                APPENDERS,
            )
            await asyncio.sleep(0.01)

    async with appending(database_url) as appender, connected(database_url) as connection:
        killing = asyncio.create_task(killer(connection))
        async with asyncio.timeout(60):
            await asyncio.gather(*(caller(appender, n) for n in range(callers)))
        killing.cancel()
    assert kills > 0
    assert {type(verdict) for verdict in verdicts} <= {Appended, Repeated}
    assert await value(database_url, "SELECT count(*) FROM commands") == callers * each
    assert (
        await value(
            database_url,
            f"SELECT count(*) FROM (SELECT FROM events GROUP BY stream_id"
            f" HAVING max(version) = {each} AND count(*) = {each}) whole",
        )
        == callers
    )


async def test_writers_of_many_processes_never_deadlock_and_never_fail(database_url: str) -> None:
    await migrated(database_url)
    processes = [await writers.start("storm", database_url, seed) for seed in range(3)]
    counts = [
        cast("dict[str, int]", said)
        for said in await asyncio.gather(*(writers.told(process) for process in processes))
    ]
    total = {name: sum(each.get(name, 0) for each in counts) for each in counts for name in each}
    assert sum(total.values()) == 3 * writers.CALLERS * writers.WRITES
    assert set(total) == {"Appended", "Repeated", "Conflicting"}
    assert await value(database_url, "SELECT count(*) FROM commands") == total["Appended"]
    # A batch that failed would have burned its positions, and a deadlock would have been counted.
    assert await value(database_url, "SELECT count(*) = max(position) FROM events")
    assert not await value(
        database_url, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert not await value(
        database_url,
        "SELECT count(*) FROM (SELECT FROM events GROUP BY stream_id"
        " HAVING max(version) <> count(*)) torn",
    )


async def test_an_append_that_need_not_be_durable_is_no_append(database_url: str) -> None:
    await migrated(database_url)
    async with connected(database_url) as connection:
        await connection.execute("ALTER ROLE CURRENT_USER SET synchronous_commit = off")
    try:
        with pytest.raises(RuntimeError, match="synchronous_commit"):
            async with Appender(database_url, SERVICE):
                pass
    finally:
        async with connected(database_url) as connection:
            await connection.execute("ALTER ROLE CURRENT_USER RESET synchronous_commit")


async def test_readers_are_woken_after_a_commit(database_url: str) -> None:
    rung = asyncio.Event()
    async with appending(database_url) as appender, connected(database_url) as listening:
        await listening.add_listener(SERVICE, lambda *_: rung.set())
        await appender.append(write(part(stream(1), 0)))
        async with asyncio.timeout(5):
            await rung.wait()


async def test_a_command_id_may_come_back_at_any_time(database_url: str) -> None:
    command_id = random_id()
    async with appending(database_url) as appender:
        await appender.append(write(part(stream(1), 0), command_id=command_id))
    async with appending(database_url) as appender:
        assert await appender.append(write(part(stream(1), 1), command_id=command_id)) == Repeated()
