"""How fast do events get from the table to Kafka, beside a producer that has the same bytes in memory?"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from aiokafka import AIOKafkaProducer, TopicPartition

from bench import till
from bench.measure import (
    Goal,
    Question,
    Result,
    alternate,
    scaled,
    undisturbed,
    until,
    verify,
)
from bench.stack import Stack
from bench.topic import TOPIC, TPS, consuming, ends, producing, send_batches
from shared.envelope import Record, seal
from shared.ids import derive, random_id
from shared.relay import PARTITIONS, Relay, ensure_topics
from shared.service import Service, opened

QUESTION = Question("relay_vs_raw_producer", "events/s", Goal(">=", 0.4))

EVENTS = scaled(60_000)
STREAMS = max(1, EVENTS // 20)
TILLS = [derive(till.COMMUNITY, "relay", str(n)) for n in range(STREAMS)]


async def run(stack: Stack) -> list[Result]:
    await till.migrate(stack.database_url)
    await ensure_topics(stack.kafka, [TOPIC])
    till_here = till.blueprint(stack.kernel_settings(kafka=True))
    async with opened(till_here) as service, _relaying(stack.kafka, service):
        await _load(service, 1)
        await _relayed(service)  # who leads has found its place before the clock runs
        records = await _records(service)
        samples = await alternate(
            {
                "ours": lambda: _relay(service, stack.kafka),
                "send": lambda: _produce(stack.kafka, records, _send_each),
                "send_batch": lambda: _produce(stack.kafka, records, send_batches),
            }
        )
    raw = {name: samples[name] for name in ("send", "send_batch")}
    said = ", ".join(f"{name} {side.median:.0f}/s" for name, side in raw.items())
    size = sum(len(record.value) for record in records) // len(records)
    return [
        QUESTION.compared(
            samples["ours"],
            max(raw.values(), key=lambda side: side.median),
            f"{EVENTS} events of {STREAMS} streams, a topic of {PARTITIONS} partitions, {size} bytes a value,"
            f" acks=all, idempotent, one broker; aiokafka with the same records in memory: {said}",
        )
    ]


@asynccontextmanager
async def _relaying(bootstrap: str, service: Service) -> AsyncIterator[None]:
    relay = Relay(bootstrap, service.store, service.log, service.publications)
    task = asyncio.create_task(relay.run(service.wakeup))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _load(service: Service, number: int) -> None:
    """That many sales at the tills in turn, all visible at one commit."""
    (row,) = till.rows(till.writes(1))
    reached = await service.pool.fetchval("SELECT coalesce(max(version), 0) FROM events")
    async with service.pool.acquire() as connection:
        await connection.copy_records_to_table(
            "events",
            columns=till.COLUMNS.split(", "),
            records=[
                (TILLS[n % STREAMS], row[1], reached + 1 + n // STREAMS, random_id(), *row[4:])
                for n in range(number)
            ],
        )


async def _relayed(service: Service) -> None:
    """Until the relay's cursor is at the end of the log."""
    end = await service.pool.fetchval("SELECT max(position) FROM events")
    service.wakeup.ring("log")

    async def is_there() -> bool:
        return bool(await service.pool.fetchval("SELECT max(position) FROM relays") == end)

    await until("the relay's cursor at the end", is_there)


async def _relay(service: Service, bootstrap: str) -> float:
    before = await ends(bootstrap)
    await _load(service, EVENTS)
    with undisturbed():
        started = perf_counter()
        await _relayed(service)
        elapsed = perf_counter() - started
    await _verify(service, bootstrap, before)
    return EVENTS / elapsed


async def _verify(service: Service, bootstrap: str, before: dict[TopicPartition, int]) -> None:
    """Every event is there once, and each stream in its order."""
    positions: list[int] = []
    last: Counter[bytes] = Counter()
    async with consuming(bootstrap) as consumer:
        verify(
            "records in Kafka", sum((await ends(bootstrap)).values()), sum(before.values()) + EVENTS
        )
        consumer.assign(TPS)
        for tp, offset in before.items():
            consumer.seek(tp, offset)
        while len(positions) < EVENTS:
            for records in (await consumer.getmany(timeout_ms=5_000)).values():
                for record in records:
                    position = int(dict(record.headers)["ce_position"])
                    verify("a stream in its order", position > last[record.key], expected=True)
                    last[record.key] = position
                    positions.append(position)
    stored = await service.pool.fetchval("SELECT max(position) FROM events")
    verify(
        "positions",
        sorted(positions) == list(range(stored - EVENTS + 1, stored + 1)),
        expected=True,
    )


async def _records(service: Service) -> list[Record]:
    """What the relay would send, as bytes."""
    (row,) = await service.log.rows(0, 1)
    fact = service.store.fact(row)
    sealed = seal(fact, till.paid(fact), 0)
    keys = [str(stream_id).encode() for stream_id in TILLS]
    return [sealed._replace(key=keys[n % STREAMS]) for n in range(EVENTS)]


Send = Callable[[AIOKafkaProducer, Sequence[Record]], Awaitable[None]]


async def _produce(bootstrap: str, records: Sequence[Record], send: Send) -> float:
    before = await ends(bootstrap)
    async with producing(bootstrap) as producer:
        with undisturbed():
            started = perf_counter()
            await send(producer, records)
            elapsed = perf_counter() - started
    verify(
        "records sent", sum((await ends(bootstrap)).values()), sum(before.values()) + len(records)
    )
    return len(records) / elapsed


async def _send_each(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    """Record by record; the client makes the batches."""
    sent = [await producer.send(TOPIC, r.value, r.key, headers=r.headers) for r in records]
    await asyncio.gather(*sent)
