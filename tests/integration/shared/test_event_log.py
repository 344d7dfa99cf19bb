"""The interleavings under which readers of a log lose events elsewhere; here nothing is ever skipped.

`OpenAppend` is a writer between its append and its commit. `soon` reads as a loop does, until it is answered.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import cast
from uuid import UUID

import asyncpg
import pytest

from deploy.local.parts import Server, postgres_server
from shared.event_log import EventLog
from shared.event_types import UnknownType
from shared.testing import eventually
from tests import stack
from tests.integration.shared import writers
from tests.integration.shared.writing import (
    append,
    connected,
    event,
    log_of,
    migrated,
    open_append,
    part,
    pooled,
    stream,
    write,
)


@contextlib.asynccontextmanager
async def reading(database_url: str) -> AsyncIterator[EventLog]:
    await migrated(database_url)
    async with pooled(database_url) as pool:
        yield log_of(pool)


async def positions(log: EventLog, after: int = 0, limit: int = 1_000) -> list[int]:
    """What a loop that begins after `after` reads until there is nothing more to read."""
    found: list[int] = []
    while len(found) < limit:
        batch = await log.read(after, limit - len(found), {"Counted"})
        found += [fact.position for fact in batch.facts]
        assert batch.upto == (found[-1] if found else after)
        if batch.upto == after:
            break
        after = batch.upto
    return found


async def soon(log: EventLog, after: int, *expected: int) -> None:
    """A loop that reads after `after` comes to see this next, and nothing else before."""
    seen = await eventually(lambda: positions(log, after), within=10)
    assert seen == list(expected)


async def stays_unseen(log: EventLog, after: int) -> None:
    """However often it is asked, well beyond every patience."""
    for _ in range(12):
        assert await positions(log, after) == []


async def test_what_is_committed_is_read_in_order(database_url: str) -> None:
    async with reading(database_url) as log:
        assert await positions(log) == []
        await append(database_url, write(part(stream(1), 0, 3)), write(part(stream(2), 0, 2)))
        assert await positions(log) == [1, 2, 3, 4, 5]
        assert await positions(log, 3) == [4, 5]
        assert await positions(log, 0, limit=2) == [1, 2]
        assert await positions(log, 5) == []


async def test_a_slow_writer_is_waited_for(database_url: str) -> None:
    async with (
        reading(database_url) as log,
        open_append(database_url, write(part(stream(1), 0))) as slow,
    ):
        await append(database_url, write(part(stream(2), 0)))
        await stays_unseen(log, 0)
        await slow.commit()
        assert await positions(log) == [1, 2]


async def test_a_hole_at_the_cursor_is_seen(database_url: str) -> None:
    async with reading(database_url) as log:
        await append(database_url, write(part(stream(1), 0)))
        async with open_append(database_url, write(part(stream(2), 0))) as slow:
            await append(database_url, write(part(stream(3), 0)))
            assert await positions(log) == [1]
            await stays_unseen(log, 1)
            await slow.commit()
            assert await positions(log, 1) == [2, 3]


async def test_a_hole_in_the_middle_ends_what_may_be_taken(database_url: str) -> None:
    async with reading(database_url) as log:
        await append(database_url, write(part(stream(1), 0, 2)))
        async with open_append(database_url, write(part(stream(2), 0, 2))) as slow:
            await append(database_url, write(part(stream(3), 0, 2)))
            assert await positions(log) == [1, 2]
            await slow.roll_back()
        await soon(log, 2, 5, 6)


async def test_a_writer_that_rolls_back_leaves_a_hole_that_is_passed(database_url: str) -> None:
    async with reading(database_url) as log:
        async with open_append(database_url, write(part(stream(1), 0, 2))) as writer:
            await writer.roll_back()
        await append(database_url, write(part(stream(2), 0)))
        await soon(log, 0, 3)


async def test_one_hole_may_be_dead_while_the_next_is_not(database_url: str) -> None:
    async with (
        reading(database_url) as log,
        open_append(database_url, write(part(stream(1), 0))) as dead,
        open_append(database_url, write(part(stream(2), 0))) as slow,
    ):
        await append(database_url, write(part(stream(3), 0)))
        await dead.roll_back()
        await stays_unseen(log, 0)
        await slow.commit()
        await soon(log, 0, 2, 3)


async def test_several_slow_writers_may_commit_in_any_order(database_url: str) -> None:
    async with (
        reading(database_url) as log,
        open_append(database_url, write(part(stream(1), 0))) as first,
        open_append(database_url, write(part(stream(2), 0))) as second,
        open_append(database_url, write(part(stream(3), 0))) as third,
    ):
        await third.commit()
        await stays_unseen(log, 0)
        await first.commit()
        assert await positions(log) == [1]
        await stays_unseen(log, 1)
        await second.commit()
        assert await positions(log) == [1, 2, 3]


async def test_an_old_hole_and_a_new_one_do_not_hold_up_each_other(database_url: str) -> None:
    async with reading(database_url) as log:
        for number in (1, 3):
            async with open_append(database_url, write(part(stream(number), 0))) as writer:
                await writer.roll_back()
            await append(database_url, write(part(stream(number + 1), 0)))
        await asyncio.gather(soon(log, 0, 2, 4), soon(log, 2, 4))


async def test_a_dead_hole_is_passed_in_one_reading(database_url: str) -> None:
    async with reading(database_url) as log:
        async with open_append(database_url, write(part(stream(1), 0))) as writer:
            await writer.roll_back()
        await append(database_url, write(part(stream(2), 0)))
        assert await positions(log) == [2]


async def test_what_another_reader_settles_meanwhile_does_not_count_for_what_was_read_before(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        reading(database_url) as log,
        open_append(database_url, write(part(stream(1), 0))) as slow,
    ):
        await append(database_url, write(part(stream(2), 0)))
        read_range = log._store.read_range

        async def read_and_dawdle(after: int, limit: int) -> list[asyncpg.Record]:
            rows = await read_range(after, limit)
            monkeypatch.undo()
            await slow.commit()
            await log._ask_barrier()
            return rows

        monkeypatch.setattr(log._store, "read_range", read_and_dawdle)
        assert await positions(log) == [1, 2]


async def test_a_long_transaction_of_another_database_holds_up_nothing(
    database_url: str, postgres_server: str
) -> None:
    elsewhere = await asyncpg.connect(postgres_server)
    try:
        async with reading(database_url) as log, elsewhere.transaction():
            await elsewhere.execute("CREATE TABLE unrelated (n int); DROP TABLE unrelated")
            assert await elsewhere.fetchval("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
            async with open_append(database_url, write(part(stream(1), 0))) as writer:
                await writer.roll_back()
            await append(database_url, write(part(stream(2), 0)))
            await soon(log, 0, 2)
    finally:
        await elsewhere.close()


async def test_a_long_transaction_that_appends_nothing_holds_up_nothing(database_url: str) -> None:
    async with reading(database_url) as log, connected(database_url) as busy, busy.transaction():
        await busy.execute("CREATE TABLE unrelated (n int)")
        async with open_append(database_url, write(part(stream(1), 0))) as writer:
            await writer.roll_back()
        await append(database_url, write(part(stream(2), 0)))
        await soon(log, 0, 2)


async def test_an_idle_writer_holds_up_readers_and_no_writer(database_url: str) -> None:
    async with reading(database_url) as log:
        async with open_append(database_url, write(part(stream(0), 0))):
            await append(database_url, write(part(stream(1), 0)))
            reader = asyncio.create_task(soon(log, 0, *range(2, 23)))
            async with asyncio.timeout(10), connected(database_url) as writer:
                for number in range(2, 22):
                    row = await writer.fetchval("SELECT settled_1(5)")
                    assert row is None
                    await append(database_url, write(part(stream(number), 0)))
            assert not reader.done()
        await reader


async def test_a_writer_that_hangs_is_ended_by_the_database(database_url: str) -> None:
    async with reading(database_url) as log:
        hanging = open_append(
            database_url,
            write(part(stream(1), 0)),
            idle_in_transaction_session_timeout="300",
        )
        async with hanging:
            await append(database_url, write(part(stream(2), 0)))
            assert await positions(log) == []
            await soon(log, 0, 2)


async def test_a_process_killed_inside_its_append_leaves_a_hole_and_no_event(
    database_url: str,
) -> None:
    async with reading(database_url) as log:
        process = await writers.start("inside", database_url, 1)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"[1, 2, 3]\n"
        await append(database_url, write(part(stream(2), 0)))
        await stays_unseen(log, 0)
        process.kill()
        await process.wait()
        await soon(log, 0, 4)


async def test_a_reader_that_starts_on_an_empty_log_sees_the_first_event(database_url: str) -> None:
    async with reading(database_url) as log:
        async with connected(database_url) as connection:
            assert await connection.fetchval("SELECT settled_1(10)") == 0
        async with open_append(database_url, write(part(stream(1), 0))) as first:
            await stays_unseen(log, 0)
            await first.commit()
        assert await positions(log) == [1]


async def test_positions_far_apart_are_holes_like_any_other(database_url: str) -> None:
    """What a promoted replica or a restored sequence leaves behind."""
    async with reading(database_url) as log:
        await append(database_url, write(part(stream(1), 0)))
        async with connected(database_url) as connection:
            await connection.execute("SELECT setval('position_seq', 5000)")
        await append(database_url, write(part(stream(2), 0)))
        assert await positions(log, limit=1) == [1]
        await soon(log, 1, 5001)


async def test_an_event_of_a_newer_release_stops_the_reader(database_url: str) -> None:
    async with reading(database_url) as log:
        newer = event(name="InventedLater")
        await append(database_url, write(part(stream(1), 0, [newer])))
        with pytest.raises(UnknownType):
            await positions(log)


class Told:
    """What writers say they have committed, and what a tailing reader has seen meanwhile."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, UUID, int]] = []
        self.last: int | None = None

    async def tail(self, log: EventLog) -> None:
        """Until `last` has been read; nothing to read may only mean that a hole is not yet decided."""
        after = 0
        while self.last is None or after < self.last:
            batch = await log.read(after, 50, {"Counted"})
            self.seen += [(fact.position, fact.stream_id, fact.version) for fact in batch.facts]
            after = batch.upto


