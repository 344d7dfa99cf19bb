"""What Kafka holds of a service and its log does not: after a restore, what others have heard and it has forgotten.

It only reads, and in no consumer group. Kafka is asked by time where to begin, so that what was compacted or has
expired is nowhere counted on; whether the log has an event is asked by its id, because positions are given again.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from shared.consumer import Arrival, arrival
from shared.contracts.contract import PersonForgotten
from shared.contracts.membership_member import PersonErased
from shared.envelope import SOURCE
from shared.feature import Publication
from shared.ids import derive, parsed
from shared.relay import Relay
from shared.restore.places import partitions, seek
from shared.settings import kafka_client

PATIENCE = 30.0
ERASURES = {PersonErased.__name__, PersonForgotten.__name__}


class WentOn(Exception):
    """The log was restored and has gone on since: where it ended cannot be told from it any more."""


class Start(NamedTuple):
    """Up to `position` the log lacks nothing; what came after it was sent after `at`, None for the first event."""

    position: int
    at: datetime | None


class Lacking(NamedTuple):
    """An event that is on Kafka alone; `erased` is the person whose erasure it is, if it is one."""

    position: int
    event_id: UUID
    type: str
    stream_id: UUID
    community_id: UUID
    occurred_at: str
    erased: UUID | None


@dataclass
class Found:
    """What is lacking, by its id; topics that do not exist; how many records are no events of this service."""

    lacking: dict[UUID, Lacking] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    foreign: int = 0


async def end_of_log(pool: asyncpg.Pool, since: datetime | None) -> Start:
    """Where to begin: at the relay's cursor, as it was restored, unless somebody says since when."""
    if since:
        return Start(0, since)
    relay = await pool.fetchrow("SELECT position, accepted FROM relays WHERE name = $1", Relay.name)
    if relay and relay["accepted"]:
        raise WentOn("This log went on after a restore: say when the backup was taken, --since.")
    cursor = relay["position"] if relay else 0
    at = await pool.fetchval(
        "SELECT recorded_at FROM events WHERE position <= $1 ORDER BY position DESC LIMIT 1", cursor
    )
    return Start(cursor if at else 0, at)


class Comparison:
    """Kafka's records of one service beside its log."""

    def __init__(
        self, service: str, pool: asyncpg.Pool, publications: Sequence[Publication], start: Start
    ) -> None:
        self._source = SOURCE + service
        self._pool = pool
        self._start = start
        self._topics = {publication.to.topic for publication in publications}
        each = Counter(publication.of for publication in publications)
        self._numbers = [str(number) for number in range(1, max(each.values(), default=1))]
        self.found = Found()

    async def run(self, bootstrap: str) -> Found:
        """Read what was published after the start, up to what is there now; KafkaError when Kafka does not answer."""
        places = await partitions(bootstrap, self._topics)
        self.found.missing = sorted(self._topics - {place.topic for place in places})
        if not places:
            return self.found
        consumer = AIOKafkaConsumer(
            **kafka_client(bootstrap),
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # What has expired while it was read is passed over.
            max_poll_records=2_000,
        )
        try:
            await consumer.start()
            async with asyncio.timeout(PATIENCE) as patience:
                ends = await seek(consumer, places, self._start.at)
                await self._read(consumer, ends, patience)
        except TimeoutError as error:
            raise KafkaTimeoutError("it has stopped sending") from error
        finally:
            await consumer.stop()
        return self.found

    async def _read(
        self,
        consumer: AIOKafkaConsumer,
        ends: Mapping[TopicPartition, int],
        patience: asyncio.Timeout,
    ) -> None:
        before: dict[TopicPartition, int] = {}
        # By positions and not by records: the last ones of a partition may have been compacted away.
        while waiting := {
            at: reached for at in ends if (reached := await consumer.position(at)) < ends[at]
        }:
            if waiting != before:
                patience.reschedule(asyncio.get_running_loop().time() + PATIENCE)
            before = waiting
            polled = await consumer.getmany(*waiting, timeout_ms=1_000)
            await self._compare([record for records in polled.values() for record in records])

    async def _compare(self, records: Sequence[ConsumerRecord]) -> None:
        ours = [one for record in records if (one := self._ours(record))]
        if not ours:
            return
        rows = await self._pool.fetch(
            "SELECT event_id FROM events WHERE stream_id = ANY ($1) AND position > $2",
            list({one.stream_id for one in ours}),
            self._start.position,
        )
        kept = {row["event_id"] for row in rows}
        kept |= {derive(of, "publication", number) for of in kept for number in self._numbers}
        for one in ours:
            if one.event_id not in kept:
                self.found.lacking.setdefault(one.event_id, one)

    def _ours(self, record: ConsumerRecord) -> Lacking | None:
        """The record as an event of this service after the start; its type may be of any release."""
        came = arrival(record)
        if came.source != self._source:
            self.found.foreign += 1
        elif came.position > self._start.position:
            try:
                return _lacking(came)
            except (KeyError, ValueError, TypeError, AttributeError):
                self.found.foreign += 1
        return None


def _lacking(came: Arrival) -> Lacking:
    envelope = orjson.loads(came.value)
    erasure = came.type.rpartition(".")[2] in ERASURES
    return Lacking(
        position=came.position,
        event_id=came.event_id,
        type=came.type,
        stream_id=parsed(came.key),
        community_id=came.community_id,
        occurred_at=str(envelope["time"]),
        erased=parsed(envelope["data"]["person_id"]) if erasure else None,
    )
