"""How long is nothing published when the relay's leader is killed?"""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from itertools import count
from time import time

from aiokafka import AIOKafkaConsumer, ConsumerRecord

from bench import till
from bench.measure import Goal, Question, Result, Samples, scaled, until, verify
from bench.stack import Stack, query, worker_name
from bench.topic import TPS, consuming
from shared.ids import derive
from shared.service import Service, opened

QUESTION = Question("leader_kill_to_next_event_s", "s", Goal("<=", 5.0), cost=True)

RATE = 100
STREAMS = 20
KILLS = scaled(5, least=2)


async def run(stack: Stack) -> list[Result]:
    stack.migrate("till")
    leader = stack.worker("till", 1)
    gaps = Samples()
    till_here = till.blueprint(stack.kernel_settings(kafka=True))
    async with opened(till_here) as service, _listening(stack.kafka) as heard:
        async with _selling(service):
            for number in range(KILLS):
                await _flows(heard)
                follower = stack.worker("till", 2 - number % 2)
                await asyncio.sleep(1)
                os.kill(leader.pid, signal.SIGKILL)
                gaps.values.append(await _silence_after(time(), heard))
                stack.stop(worker_name("till", 1 + number % 2))
                leader = follower
        await _verify(stack, heard)
    conditions = (
        f"the slowest of {KILLS} kills; two workers, {RATE} commands a second on {STREAMS} streams meanwhile;"
        " from SIGKILL until a consumer has the first record of the follower; afterwards every position is in Kafka"
    )
    return [QUESTION.figure(max(gaps.values), gaps, conditions)]


class Heard:
    """What a consumer was given, and when."""

    def __init__(self) -> None:
        self.records: list[tuple[float, ConsumerRecord]] = []

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            self.records.append((time(), record))


@asynccontextmanager
async def _listening(bootstrap: str) -> AsyncIterator[Heard]:
    heard = Heard()
    async with consuming(bootstrap) as consumer:
        consumer.assign(TPS)
        await consumer.seek_to_beginning()
        async with _in_the_background(heard.listen(consumer)):
            yield heard


@asynccontextmanager
async def _selling(service: Service) -> AsyncIterator[None]:
    streams = [derive(till.COMMUNITY, "failover", str(n)) for n in range(STREAMS)]

    async def sell() -> None:
        for number in count():
            await service.handler.handle([till.sell(streams[number % STREAMS])], till.origin())
            await asyncio.sleep(1 / RATE)

    async with _in_the_background(sell()):
        yield


@asynccontextmanager
async def _in_the_background(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _flows(heard: Heard) -> None:
    """Until whoever leads now has published for a moment."""
    before = len(heard.records)

    async def has_news() -> bool:
        return len(heard.records) > before + RATE // 2

    await until("events from the relay", has_news)


async def _silence_after(killed: float, heard: Heard) -> float:
    """Until the first record that was made after the kill: those on their way then do not count."""
    start = len(heard.records)

    async def arrivals() -> list[float]:
        return [at for at, record in heard.records[start:] if record.timestamp > 1000 * killed]

    await until("an event after the kill", arrivals)
    return (await arrivals())[0] - killed


async def _verify(stack: Stack, heard: Heard) -> None:
    """Nothing is missing, and what came first came in the order of its stream."""
    (stored,) = await query(
        stack.database_url, "SELECT array_agg(position ORDER BY position) FROM till.events"
    )

    async def has_all() -> bool:
        return set(_positions(heard)) >= set(stored)

    await until("every position in Kafka", has_all, every=0.1)
    verify("positions", sorted(set(_positions(heard))), stored)
    last: dict[bytes, int] = {}
    seen: set[int] = set()
    for position, (_, record) in zip(_positions(heard), heard.records, strict=True):
        if position not in seen:
            verify("a stream in its order", position > last.get(record.key, 0), expected=True)
            last[record.key] = position
            seen.add(position)


def _positions(heard: Heard) -> list[int]:
    return [int(dict(record.headers)["ce_position"]) for _, record in heard.records]
