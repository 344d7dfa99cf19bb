"""From the event table through a real broker into another service's inbox: late, twice, but in order and whole."""

import asyncio
import contextlib
import secrets
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

import asyncpg
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import CommitFailedError, KafkaError, RequestTimedOutError

from deploy.local.parts import kafka_server
from shared import relay
from shared.consumer import Consumer, Webhook, arrival
from shared.contracts.contract import Contract
from shared.event_store import Fact
from shared.event_types import UnknownType
from shared.feature import Feature, Publication
from shared.ids import random_id
from shared.projection import Projection, ProjectionReader
from shared.relay import Ahead, Fenced, Relay, ensure_topics, partition_of
from shared.restore.advance import advance_position
from shared.service import Service
from shared.testing import eventually
from tests import stack
from tests.integration.shared.counting import (
    COMMUNITY,
    Counted,
    CountedContract,
    count,
    counter,
    feature,
    read_to_end,
    running,
)
from tests.integration.shared.gates import GATES
from tests.integration.shared.writing import open_append, part, write

pytestmark = pytest.mark.usefixtures("_patient")


@dataclass(frozen=True)
class Line:
    """A topic of a test's own, with the contract that travels on it."""

    topic: str
    contract: type[CountedContract]

    def publication(self) -> Publication:
        def published(fact: Fact) -> Contract | None:
            if fact.body.by == SECRET:
                return None
            return self.contract(
                community_id=fact.community_id,
                occurred_at=fact.at,
                counter_id=fact.stream_id,
                by=fact.body.by,
            )

        return Publication(Counted, self.contract, published)

    def features(self) -> tuple[Feature, ...]:
        return replace(feature(), publications=(self.publication(),)), GATES


SECRET = 0xB16
"""A count that is published to nobody."""


@pytest.fixture
def line() -> Line:
    name = f"tessera.counting.{secrets.token_hex(4)}.v1"

    class CountedAloud(CountedContract):
        topic: ClassVar[str] = name

    return Line(name, CountedAloud)


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two loaded cores may keep a healthy leader from its lease for longer than production would bear."""
    monkeypatch.setattr(relay, "LEASE_SECONDS", 3.0)


def relay_of(service: Service, kafka: str) -> Relay:
    return Relay(kafka, service.store, service.log, service.publications)


@contextlib.asynccontextmanager
async def loop(work: Any) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def published(service: Service) -> None:
    """Everything in the log has been published."""

    async def behind() -> int:
        return await relay.lag(service.pool)

    await eventually(behind, lambda lag: lag == 0, within=40)


async def records(kafka: str, topic: str) -> list[ConsumerRecord]:
    """All of a topic, partition by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    try:
        tps = [TopicPartition(topic, n) for n in range(relay.PARTITIONS)]
        ends = await consumer.end_offsets(tps)
        found: list[ConsumerRecord] = []
        for tp in tps:
            consumer.assign([tp])
            consumer.seek(tp, 0)
            while await consumer.position(tp) < ends[tp]:
                found.append(await consumer.getone(tp))
        return found
    finally:
        await consumer.stop()


def told(found: Iterable[ConsumerRecord]) -> dict[UUID, list[int]]:
    """The versions of each stream, in the order in which each came first."""
    versions: dict[UUID, list[int]] = defaultdict(list)
    for record in found:
        envelope = orjson.loads(record.value)
        stream_id = UUID(envelope["subject"])
        assert record.key == str(stream_id).encode()
        assert record.partition == partition_of(record.key, relay.PARTITIONS)
        if envelope["version"] not in versions[stream_id]:
            versions[stream_id].append(envelope["version"])
    return versions


async def stored(service: Service) -> dict[UUID, list[int]]:
    rows = await service.pool.fetch("SELECT stream_id, version, data FROM events ORDER BY position")
    versions: dict[UUID, list[int]] = defaultdict(list)
    for row in rows:
        if orjson.loads(row["data"]).get("by", SECRET) != SECRET:
            versions[row["stream_id"]].append(row["version"])
    return versions


async def counts(service: Service, each: int, streams: int = 8) -> None:
    await asyncio.gather(*(count(service, counter(n)) for n in range(streams) for _ in range(each)))


# The relay


