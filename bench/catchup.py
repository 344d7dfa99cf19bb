"""How fast do events get from Kafka into the revenue read model, beside a consumer that drops them?"""

from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter, time

import asyncpg
from aiokafka import TopicPartition

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
from bench.stack import Stack, query, worker_name
from bench.topic import TOPIC, TPS, consuming, ends, producing, send_batches
from services.analytics.revenue.projections import TAKINGS
from shared.envelope import Record, seal
from shared.event_store import Fact
from shared.ids import derive
from shared.relay import ensure_topics

QUESTION = Question("catchup_vs_raw_consumer", "events/s", Goal(">=", 0.1))

EVENTS = scaled(60_000)
COMMUNITIES = 10
ROUNDS = 3
GROUP = "tessera.analytics"

FOLDED = """
SELECT position >= $1 FROM analytics.checkpoints WHERE reader = $2 AND source = 'inbox'
"""


async def run(stack: Stack) -> list[Result]:
    await ensure_topics(stack.kafka, [TOPIC])
    async with producing(stack.kafka) as producer:
        await send_batches(producer, [_record(number) for number in range(EVENTS)])
    verify("records in Kafka", sum((await ends(stack.kafka)).values()), EVENTS)
    worker = Worker(stack)
    samples = await alternate(
        {"ours": worker.catch_up, "beside": lambda: _drop(stack.kafka)}, ROUNDS
    )
    return [
        QUESTION.compared(
            samples["ours"],
            samples["beside"],
            f"{EVENTS} payments of {COMMUNITIES} communities, a minute apart in each; the analytics"
            " worker with all its read models, from the first row of the inbox until takings has all;"
            " aiokafka reads the same topic and drops it",
        )
    ]


def _record(number: int) -> Record:
    """One payment, as the relay would tell it."""
    stream_id = derive(till.COMMUNITY, "payment", str(number))
    request = till.origin()
    fact = Fact(
        source="billing",
        position=number + 1,
        event_id=derive(stream_id, "event"),
        stream_id=stream_id,
        community_id=derive(till.COMMUNITY, "community", str(number % COMMUNITIES)),
        version=1,
        type="Sold",
        at=till.NOON + timedelta(minutes=1) * (number // COMMUNITIES),
        recorded_at=till.NOON,
        body=till.Sold(1, till.person(number), till.PRICE),
        meta=request.meta,
    )
    return seal(fact, till.paid(fact), 0)


class Worker:
    """The worker of analytics, each time with an empty database and at the beginning of the topics."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._rounds = 0

    async def catch_up(self) -> float:
        self._rounds += 1
        url = await self._stack.database(f"round_{self._rounds}")
        self._stack.migrate("analytics", TESSERA_DATABASE_URL=url)
        await self._back_to_the_beginning()
        self._stack.worker("analytics", TESSERA_DATABASE_URL=url)
        try:
            elapsed = await self._until_all_is_folded(url)
            await self._verify(url)
        finally:
            self._stack.stop(worker_name("analytics"))
        return EVENTS / elapsed

    async def _back_to_the_beginning(self) -> None:
        async with consuming(self._stack.kafka, group_id=GROUP) as consumer:
            consumer.assign(TPS)
            await consumer.commit(dict.fromkeys(TPS, 0))

    async def _until_all_is_folded(self, url: str) -> float:
        async with asyncpg.create_pool(url, min_size=1) as pool:

            async def is_folded() -> bool:
                return bool(await pool.fetchval(FOLDED, EVENTS, TAKINGS.reader))

            await until("takings with all payments", is_folded)
        ended = time()
        (started,) = await query(
            url, "SELECT extract(epoch FROM min(received_at))::float8 FROM analytics.inbox"
        )
        return float(ended - started)

    async def _verify(self, url: str) -> None:
        taken = await query(
            url,
            "SELECT (SELECT count(*) FROM analytics.inbox),"
            " (SELECT sum(gross)::bigint FROM analytics.takings_v2)",
        )
        verify("inbox and takings", taken, (EVENTS, EVENTS * till.PRICE.minor))


async def _drop(bootstrap: str) -> float:
    dropped = 0
    async with consuming(bootstrap, TOPIC, auto_offset_reset="earliest") as consumer:
        with undisturbed():
            started = perf_counter()
            while dropped < EVENTS:
                polled: dict[TopicPartition, Sequence[object]] = await consumer.getmany(
                    timeout_ms=1_000
                )
                dropped += sum(len(records) for records in polled.values())
            elapsed = perf_counter() - started
    verify("records dropped", dropped, EVENTS)
    return EVENTS / elapsed
