"""The consumer that docs/consume.md shows, run as it stands there: a plain Kafka client and none of our code."""

import asyncio
import contextlib
import json
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import relay
from shared.event_store import Fact, Mode
from shared.feature import Publication
from shared.ids import random_id
from shared.reaction import Ask
from shared.relay import Relay
from shared.service import Service
from shared.testing import eventually
from tests.integration.shared import counting
from tests.integration.shared.counting import COUNTER, Count, counter, origin, running
from tools.house import ROOT

MOST_LINES = 20
COUNTERS = 12
PARTITIONS = range(relay.PARTITIONS)


class Tallied(counting.CountedContract):
    """A topic that no other test writes to."""

    topic: ClassVar[str] = f"tessera.counting.tally{random_id().hex[:12]}.v1"


def tallied(fact: Fact) -> Tallied:
    return Tallied(**counting.published(fact).model_dump())


TALLY = replace(counting.feature(), publications=(Publication(counting.Counted, Tallied, tallied),))


def shown() -> str:
    (code,) = re.findall(
        r"^```python\n(.*?)^```",
        (ROOT / "docs" / "consume.md").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert isinstance(code, str)
    return code


def test_the_consumer_has_twenty_lines_and_nothing_of_ours() -> None:
    lines = [line for line in shown().splitlines() if line.strip()]
    assert len(lines) <= MOST_LINES
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imported == {"asyncio", "json", "sqlite3", "sys", "aiokafka"}


async def tally(service: Service, rounds: range, mode: Mode = "live") -> None:
    """Each round counts once on every counter, by one more than the round before."""
    community = counting.COMMUNITY if mode == "live" else counting.OTHER_COMMUNITY
    for number in rounds:
        asks = []
        for n in range(COUNTERS):
            asked = origin(community_id=community)
            asked = replace(asked, meta=asked.meta._replace(mode=mode))
            stream = counter(n if mode == "live" else n + COUNTERS)
            asks.append(service.handler.handle([Ask(COUNTER, stream, Count(number + 1))], asked))
        await asyncio.gather(*asks)


@contextlib.asynccontextmanager
async def publishing(service: Service, kafka: str) -> AsyncIterator[None]:
    task = asyncio.create_task(
        Relay(kafka, service.store, service.log, service.publications).run(service.wakeup)
    )
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.asynccontextmanager
async def consuming(folder: Path, kafka: str, group: str) -> AsyncIterator[None]:
    """The page's consumer as a process of its own, killed without goodbye."""
    (folder / "consumer.py").write_text(shown())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "consumer.py", kafka, Tallied.topic, group,
        cwd=folder, stderr=asyncio.subprocess.PIPE, env={"PATH": ""},
    )  # fmt: skip
    try:
        yield
    finally:
        assert process.returncode is None, await process.communicate()
        process.send_signal(signal.SIGKILL)
        await process.communicate()


def table(folder: Path, group: str) -> list[tuple[str, int]]:
    """What the consumer holds: the counter and what was counted, in the order it was stored."""
    path = folder / f"{group}.db"
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path)) as connection:
        try:
            rows = connection.execute("SELECT subject, data FROM facts ORDER BY rowid").fetchall()
        except sqlite3.OperationalError:  # It has not been made yet.
            return []
    return [(subject, json.loads(data)["by"]) for subject, data in rows]


def told(rounds: int) -> dict[UUID, list[int]]:
    return {counter(n): list(range(1, rounds + 1)) for n in range(COUNTERS)}


def by_counter(rows: list[tuple[str, int]]) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for subject, by in rows:
        found.setdefault(UUID(subject), []).append(by)
    return found


async def records_in_topic(kafka: str) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        places = [TopicPartition(Tallied.topic, partition) for partition in PARTITIONS]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()


async def read_by(kafka: str, group: str) -> int:
    """How far a group has come: the sum of its committed offsets."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(Tallied.topic, partition) for partition in PARTITIONS]
        return sum([await consumer.committed(place) or 0 for place in places])
    finally:
        await consumer.stop()


async def test_the_consumer_of_the_page_misses_nothing_and_takes_nothing_twice(
    database_url: str, kafka: str, tmp_path: Path
) -> None:
    await relay.ensure_topics(kafka, [Tallied.topic])
    async with running(database_url, TALLY, kafka=kafka) as service:
        async with publishing(service, kafka), consuming(tmp_path, kafka, "first"):
            await tally(service, range(10))
            await tally(service, range(5), mode="test")
            await eventually(
                lambda: asyncio.to_thread(lambda: by_counter(table(tmp_path, "first"))),
                lambda held: held == told(10),
            )

        # It was killed; meanwhile more happens, and the relay forgets how far it had come.
        await tally(service, range(10, 20))
        await service.pool.execute("UPDATE relays SET position = 0")
        before = await records_in_topic(kafka)
        assert before == COUNTERS * 15
        async with publishing(service, kafka), consuming(tmp_path, kafka, "first"):
            everything = before + COUNTERS * 25
            await eventually(lambda: read_by(kafka, "first"), lambda read: read == everything)
            assert by_counter(table(tmp_path, "first")) == told(20)

        # Another group starts from the beginning and comes to hold the same.
        async with consuming(tmp_path, kafka, "second"):
            await eventually(lambda: read_by(kafka, "second"), lambda read: read == everything)
        assert by_counter(table(tmp_path, "second")) == told(20)
