"""Does an append, or a read, cost more when there are ten times as many events?"""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from bench import till
from bench.measure import (
    FULL,
    Goal,
    Question,
    Result,
    alternate,
    rounded,
    scaled,
    undisturbed,
    verify,
)
from bench.stack import Stack, execute, query
from shared.event_store import Appended, Write
from shared.service import Service, opened

QUESTION = Question("growth_1m_to_10m", "us", Goal("<=", 1.2))

SMALL = scaled(1_000_000 if FULL else 200_000)
LARGE = 10 * SMALL
IN_A_STREAM = 5
AT_ONCE = 200_000

CALLERS, READERS = 64, 4
APPENDS, READS, RANGES, RANGE = scaled(20_000), scaled(5_000), scaled(100), 1_000

LOAD = f"""
WITH sales AS (
    INSERT INTO till.events ({till.COLUMNS})
    SELECT md5('stream ' || n / {IN_A_STREAM})::uuid, $3, 1 + n % {IN_A_STREAM}, gen_random_uuid(), $4, $5, $6, $7, $8
    FROM generate_series($1::int, $2::int - 1) n
    RETURNING event_id, stream_id, version)
INSERT INTO till.commands (command_id, print, stream_id, version)
SELECT gen_random_uuid(), uuid_send(event_id), stream_id, version FROM sales
"""


async def run(stack: Stack) -> list[Result]:
    async with AsyncExitStack() as open_:
        logs = {}
        for name, size in (("small", SMALL), ("large", LARGE)):
            url = await stack.database(name)
            await till.migrate(url)
            await _fill(url, size)
            plan = till.blueprint(stack.kernel_settings(database_url=url))
            logs[name] = Log(await open_.enter_async_context(opened(plan)), size)
        await execute(stack.superuser_url, "CHECKPOINT")
        costs = {
            what: await alternate({name: getattr(log, what) for name, log in logs.items()})
            for what in ("append", "read_stream", "read_range")
        }
    ratios = {what: cost["large"].median / cost["small"].median for what, cost in costs.items()}
    said = ", ".join(
        f"{what} {rounded(cost['small'].median):g} then {rounded(cost['large'].median):g} us"
        for what, cost in costs.items()
    )
    worst = max(ratios, key=lambda what: ratios[what])
    scale = "" if FULL else " (BENCH_FULL=1: from 1,000,000 to 10,000,000)"
    conditions = (
        f"from {SMALL:,} to {LARGE:,} events{scale}, loaded by INSERT..SELECT, streams of {IN_A_STREAM};"
        f" time per append with {CALLERS} callers, per stream read and per event of a range: {said};"
        f" the worst is {worst}"
    )
    return [QUESTION.compared(costs[worst]["large"], costs[worst]["small"], conditions)]


async def _fill(url: str, size: int) -> None:
    """Two connections at a time; then what autovacuum would do meanwhile, so that it does not do it later."""
    (sale,) = till.rows(till.writes(1))
    parts = iter(range(0, size, AT_ONCE))

    async def load() -> None:
        for first in parts:
            await query(url, LOAD, first, min(first + AT_ONCE, size), sale[1], *sale[4:])

    await asyncio.gather(load(), load())
    for table in ("events", "commands"):
        await execute(url, f"VACUUM (ANALYZE) till.{table}")
    stored = await query(url, "SELECT count(*), max(version), max(position) FROM till.events")
    verify("events, versions, positions", stored, (size, min(size, IN_A_STREAM), size))


class Log:
    """A log of some size; every answer is in microseconds."""

    def __init__(self, service: Service, size: int) -> None:
        self._service = service
        self._size = size
        self._any = random.Random(size)

    async def append(self) -> float:
        """Each to a new stream."""
        sales = till.writes(APPENDS)
        (before,) = await self._counted()

        async def append(sale: Write) -> None:
            verdict = await self._service.appender.append(sale)
            assert isinstance(verdict, Appended), verdict

        cost = await _cost(append, sales, CALLERS)
        verify("events", await self._counted(), (before + APPENDS,))
        return cost

    async def read_stream(self) -> float:
        """Any of them, whole."""

        async def read(number: int) -> None:
            name = f"stream {number}".encode()
            stream_id = UUID(hashlib.md5(name, usedforsecurity=False).hexdigest())
            facts = await self._service.store.read_stream(stream_id)
            verify("a stream", len(facts), IN_A_STREAM)

        streams = self._size // IN_A_STREAM
        return await _cost(read, [self._any.randrange(streams) for _ in range(READS)], READERS)

    async def read_range(self) -> float:
        """From anywhere on."""
        size = min(RANGE, self._size // 2)

        async def read(after: int) -> None:
            rows = await self._service.store.read_range(after, size)
            verify(
                "a range",
                [row["position"] for row in rows],
                list(range(after + 1, after + size + 1)),
            )

        starts = [self._any.randrange(self._size - size) for _ in range(RANGES)]
        return await _cost(read, starts, 1) / size

    async def _counted(self) -> tuple[int, ...]:
        return await query(self._service.settings.database_url, "SELECT count(*) FROM till.events")


T = TypeVar("T")


async def _cost(act: Callable[[T], Awaitable[None]], things: Sequence[T], at_once: int) -> float:
    waiting = iter(things)

    async def work() -> None:
        for thing in waiting:
            await act(thing)

    with undisturbed():
        started = perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        return 1_000_000 * (perf_counter() - started) / len(things)
