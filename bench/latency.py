"""How long from a commit in billing to a row in analytics, beside a bare producer and a bare consumer?"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import perf_counter

from bench import till
from bench.measure import (
    Goal,
    Question,
    Result,
    Samples,
    alternate,
    percentile,
    rounded,
    scaled,
    undisturbed,
    until,
    verify,
)
from bench.stack import Stack, execute, query
from bench.topic import consuming, producing
from services.analytics.revenue.projections import TAKINGS
from shared.ids import random_id
from shared.relay import ensure_topics
from shared.service import Service, opened

QUESTION = Question("end_to_end_p50_vs_kafka_p50", "ms", Goal("<=", 6.0))
P99 = Goal("<=", 100.0)

TOPIC_BESIDE = "tessera.bench.beside.v1"
RATE = 200
EVENTS = scaled(10) * RATE
ROUNDS = 3

# When a checkpoint was committed. What is in Postgres already tells it best: no observer takes part in the race.
WATCH = f"""
CREATE TABLE seen (position bigint);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.seen VALUES (NEW.position);
    RETURN NULL;
END $$;
CREATE TRIGGER note AFTER UPDATE ON analytics.checkpoints FOR EACH ROW
    WHEN (NEW.reader = '{TAKINGS.reader}' AND NEW.source = 'inbox') EXECUTE FUNCTION note();
"""
DELAYS = """
SELECT array_agg(1000 * extract(epoch FROM seen.at - pg_xact_commit_timestamp(e.xmin))::float8)
FROM till.events e
JOIN analytics.inbox i ON i.source = 'io.tessera.billing' AND i.position = e.position
CROSS JOIN LATERAL (
    SELECT pg_xact_commit_timestamp(s.xmin) AS at FROM public.seen s
    WHERE s.position >= i.id ORDER BY s.position LIMIT 1) seen
WHERE e.position > $1
"""


async def run(stack: Stack) -> list[Result]:
    stack.configure_postgres(track_commit_timestamp="on")
    for name in ("till", "analytics"):
        stack.migrate(name)
        stack.worker(name)
    await execute(stack.superuser_url, WATCH)
    await ensure_topics(stack.kafka, [TOPIC_BESIDE])
    worst = Samples()
    async with opened(till.blueprint(stack.kernel_settings(kafka=True))) as service:
        await _ours(stack.superuser_url, service, RATE)

        async def ours() -> float:
            delays = await _ours(stack.superuser_url, service, EVENTS)
            worst.values.append(percentile(delays, 0.99))
            return percentile(delays, 0.5)

        async def beside() -> float:
            return percentile(await _raw(stack.kafka), 0.5)

        samples = await alternate({"ours": ours, "beside": beside}, ROUNDS)
    result = QUESTION.compared(
        samples["ours"],
        samples["beside"],
        f"{RATE} payments a second for {EVENTS // RATE} s, each a command of its own; a till that tells what billing"
        f" tells, its worker, the worker of analytics with all its read models; commit to commit, as Postgres saw them;"
        f" p99 {rounded(worst.median):g} ms (goal {P99}); aiokafka from send to receive, linger 0, acks=all",
    )
    return [replace(result, met=result.met and P99.met_by(worst.median))]


async def _at_rate(number: int, act: Callable[[], Awaitable[object]]) -> None:
    """Start it so many times, each at its moment, whether those before have ended or not."""
    started = perf_counter()
    async with asyncio.TaskGroup() as group:
        for n in range(number):
            await asyncio.sleep(max(0.0, started + n / RATE - perf_counter()))
            group.create_task(_awaited(act))


async def _awaited(act: Callable[[], Awaitable[object]]) -> None:
    await act()


async def _ours(url: str, service: Service, number: int) -> list[float]:
    (before,) = await query(url, "SELECT coalesce(max(position), 0) FROM till.events")

    def sell() -> Awaitable[object]:
        return service.handler.handle([till.sell(random_id())], till.origin())

    with undisturbed():
        await _at_rate(number, sell)

    async def all_seen() -> bool:
        delays = await query(url, DELAYS, before)
        return len(delays[0] or ()) == number

    await until("every payment in analytics", all_seen, every=0.5)
    taken, sold = await query(
        url,
        "SELECT (SELECT sum(gross)::bigint FROM analytics.takings_v2),"
        " (SELECT count(*) FROM till.events)",
    )
    verify("takings", taken, sold * till.PRICE.minor)
    (delays,) = await query(url, DELAYS, before)
    return list(delays)


async def _raw(bootstrap: str) -> list[float]:
    delays: list[float] = []
    async with consuming(bootstrap, TOPIC_BESIDE) as consumer, producing(bootstrap) as producer:
        sent: dict[bytes, float] = {}

        async def receive() -> None:
            while len(delays) < EVENTS:
                record = await consumer.getone()
                delays.append(1000 * (perf_counter() - sent[record.key]))

        async def send() -> None:
            key = random_id().bytes
            sent[key] = perf_counter()
            await producer.send_and_wait(TOPIC_BESIDE, b"." * 900, key)

        receiving = asyncio.create_task(receive())
        with undisturbed():
            await _at_rate(EVENTS, send)
            await receiving
    return delays
