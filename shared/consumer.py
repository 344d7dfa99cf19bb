"""A service reads Kafka once: every record goes, as it came, into its inbox; everything else reads the inbox."""

import asyncio
import base64
import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared import crash, telemetry
from shared.clock import monotonic
from shared.contracts.contract import Contract
from shared.envelope import SOURCE, opened
from shared.event_log import Batch, Wakeup
from shared.event_store import LOST, NOTIFY, Fact, Meta
from shared.event_types import UnknownType
from shared.ids import PLATFORM, derive, parsed
from shared.settings import kafka_client

_log = logging.getLogger(__name__)

WEBHOOK = "webhook"
COMMIT_SECONDS = 1.0
GROUP = {
    "enable_auto_commit": False,
    "auto_offset_reset": "earliest",
    "session_timeout_ms": 6_000,  # the least a broker allows: so long waits what a dead worker was reading
    "heartbeat_interval_ms": 1_500,
    "rebalance_timeout_ms": 30_000,
    "max_poll_records": 2_000,
    "fetch_max_wait_ms": 500,
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """What is kept of what a vendor told us, verified: decide on the object fetched again, not on this."""

    source: str
    type: str
    payload: dict[str, Any]


class Arrival(NamedTuple):
    """A row on its way into the inbox."""

    source: str
    event_id: UUID
    position: int
    topic: str
    key: str
    type: str
    community_id: UUID
    value: str


# Who is far behind passes over what it does not want without fetching it; one row comes in any case.
_WANTED = """
SELECT next.upto, next.found, i.id, source, event_id, topic, key, type, community_id, received_at, value
FROM (SELECT max(id) AS upto, count(*) AS found FROM (SELECT id FROM inbox WHERE id > $1 ORDER BY id LIMIT $2) w) next
LEFT JOIN inbox i ON i.id > $1 AND i.id <= next.upto
    AND CASE WHEN topic = $4 THEN $5 ELSE type = ANY ($3) END
ORDER BY i.id
"""


class Inbox:
    """Facts from elsewhere, kept for ever, each once. As a source, its positions are its ids."""

    name = "inbox"

    def __init__(
        self, service: str, pool: asyncpg.Pool, contracts: Collection[type[Contract]]
    ) -> None:
        self._service = service
        self._pool = pool
        self._contracts = {contract.type(): contract for contract in contracts}

    async def store(self, arrivals: Sequence[Arrival]) -> int:
        """Keep the arrivals, durable when this returns; how many were new. Duplicates change nothing."""
        columns = zip(*arrivals, strict=True)
        new = await self._pool.fetchval(
            "SELECT receive_1($1, $2, $3, $4, $5, $6, $7, $8)", *columns
        )
        return int(new)

    async def store_webhook(
        self,
        source: str,
        vendor_id: str,
        kind: str,
        subject: str,
        payload: bytes,
        community_id: UUID = PLATFORM,
    ) -> bool:
        """Keep a verified webhook; False when this vendor id was kept before. Webhooks of one subject keep order."""
        arrival = Arrival(
            source=source,
            event_id=vendor_uuid(source, vendor_id),
            position=0,
            topic=WEBHOOK,
            key=str(vendor_uuid(source, subject)),
            type=kind,
            community_id=community_id,
            value=payload.decode(),
        )
        new = await self.store([arrival])
        if new:
            await self._pool.execute(NOTIFY, self._service, "inbox")
        return new == 1

    async def read(self, after: int, limit: int, wanted: Collection[str]) -> Batch:
        """The wanted facts among the next `limit` rows; types nobody here knows are left where they are."""
        known = [name for name in wanted if name in self._contracts]
        hooks = "*webhook" in wanted
        rows = await self._pool.fetch(_WANTED, after, limit, known, WEBHOOK, hooks)
        facts = [self.fact(row) for row in rows if row["id"] is not None]
        return Batch(facts, rows[0]["upto"] or after, rows[0]["found"] == limit)

    async def has(self, source: str, topic: str, position: int) -> int | None:
        """The inbox id under which a published position of another service is kept, None when it is not yet."""
        found: int | None = await self._pool.fetchval(
            "SELECT max(id) FROM inbox WHERE source = $1 AND topic = $2 AND position = $3",
            SOURCE + source,
            topic,
            position,
        )
        return found

    async def heard(self) -> dict[str, int]:
        """How many records of each topic are kept, by topic."""
        rows = await self._pool.fetch(
            "SELECT topic, count(*) AS n FROM inbox WHERE starts_with(source, $1) GROUP BY topic",
            SOURCE,
        )
        topics = {contract.topic for contract in self._contracts.values()}
        return dict.fromkeys(topics, 0) | {row["topic"]: row["n"] for row in rows}

    def fact(self, row: asyncpg.Record) -> Fact:
        """A row of the inbox as a fact; UnknownType when this release cannot read it."""
        value = orjson.loads(row["value"])
        if row["topic"] != WEBHOOK:
            contract, received_at = self._contracts[row["type"]], row["received_at"]
            try:
                return opened(value, contract, position=row["id"], received_at=received_at)
            except (KeyError, ValueError, TypeError, AttributeError) as error:
                raise UnknownType(f"{row['type']} at inbox {row['id']}: {error!r}") from error
        event_id = row["event_id"]
        return Fact(
            source=row["source"],
            position=row["id"],
            event_id=event_id,
            stream_id=parsed(row["key"]),
            community_id=row["community_id"],
            version=0,
            type=row["type"],
            at=row["received_at"],
            recorded_at=row["received_at"],
            body=Webhook(row["source"], row["type"], value),
            meta=Meta(event_id, event_id),
        )


def vendor_uuid(source: str, vendor_id: str) -> UUID:
    """What a vendor's id, or what its report is about, is known by here."""
    return derive(PLATFORM, "vendor", source, vendor_id)


class Consumer:
    """Moves the service's topics into its inbox, and only then tells Kafka how far it has come."""

    def __init__(
        self, bootstrap: str, service: str, topics: Collection[str], inbox: Inbox, wakeup: Wakeup
    ) -> None:
        self._bootstrap = bootstrap
        self._service = service
        self._topics = sorted(topics)
        self._inbox = inbox
        self._wakeup = wakeup

    async def run(self) -> None:
        """Consume until cancelled. Whatever fails, it starts again from the last committed offset."""
        while self._topics:
            try:
                await self._consume()
            except (KafkaError, *LOST) as error:
                telemetry.count("inbox.reconnects")
                _log.warning("reading Kafka stopped: %s", error)
                await asyncio.sleep(0.5)
        await asyncio.Event().wait()

    async def _consume(self) -> None:
        consumer = AIOKafkaConsumer(
            *self._topics,
            **kafka_client(self._bootstrap),
            group_id=f"tessera.{self._service}",
            **GROUP,
        )
        storing: asyncio.Task[None] | None = None
        try:
            await consumer.start()
            read: dict[TopicPartition, int] = {}
            committed = monotonic()
            while True:
                polled = await consumer.getmany(timeout_ms=1_000)
                arrivals = [arrival(record) for records in polled.values() for record in records]
                if storing:
                    await storing
                if read and (not arrivals or monotonic() > committed + COMMIT_SECONDS):
                    # Kafka's own note of how far we are is late on purpose: it costs as much as keeping a batch.
                    # A rebalance may have taken all of it away, and nothing at all cannot be committed.
                    if ours := {at: read[at] for at in read.keys() & consumer.assignment()}:
                        await consumer.commit(ours)
                    read, committed = {}, monotonic()
                storing = asyncio.create_task(self._store(arrivals)) if arrivals else None
                read |= {place: records[-1].offset + 1 for place, records in polled.items()}
        finally:
            if storing:
                storing.cancel()
                await asyncio.gather(storing, return_exceptions=True)
            await consumer.stop()

    async def _store(self, arrivals: Sequence[Arrival]) -> None:
        """Keep a batch, while the next is taken from Kafka."""
        new = await self._inbox.store(arrivals)
        self._wakeup.ring("inbox")
        crash.point("inbox.stored")
        for kind, many in Counter(one.type for one in arrivals).items():
            telemetry.count("inbox.received", many, type=kind)
        telemetry.count("inbox.duplicates", len(arrivals) - new)


def arrival(record: ConsumerRecord) -> Arrival:
    """A Kafka record as a row. One that is no event of ours is kept too, under the place it was found at."""
    try:
        return _event(record)
    except (KeyError, ValueError, TypeError, AttributeError):
        telemetry.count("inbox.foreign")
    place = f"{record.topic}/{record.partition}/{record.offset}"
    raw = base64.b64encode(record.value or b"").decode()
    return Arrival(
        source="unknown",
        event_id=derive(PLATFORM, "foreign", place),
        position=record.offset,
        topic=record.topic,
        key=base64.b64encode(record.key or b"").decode(),
        type="unknown",
        community_id=PLATFORM,
        value=orjson.dumps({"place": place, "raw": raw}).decode(),
    )


def _event(record: ConsumerRecord) -> Arrival:
    headers = dict(record.headers)
    kept = Arrival(
        source=headers["ce_source"].decode(),
        event_id=parsed(headers["ce_id"].decode()),
        position=int(headers["ce_position"]),
        topic=record.topic,
        key=(record.key or b"").decode(),
        type=headers["ce_type"].decode(),
        community_id=parsed(headers["ce_communityid"].decode()),
        value=record.value.decode(),
    )
    storable = 0 <= kept.position < 2**63 and "\0" not in kept.source + kept.key + kept.type
    if not storable or parsed(orjson.loads(record.value)["id"]) != kept.event_id:
        raise ValueError(kept.event_id)
    return kept
