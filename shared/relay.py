"""Carries published events out of the event table to Kafka: at least once, each stream in order, nothing skipped.

The event table is the outbox; the relay owns one cursor. One leader per service holds a lease with an epoch, and
the cursor moves by compare-and-set on it. Per round and partition exactly one record batch is sent, and the cursor
moves when all are acknowledged: a batch that fails can then never be followed by a later one. docs/adr/0004.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code
from aiokafka.partitioner import murmur2

from shared import crash, telemetry
from shared.envelope import Record, seal
from shared.event_log import EventLog, Wakeup
from shared.event_store import LOST, EventStore
from shared.feature import Publication
from shared.ids import random_id
from shared.settings import kafka_client

_log = logging.getLogger(__name__)

LEASE_SECONDS = 2.0
RENEW_SECONDS = 0.5
ROUND = 2_000
MAX_BATCH_BYTES = 512 * 1024
PARTITIONS = 6

Batches = dict[tuple[str, int], Any]  # by topic and partition


class Ahead(Exception):
    """Kafka holds positions our log does not: the log was restored, or lost a failover. Runbook: advance-position."""


class Fenced(Exception):
    """Another relay has taken the lease."""


class Relay:
    """Publishes the events of one service."""

    name = "relay"

    def __init__(
        self, bootstrap: str, store: EventStore, log: EventLog, publications: Sequence[Publication]
    ) -> None:
        self._bootstrap = bootstrap
        self._store = store
        self._log = log
        self._publications: dict[str, list[Publication]] = {}
        for publication in publications:
            self._publications.setdefault(publication.of.__name__, []).append(publication)
        self._topics = sorted({publication.to.topic for publication in publications})
        self._owner = random_id()
        self._epoch = 0
        self._position = 0
        self._sent: Counter[str] = Counter()

    async def run(self, wakeup: Wakeup) -> None:
        """Lead whenever nobody else does; publish until cancelled. Ahead stops it."""
        if not self._topics:
            await asyncio.Event().wait()
        while True:
            try:
                if await self._take_lease():
                    await self._lead(wakeup)
                else:
                    await asyncio.sleep(RENEW_SECONDS)
            except (Fenced, KafkaError, TimeoutError, *LOST) as error:
                telemetry.count("relay.restarts")
                _log.warning(
                    "the relay starts again from its cursor: %s", error or type(error).__name__
                )
                await asyncio.sleep(0.2)

    async def _take_lease(self) -> bool:
        row = await self._store.pool.fetchrow(
            "INSERT INTO relays (name, epoch, owner, expires_at)"
            " VALUES ($1, 1, $2, clock_timestamp() + $3::float8 * interval '1 s')"
            " ON CONFLICT (name) DO UPDATE SET epoch = relays.epoch + 1, owner = $2, expires_at = excluded.expires_at"
            " WHERE relays.expires_at < clock_timestamp() OR relays.owner = $2 RETURNING epoch, position, sent",
            self.name, self._owner, LEASE_SECONDS,
        )  # fmt: skip
        if row is None:
            return False
        self._epoch, self._position = row["epoch"], row["position"]
        self._sent = Counter(orjson.loads(row["sent"]))
        _log.info("leading the relay from position %d in epoch %d", self._position, self._epoch)
        return True

    async def _lead(self, wakeup: Wakeup) -> None:
        renewing = asyncio.create_task(self._renew())
        producer = AIOKafkaProducer(
            **kafka_client(self._bootstrap),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_batch_size=MAX_BATCH_BYTES,
            request_timeout_ms=10_000,
        )
        try:
            await self._refuse_if_behind_kafka()
            await producer.start()
            partitions = {
                topic: len(await producer.partitions_for(topic)) for topic in self._topics
            }
            while not renewing.done():
                bell = wakeup.bell("log")
                await self._publish(producer, partitions)
                await wakeup.wait(bell)
            await renewing
        finally:
            renewing.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await renewing
            # A batch that is still in flight must not outlive the epoch it was sent in.
            await producer.stop()

    async def _publish(self, producer: AIOKafkaProducer, partitions: Mapping[str, int]) -> None:
        """Send what is settled, round by round; of many, the next is filled while one waits to be acknowledged."""
        upto, batches, more = await self._filled(producer, partitions, self._position)
        while upto > self._position:
            acknowledged = [
                await producer.send_batch(batch, topic, partition=partition)
                for (topic, partition), batch in batches.items()
            ]
            following = (
                await self._filled(producer, partitions, upto) if more else (upto, {}, False)
            )
            await asyncio.gather(*acknowledged)
            sent = self._sent.copy()
            for (topic, _), batch in batches.items():
                sent[topic] += batch.record_count()
                telemetry.count("relay.published", batch.record_count(), topic=topic)
            crash.point("relay.sent")
            await self._move(upto, sent)
            upto, batches, more = following

    async def _filled(
        self, producer: AIOKafkaProducer, partitions: Mapping[str, int], after: int
    ) -> tuple[int, Batches, bool]:
        """The next settled events, one batch per partition, the position they reach, and whether there are more."""
        batches: Batches = {}
        upto = after
        rows = await self._log.rows(after, ROUND)
        for row in rows:
            for record in self._records(row):
                if not _add(producer, batches, partitions, record, first=upto == after):
                    return upto, batches, True
            upto = row["position"]
        return upto, batches, len(rows) == ROUND

    def _records(self, row: asyncpg.Record) -> list[Record]:
        publications = self._publications.get(row["type"])
        if not publications:
            return []
        fact = self._store.fact(row)
        return [
            seal(fact, contract, number)
            for number, publication in enumerate(publications)
            if (contract := publication.map(fact)) is not None
        ]

    async def _move(self, upto: int, sent: Counter[str]) -> None:
        moved = await self._store.pool.execute(
            "UPDATE relays SET position = $3, sent = $6, expires_at = clock_timestamp() + $5::float8 * interval '1 s'"
            " WHERE name = $1 AND epoch = $2 AND position = $4"
            # A crash may take the cursor back: what is behind it is then sent again.
            " AND set_config('synchronous_commit', 'off', true) = 'off'",
            self.name, self._epoch, upto, self._position, LEASE_SECONDS, orjson.dumps(sent).decode(),
        )  # fmt: skip
        if moved != "UPDATE 1":
            raise Fenced
        self._position, self._sent = upto, sent

    async def _renew(self) -> None:
        """Keep the lease while a round is under way; a relay that cannot renew stops leading."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            renewed = await self._store.pool.execute(
                "UPDATE relays SET expires_at = clock_timestamp() + $3::float8 * interval '1 s'"
                " WHERE name = $1 AND epoch = $2",
                self.name, self._epoch, LEASE_SECONDS,
            )  # fmt: skip
            if renewed != "UPDATE 1":
                raise Fenced

    async def _refuse_if_behind_kafka(self) -> None:
        """A restored log gives positions again that others have seen; somebody has to know before it does."""
        highest = await self._store.pool.fetchval(
            "SELECT greatest((SELECT max(position) FROM events), (SELECT accepted FROM relays WHERE name = $1))",
            self.name,
        )
        ends = await last_positions(self._bootstrap, self._topics)
        tp = max(ends, key=ends.__getitem__, default=None)
        if tp and ends[tp] > highest:
            message = (
                f"{tp.topic}/{tp.partition} ends at position {ends[tp]}, the log at {highest}: "
                f"run `python -m services.{self._store.service} advance-position {ends[tp]}` and start again."
            )
            raise Ahead(message)


