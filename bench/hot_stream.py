"""How many commands a second can meet on ONE stream, beside a row lock on a counter?"""

import asyncio
from functools import partial
from time import perf_counter
from typing import Any

import asyncpg

from bench import till
from bench.measure import Goal, Question, Result, alternate, best, scaled, undisturbed, verify
from bench.stack import Stack, execute, query
from shared.ids import random_id
from shared.service import Service, opened

QUESTION = Question("hot_stream_vs_row_lock", "commands/s", Goal(">=", 5.0))

CALLERS = 64
CONNECTIONS = (2, 4, 8, 16)
OURS, LOCKED, PROBED = scaled(30_000), scaled(6_000), scaled(2_000)

COUNT = "UPDATE counters SET n = n + 1 WHERE id = $1 AND n < $2 RETURNING n"
INSERT = f"INSERT INTO till.events ({till.COLUMNS})"
SELL = f"{INSERT} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
AT_ONCE = (
    f"WITH counted AS ({COUNT}) {INSERT}"
    " SELECT $1, $3::uuid, n, $4::uuid, $5::timestamptz, $6, $7::smallint, $8::json, $9::json"
    " FROM counted"
)


async def run(stack: Stack) -> list[Result]:
    await till.migrate(stack.database_url)
    lock = RowLock(stack.database_url)
    await lock.prepare()
    apart = await best({str(n): partial(lock.in_two, n, PROBED) for n in CONNECTIONS})
    at_once = await best({str(n): partial(lock.in_one, n, PROBED) for n in CONNECTIONS})
    async with opened(till.blueprint(stack.kernel_settings())) as service:
        samples = await alternate(
            {
                "ours": lambda: _commands(service, OURS),
                "two statements": lambda: lock.in_two(int(apart), LOCKED),
                "one statement": lambda: lock.in_one(int(at_once), LOCKED),
            }
        )
    two, one = samples["two statements"], samples["one statement"]
    return [
        QUESTION.compared(
            samples["ours"],
            max(two, one, key=lambda side: side.median),
            f"{CALLERS} callers on one stream, one process, deciding and encoding included; the row lock:"
            f" UPDATE and INSERT in a transaction {two.median:.0f}/s with {apart} connections,"
            f" in one statement {one.median:.0f}/s with {at_once}",
        )
    ]


async def _commands(service: Service, number: int) -> float:
    stream_id = random_id()
    asked = iter([(till.sell(stream_id, number), till.origin()) for _ in range(number)])

    async def call() -> None:
        for ask, origin in asked:
            await service.handler.handle([ask], origin)

    with undisturbed():
        started = perf_counter()
        await asyncio.gather(*(call() for _ in range(CALLERS)))
        elapsed = perf_counter() - started
    stored = await query(
        service.settings.database_url,
        "SELECT count(*), max(version), (SELECT count(*) FROM till.commands WHERE stream_id = $1)"
        " FROM till.events WHERE stream_id = $1",
        stream_id,
    )
    verify("events, version, commands", stored, (number, number, number))
    return number / elapsed


class RowLock:
    """A counter that many update, and a row for each who got through."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def prepare(self) -> None:
        await execute(self._url, "CREATE TABLE counters (id uuid PRIMARY KEY, n int NOT NULL)")

    async def in_two(self, connections: int, number: int) -> float:
        """UPDATE, then INSERT, between BEGIN and COMMIT."""

        async def take(connection: Any, row: till.Row, limit: int) -> None:
            async with connection.transaction():
                n = await connection.fetchval(COUNT, row[0], limit)
                await connection.execute(SELL, row[0], row[1], n, *row[3:])

        return await self._race(take, connections, number)

    async def in_one(self, connections: int, number: int) -> float:
        """Both in one statement: the lock is held for no round trip."""

        async def take(connection: Any, row: till.Row, limit: int) -> None:
            await connection.execute(AT_ONCE, row[0], limit, row[1], *row[3:])

        return await self._race(take, connections, number)

    async def _race(self, take: Any, connections: int, number: int) -> float:
        stream_id = random_id()
        rows = iter([(stream_id, *row[1:]) for row in till.rows(till.writes(number))])
        open_ = [await asyncpg.connect(self._url) for _ in range(connections)]
        await open_[0].execute("INSERT INTO counters VALUES ($1, 0)", stream_id)

        async def call(connection: Any) -> None:
            for row in rows:
                await take(connection, row, number)

        with undisturbed():
            started = perf_counter()
            await asyncio.gather(*(call(connection) for connection in open_))
            elapsed = perf_counter() - started
        for connection in open_:
            await connection.close()
        stored = await query(
            self._url,
            "SELECT count(*), max(version), (SELECT n FROM counters WHERE id = $1)"
            " FROM till.events WHERE stream_id = $1",
            stream_id,
        )
        verify("rows, version, counter", stored, (number, number, number))
        return number / elapsed