async def test_every_event_reaches_its_topic_in_the_order_of_its_stream(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            for _ in range(4):
                await counts(service, 10)
                await count(service, counter(1), by=SECRET)
            await published(service)
        found = await records(kafka, line.topic)
        assert told(found) == await stored(service)
        assert len(found) == 320


async def test_a_record_says_what_routing_needs(database_url: str, kafka: str, line: Line) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await count(service, counter(1), by=5)
            await published(service)
        (record,) = await records(kafka, line.topic)
        (fact,) = await service.store.read_stream(counter(1))
        envelope = orjson.loads(record.value)
        headers = {name: value.decode() for name, value in record.headers}
        assert envelope["data"]["by"] == 5
        assert headers["ce_id"] == envelope["id"] == str(fact.event_id)
        assert headers["ce_type"] == envelope["type"] == "io.tessera.counting.CountedAloud"
        assert headers["ce_position"] == str(fact.position) == str(envelope["position"])
        assert headers["ce_communityid"] == envelope["communityid"] == str(COMMUNITY)


async def test_a_full_batch_cuts_the_round_and_nothing_is_lost_at_the_cut(
    database_url: str, kafka: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "MAX_BATCH_BYTES", 4_000)
    monkeypatch.setattr(relay, "ROUND", 70)
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await counts(service, 30)
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await published(service)
        found = await records(kafka, line.topic)
        assert told(found) == await stored(service)
        assert len(found) == 240


async def test_a_batch_that_the_broker_refuses_is_never_followed_by_a_later_one(
    database_url: str, kafka: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case in which `send` loses an event for good: the first batch fails, the next are written."""
    monkeypatch.setattr(relay, "ROUND", 40)
    await ensure_topics(kafka, [line.topic])
    await limit_batches(kafka, line.topic, 3_000)
    async with running(database_url, *line.features(), kafka=kafka) as service:
        # In the first round one partition gets a small batch, which is taken, and others do not.
        for _ in range(2):
            await count(service, counter(99))
        await counts(service, 20)
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            before = await eventually(lambda: records(kafka, line.topic))
            assert len(told(before)) < len(await stored(service)), "nothing was refused"
            await asyncio.sleep(1)
            await limit_batches(kafka, line.topic, 1_000_000)
            await published(service)
        assert told(await records(kafka, line.topic)) == await stored(service)


async def limit_batches(kafka: str, topic: str, size: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        await admin.alter_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": str(size)})]
        )
    finally:
        await admin.close()


@pytest.mark.parametrize("sent", [True, False])
async def test_a_relay_that_fails_starts_again_from_its_cursor(
    database_url: str, kafka: str, line: Line, monkeypatch: pytest.MonkeyPatch, *, sent: bool
) -> None:
    """The producer fails in every third batch, before or after the broker has it."""
    monkeypatch.setattr(relay, "ROUND", 50)
    send_batch = AIOKafkaProducer.send_batch
    calls = 0

    async def unsteady(self: Any, batch: Any, topic: str, *, partition: int) -> Any:
        nonlocal calls
        calls += 1
        fails = calls % 7 == 3
        if fails and not sent:
            raise RequestTimedOutError
        acknowledged = await send_batch(self, batch, topic, partition=partition)
        if fails:
            await acknowledged
            raise RequestTimedOutError
        return acknowledged

    monkeypatch.setattr(AIOKafkaProducer, "send_batch", unsteady)
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await counts(service, 20)
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await published(service)
        assert calls > 12
        found = await records(kafka, line.topic)
        assert told(found) == await stored(service)
        assert len(found) > 160, "nothing was sent twice, so no batch was repeated"


class CrashingRelay(Relay):
    async def _move(self, upto: int, sent: Counter[str]) -> None:
        raise SystemError(upto, sent)


async def test_a_crash_between_sending_and_moving_the_cursor_repeats_and_loses_nothing(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await counts(service, 10)
        crashing = CrashingRelay(kafka, service.store, service.log, service.publications)
        with pytest.raises(SystemError):
            await crashing.run(service.wakeup)
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await published(service)
        found = await records(kafka, line.topic)
        assert len(found) == 160
        assert told(found) == await stored(service)
        assert await relay.sent(service.pool) == {line.topic: 80}


async def test_the_relay_waits_for_a_slow_writer(database_url: str, kafka: str, line: Line) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await counts(service, 1)
            await published(service)
            async with open_append(database_url, write(part(counter(50), 0))) as slow:
                await counts(service, 1)
                await asyncio.sleep(0.3)
                assert len(await records(kafka, line.topic)) == 8
                await slow.commit()
            await published(service)
        assert told(await records(kafka, line.topic)) == await stored(service)


# Leadership


async def leader(service: Service) -> UUID | None:
    found: UUID | None = await service.pool.fetchval("SELECT owner FROM relays")
    return found


async def test_a_second_relay_takes_over_when_the_first_is_gone(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        first, second = relay_of(service, kafka), relay_of(service, kafka)
        async with loop(first.run(service.wakeup)):
            await counts(service, 5)
            await published(service)
            assert await leader(service) == first._owner
            async with loop(second.run(service.wakeup)):
                await counts(service, 5)
                await published(service)
                assert await leader(service) == first._owner
        async with loop(second.run(service.wakeup)):
            await counts(service, 5)
            await published(service)
            assert await leader(service) == second._owner
        assert told(await records(kafka, line.topic)) == await stored(service)


class SleepyRelay(Relay):
    """It falls asleep between sending a batch and moving the cursor."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.asleep, self.awake, self.fenced = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def _renew(self) -> None:
        await asyncio.Event().wait()

    async def _move(self, upto: int, sent: Counter[str]) -> None:
        self.asleep.set()
        await self.awake.wait()
        try:
            await super()._move(upto, sent)
        except Fenced:
            self.fenced.set()
            raise


async def test_a_relay_that_was_paused_finds_itself_fenced(
    database_url: str, kafka: str, line: Line
) -> None:
    """It wakes up long after another has gone on."""
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        first = SleepyRelay(kafka, service.store, service.log, service.publications)
        second = relay_of(service, kafka)
        await counts(service, 5)
        async with loop(first.run(service.wakeup)):
            await first.asleep.wait()
            async with loop(second.run(service.wakeup)):
                await counts(service, 5)
                await published(service)
                cursor = await service.pool.fetchval("SELECT position FROM relays")
                first.awake.set()
                await asyncio.wait_for(first.fenced.wait(), 10)
                assert await service.pool.fetchval("SELECT position FROM relays") == cursor
                await counts(service, 5)
                await published(service)
                assert await leader(service) == second._owner
        assert told(await records(kafka, line.topic)) == await stored(service)


async def test_the_cursor_moves_for_its_leader_alone(
    database_url: str, kafka: str, line: Line
) -> None:
    async with running(database_url, *line.features(), kafka=kafka) as service:
        first, second = relay_of(service, kafka), relay_of(service, kafka)
        assert await first._take_lease()
        assert not await second._take_lease()
        await first._move(10, Counter())
        await service.pool.execute("UPDATE relays SET expires_at = clock_timestamp()")
        assert await second._take_lease()
        assert second._position == 10
        with pytest.raises(Fenced):
            await first._move(11, Counter())
        await second._move(12, Counter())
        stale = relay_of(service, kafka)
        stale._epoch, stale._position = second._epoch, 10
        with pytest.raises(Fenced):
            await stale._move(11, Counter())
        assert await service.pool.fetchval("SELECT position FROM relays") == 12


# After a restore


async def test_a_log_that_kafka_is_ahead_of_is_not_published(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with (
        running(database_url, *line.features(), kafka=kafka) as service,
        loop(relay_of(service, kafka).run(service.wakeup)),
    ):
        await counts(service, 5)
        await published(service)
    await forget_the_end(database_url, 30)
    async with running(database_url, *line.features(), kafka=kafka) as service:
        with pytest.raises(Ahead, match=r"advance-position \d+"):
            await asyncio.wait_for(relay_of(service, kafka).run(service.wakeup), 20)
        assert len(await records(kafka, line.topic)) == 40
        await advance_position(service.pool, 40)
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            answer = await count(service, counter(77))
            assert answer.position == 41
            await published(service)
        assert told(await records(kafka, line.topic))[counter(77)] == [1]


async def forget_the_end(database_url: str, after: int) -> None:
    """As a restore from a backup does: rows, sequence and cursor as they were."""
    connection = await asyncpg.connect(database_url, server_settings={"search_path": "counting"})
    await connection.execute(
        "ALTER TABLE events DISABLE TRIGGER append_only;"
        "ALTER TABLE commands DISABLE TRIGGER append_only;"
        f"DELETE FROM events WHERE position > {after}; DELETE FROM commands;"
        f"SELECT setval('position_seq', {after}); UPDATE relays SET position = {after}"
    )
    await connection.close()


async def test_advancing_never_takes_the_sequence_back_nor_overtakes_a_writer(
    database_url: str,
) -> None:
    async with running(database_url) as service:
        await counts(service, 1)
        await advance_position(service.pool, 3)
        async with open_append(database_url, write(part(counter(50), 0))) as slow:
            assert slow.positions == [9]
            advancing = asyncio.create_task(advance_position(service.pool, 100))
            await asyncio.sleep(0.2)
            assert not advancing.done()
            await slow.commit()
        await advancing
        assert (await count(service, counter(1))).position == 101


# The inbox


class Heard:
    """A service that hears the line: its read model counts what it heard."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.name = f"hearing{secrets.token_hex(3)}"
        self.projection = Projection(
            name="heard",
            version=1,
            ddl="CREATE TABLE heard_v1 (counter_id uuid, community_id uuid, version int, by int)",
            tables=("heard_v1",),
            facts=(line.contract,),
            apply=self.apply,
        )

    async def apply(self, connection: Any, facts: Any) -> None:
        await connection.executemany(
            "INSERT INTO heard_v1 VALUES ($1, $2, $3, $4)",
            [(f.body.counter_id, f.community_id, f.version, f.body.by) for f in facts],
        )

    def feature(self) -> Feature:
        return Feature(name="heard", projections=(self.projection,))

    async def fold(self, service: Service) -> dict[UUID, list[int]]:
        await read_to_end(service, ProjectionReader(self.projection), service.inbox)
        rows = await service.pool.fetch("SELECT counter_id, version FROM heard_v1")
        versions: dict[UUID, list[int]] = defaultdict(list)
        for row in rows:
            versions[row["counter_id"]].append(row["version"])
        return versions


@contextlib.asynccontextmanager
async def hearing(database_url: str, heard: Heard) -> AsyncIterator[Service]:
    async with running(database_url, heard.feature(), name=heard.name) as service:
        yield service


def consumer_of(service: Service, kafka: str, line: Line) -> Consumer:
    return Consumer(kafka, service.name, [line.topic], service.inbox, service.wakeup)


async def received(service: Service, number: int) -> None:
    async def rows() -> int:
        found: int = await service.pool.fetchval("SELECT count(*) FROM inbox")
        return found

    await eventually(rows, lambda n: n >= number, within=40)


async def test_what_one_service_publishes_another_hears_once_and_in_order(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    heard = Heard(line)
    async with (
        running(database_url, *line.features(), kafka=kafka) as service,
        hearing(database_url, heard) as other,
        loop(consumer_of(other, kafka, line).run()),
    ):
        for _ in range(3):
            # The cursor goes back to the beginning: all of it is published again.
            await service.pool.execute("UPDATE relays SET position = 0")
            async with loop(relay_of(service, kafka).run(service.wakeup)):
                await counts(service, 5)
                await published(service)
        assert len(await records(kafka, line.topic)) > 200
        await received(other, 120)
        assert await heard.fold(other) == await stored(service)
        assert not await other.pool.fetchval(
            "SELECT count(*) FROM (SELECT FROM inbox GROUP BY event_id HAVING count(*) > 1) twice"
        )


async def test_a_record_is_kept_before_kafka_hears_of_it(
    database_url: str, kafka: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever breaks between the two, it is read again and kept once."""
    await ensure_topics(kafka, [line.topic])
    heard = Heard(line)
    commit, refused = AIOKafkaConsumer.commit, 0

    async def unsteady(self: Any, offsets: Any) -> None:
        nonlocal refused
        if refused < 2:
            refused += 1
            raise CommitFailedError
        await commit(self, offsets)

    monkeypatch.setattr(AIOKafkaConsumer, "commit", unsteady)
    async with (
        running(database_url, *line.features(), kafka=kafka) as service,
        hearing(database_url, heard) as other,
        loop(relay_of(service, kafka).run(service.wakeup)),
        loop(consumer_of(other, kafka, line).run()),
    ):
        await counts(service, 5)
        await received(other, 40)
        await eventually(lambda: committed(kafka, other, line), lambda n: n == 40)
        assert refused == 2
        assert await heard.fold(other) == await stored(service)


async def committed(kafka: str, service: Service, line: Line) -> int:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, group_id=f"tessera.{service.name}")
    try:
        await consumer.start()
        offsets = [
            await consumer.committed(TopicPartition(line.topic, n)) for n in range(relay.PARTITIONS)
        ]
        return sum(offset or 0 for offset in offsets)
    finally:
        await consumer.stop()


async def test_what_nobody_can_read_is_kept_and_holds_up_nothing(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    heard = Heard(line)
    async with (
        running(database_url, *line.features(), kafka=kafka) as service,
        hearing(database_url, heard) as other,
        loop(consumer_of(other, kafka, line).run()),
    ):
        await send(kafka, line.topic, b"key", b"\xff\x00not json", [])
        await send(kafka, line.topic, b"key", None, [])
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await counts(service, 1)
            await published(service)
        await received(other, 10)
        assert await heard.fold(other) == await stored(service)
        rows = await other.pool.fetch("SELECT * FROM inbox WHERE source = 'unknown' ORDER BY id")
        assert len(rows) == 2
        raw = {orjson.loads(row["value"])["raw"] for row in rows}
        assert raw == {"/wBub3QganNvbg==", ""}


async def send(
    kafka: str, topic: str, key: bytes | None, value: bytes | None, headers: Any
) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    try:
        await producer.start()
        await producer.send_and_wait(topic, value, key=key, headers=headers)
    finally:
        await producer.stop()


@dataclass(frozen=True)
class Raw:
    """A record as the client library would hand it over."""

    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    key: bytes | None = b"key"
    topic: str = "tessera.counting.raw.v1"
    partition: int = 0
    offset: int = 0


def raw(offset: int, key: bytes | None = b"key", value: bytes | None = None, **headers: Any) -> Raw:
    event_id = str(random_id())
    good = {
        "ce_id": event_id.encode(),
        "ce_source": b"io.tessera.counting",
        "ce_type": b"io.tessera.counting.Unheard",
        "ce_position": b"1",
        "ce_communityid": str(COMMUNITY).encode(),
    }
    body = orjson.dumps({"id": event_id}) if value is None else value
    return Raw(body, tuple((good | headers).items()), key, offset=offset)


STRANGE: list[dict[str, Any]] = [
    {"key": b"\x00"},
    {"key": b"\xff"},
    {"ce_type": b"a\x00b"},
    {"ce_source": b"\x00"},
    {"ce_position": str(2**63).encode()},
    {"ce_position": b"-1"},
    {"ce_position": None},
    {"ce_position": b"many"},
    {"ce_id": b"1"},
    {"ce_id": str(random_id()).encode()},
    {"ce_communityid": None},
    {"value": b"[]"},
    {"value": b"1"},
    {"value": b'{"id": 1}'},
    {"value": b'{"id": "\\ud800"}'},
    {"value": b"{"},
    {"value": b""},
]


async def test_strange_records_are_kept_as_they_came(database_url: str, line: Line) -> None:
    async with hearing(database_url, Heard(line)) as service:
        good = arrival(raw(0))
        strange = [arrival(raw(n, **fields)) for n, fields in enumerate(STRANGE, 1)]
        assert {each.source for each in strange} == {"unknown"}
        assert await service.inbox.store([good, *strange]) == 1 + len(STRANGE)
        assert await service.inbox.store([*strange, good]) == 0
        batch = await service.inbox.read(0, 100, {"io.tessera.counting.Unheard"})
        assert (batch.facts, batch.upto) == ([], await last_id(service))


async def last_id(service: Service) -> int:
    found: int = await service.pool.fetchval("SELECT max(id) FROM inbox")
    return found


async def test_what_breaks_its_contract_stops_the_reader(database_url: str, line: Line) -> None:
    async with hearing(database_url, Heard(line)) as service:
        broken = arrival(raw(0))._replace(type=line.contract.type())
        await service.inbox.store([broken])
        with pytest.raises(UnknownType, match=line.contract.type()):
            await service.inbox.read(0, 100, {line.contract.type()})
        assert (await service.inbox.read(0, 100, {"others"})).upto == await last_id(service)


async def test_ids_of_the_inbox_appear_in_order(database_url: str, line: Line) -> None:
    """A reader that has seen an id never misses a lower one: who writes holds up who comes after."""
    async with hearing(database_url, Heard(line)) as service:
        first, second = arrival(raw(1)), arrival(raw(2))
        async with service.pool.acquire() as connection, connection.transaction():
            columns = [[value] for value in first]
            await connection.execute("SELECT receive_1($1, $2, $3, $4, $5, $6, $7, $8)", *columns)
            waiting = asyncio.create_task(service.inbox.store([second]))
            await asyncio.sleep(0.2)
            assert not waiting.done()
        assert await waiting == 1
        rows = await service.pool.fetch("SELECT event_id FROM inbox ORDER BY id")
        assert [row["event_id"] for row in rows] == [first.event_id, second.event_id]


async def test_a_webhook_is_kept_once_and_read_like_any_fact(database_url: str, line: Line) -> None:
    async with hearing(database_url, Heard(line)) as service:
        store = service.inbox.store_webhook
        assert await store("stripe", "evt_1", "paid", "pi_1", b'{"n": 1}', COMMUNITY)
        assert not await store("stripe", "evt_1", "paid", "pi_1", b'{"n": 1}', COMMUNITY)
        assert await store("paypal", "evt_1", "paid", "pi_1", b'{"n": 2}')
        assert await store("stripe", "evt_2", "refunded", "pi_1", b'{"n": 3}', COMMUNITY)
        batch = await service.inbox.read(0, 100, {"*webhook"})
        assert [fact.body for fact in batch.facts] == [
            Webhook("stripe", "paid", {"n": 1}),
            Webhook("paypal", "paid", {"n": 2}),
            Webhook("stripe", "refunded", {"n": 3}),
        ]
        first, other, second = batch.facts
        assert first.stream_id == second.stream_id != other.stream_id
        assert (await service.inbox.read(0, 100, {"anything else"})).facts == []


async def test_who_wrote_can_wait_until_it_is_heard(
    database_url: str, kafka: str, line: Line
) -> None:
    await ensure_topics(kafka, [line.topic])
    heard = Heard(line)
    async with (
        running(database_url, *line.features(), kafka=kafka) as service,
        hearing(database_url, heard) as other,
    ):
        answer = await count(service, counter(1))
        assert answer.published == (line.topic, answer.position)
        seen = ("counting", answer.position, *answer.published)
        assert not await other.has_read(*seen)
        async with (
            loop(relay_of(service, kafka).run(service.wakeup)),
            loop(consumer_of(other, kafka, line).run()),
        ):
            await received(other, 1)
        assert not await other.has_read(*seen)
        await heard.fold(other)
        assert await other.has_read(*seen)
        assert await other.has_read("counting", 10**9, "tessera.counting.nobody.v1", 10**9)


async def test_a_broker_that_dies_and_comes_back_costs_nothing(
    database_url: str, line: Line
) -> None:
    server, heard = kafka_server(stack.run_folder() / "broken"), Heard(line)
    kafka = server.address
    await asyncio.to_thread(server.start)
    try:
        await ensure_topics(kafka, [line.topic])
        async with (
            running(database_url, *line.features(), kafka=kafka) as service,
            hearing(database_url, heard) as other,
            loop(relay_of(service, kafka).run(service.wakeup)) as relaying,
            loop(consumer_of(other, kafka, line).run()) as consuming,
        ):
            await counts(service, 5)
            await received(other, 40)
            await asyncio.to_thread(server.kill)
            await counts(service, 5)
            await asyncio.sleep(1)
            await asyncio.to_thread(server.start)
            await counts(service, 5)
            await received(other, 120)
            assert not relaying.done()
            assert not consuming.done()
            assert await heard.fold(other) == await stored(service)
    finally:
        await asyncio.to_thread(server.stop)


async def test_loops_start_before_there_is_a_broker(database_url: str, line: Line) -> None:
    """They keep trying, and leave nothing behind when they are told to stop."""
    nowhere = "127.0.0.1:1"
    async with (
        running(database_url, *line.features()) as service,
        loop(relay_of(service, nowhere).run(service.wakeup)) as relaying,
        loop(consumer_of(service, nowhere, line).run()) as consuming,
    ):
        await counts(service, 1)
        await asyncio.sleep(1)
        assert not relaying.done()
        assert not consuming.done()
    with pytest.raises(KafkaError):
        await ensure_topics(nowhere, [line.topic])