async def test_a_tailing_reader_sees_exactly_what_was_committed(database_url: str) -> None:
    told = Told()
    async with reading(database_url) as log, pooled(database_url) as pool:
        tails = [asyncio.create_task(told.tail(log))]
        again = Told()
        tails.append(asyncio.create_task(again.tail(log)))
        processes = [await writers.start("oracle", database_url, seed) for seed in range(3)]
        said = await asyncio.gather(*(writers.told(process) for process in processes))
        committed = sorted(
            (position, UUID(stream_id), version)
            for each in said
            for position, stream_id, version in cast("list[tuple[int, str, int]]", each)
        )
        told.last = again.last = committed[-1][0]
        await asyncio.gather(*tails)
        last = await pool.fetchval("SELECT last_value FROM position_seq")
    assert len(committed) > 1_000
    assert last > len(committed), "no writer has rolled back, so this has shown nothing"
    for tail in (told, again):
        assert tail.seen == committed
        versions: dict[UUID, int] = {}
        for _, stream_id, version in tail.seen:
            assert version == versions.get(stream_id, 0) + 1
            versions[stream_id] = version


@pytest.fixture
def private_postgres() -> Server:
    return postgres_server(stack.run_folder() / "crash")


async def test_a_crash_may_take_back_the_sequence_but_nothing_that_was_read(
    private_postgres: Server,
) -> None:
    server, url = private_postgres, private_postgres.address
    server.start()
    try:
        await keep_unflushed(url)
        async with reading(url) as log:
            await append(url, write(part(stream(1), 0)))
            async with open_append(url, write(part(stream(2), 0))) as writer:
                await writer.roll_back()
            await append(url, write(part(stream(3), 0)))
            async with open_append(url, write(part(stream(4), 0, 300))) as writer:
                await writer.roll_back()
            await soon(log, 1, 3)
            async with connected(url) as connection:
                burned = await connection.fetchval("SELECT settled_1(100)")
            assert burned == 303
            server.kill()
            await eventually(lambda: started(server), within=30)
            async with open_append(url, write(part(stream(5), 0))) as slow:
                (behind,) = await append(url, write(part(stream(6), 0)))
                assert slow.positions[0] < behind < burned, "the sequence was not taken back"
                await stays_unseen(log, 3)
                await slow.commit()
            await soon(log, 3, *slow.positions, behind)
            assert await positions(log) == [1, 3, *slow.positions, behind]
    finally:
        server.stop()


async def keep_unflushed(url: str) -> None:
    """Nothing but a commit writes the log to disk, so that a crash takes everything else."""
    connection = await asyncpg.connect(url)
    for setting in (
        "wal_writer_delay = '10s'",
        "wal_writer_flush_after = '1GB'",
        "bgwriter_delay = '10s'",
    ):
        await connection.execute(f"ALTER SYSTEM SET {setting}")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def started(server: Server) -> bool:
    """A crashed server may need a moment before its memory is free for the next."""
    try:
        await asyncio.to_thread(server.start)
    except Exception:  # noqa: BLE001 - whatever it says, it is asked again
        return False
    return True