def _add(
    producer: AIOKafkaProducer,
    batches: Batches,
    partitions: Mapping[str, int],
    record: Record,
    *,
    first: bool,
) -> bool:
    """Put the record into the batch of its partition; False when that one is full and the round must end."""
    place = record.topic, partition_of(record.key, partitions[record.topic])
    batch = batches.get(place)
    if batch is None:
        batch = batches[place] = producer.create_batch()
    added = batch.append(key=record.key, value=record.value, timestamp=None, headers=record.headers)
    if added is None and first and batch.record_count() == 0:
        message = (
            f"A record of {len(record.value)} bytes for {record.topic} does not fit an empty batch."
        )
        raise ValueError(message)
    return added is not None


@lru_cache(10_000)
def partition_of(key: bytes, partitions: int) -> int:
    """The partition every Kafka client's default partitioner gives this key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


async def last_positions(bootstrap: str, topics: Sequence[str]) -> dict[TopicPartition, int]:
    """The position in the last record of each partition that has any."""
    consumer = AIOKafkaConsumer(**kafka_client(bootstrap), enable_auto_commit=False)
    found: dict[TopicPartition, int] = {}
    try:
        await consumer.start()
        tps = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in (
                consumer.partitions_for_topic(topic) or await _partitions(consumer, topic)
            )
        ]
        ends = await consumer.end_offsets(tps)
        waiting = {tp for tp in tps if ends[tp] > 0}
        consumer.assign(list(waiting))
        for tp in waiting:
            consumer.seek(tp, ends[tp] - 1)
        async with asyncio.timeout(20):
            while waiting:
                for tp, records in (await consumer.getmany(*waiting, timeout_ms=1_000)).items():
                    found[tp] = int(dict(records[-1].headers).get("ce_position", b"0"))
                    waiting.discard(tp)
    finally:
        await consumer.stop()
    return found


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.force_metadata_update()  # noqa: SLF001  No public way asks for a topic's partitions unsubscribed.
    consumer._client.add_topic(topic)  # noqa: SLF001
    await consumer._client.force_metadata_update()  # noqa: SLF001
    partitions: set[int] = consumer.partitions_for_topic(topic) or set()
    return partitions


async def ensure_topics(
    bootstrap: str, topics: Sequence[str], *, replication: int = 1
) -> list[str]:
    """Create the topics that are missing: kept for ever, never compacted. Returns those created."""
    admin = AIOKafkaAdminClient(**kafka_client(bootstrap))
    try:
        await admin.start()
        missing = sorted(set(topics) - set(await admin.list_topics()))
        response = await admin.create_topics(
            [
                NewTopic(
                    topic,
                    num_partitions=PARTITIONS,
                    replication_factor=replication,
                    topic_configs={
                        "retention.ms": "-1",
                        "retention.bytes": "-1",
                        "cleanup.policy": "delete",
                        "min.insync.replicas": str(max(1, replication - 1)),
                    },
                )
                for topic in missing
            ]
        )
        for topic, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                message = f"{topic} could not be created: {error.__name__}"
                raise RuntimeError(message)
        return missing
    finally:
        await admin.close()


async def sent(pool: asyncpg.Pool) -> dict[str, int]:
    """How many records each topic has been given, by topic; one that was sent again counts once."""
    told: dict[str, int] = orjson.loads(
        await pool.fetchval("SELECT sent FROM relays WHERE name = 'relay'") or "{}"
    )
    return told


async def lag(pool: asyncpg.Pool) -> int:
    """How many positions the relay is behind the end of the log."""
    behind: int = await pool.fetchval(
        "SELECT (SELECT coalesce(max(position), 0) FROM events)"
        " - coalesce((SELECT position FROM relays WHERE name = 'relay'), 0)"
    )
    return behind
