"""After a restore: what Kafka holds and the log does not, listed by a verb that only reads."""

import argparse
import asyncio
import secrets
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import orjson
import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from shared import relay
from shared.cli import main
from shared.feature import Feature
from shared.ids import random_id
from shared.relay import ensure_topics
from shared.restore import verbs
from shared.restore.advance import advance_position
from shared.service import Blueprint, Service
from shared.testing import eventually
from tests.integration.shared.counting import COMMUNITY, CountedContract, count, counter, running
from tests.integration.shared.test_relay_consumer import (
    Line,
    counts,
    forget_the_end,
    loop,
    published,
    records,
    relay_of,
    send,
)


@dataclass(frozen=True)
class Told:
    """What the verb printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [orjson.loads(text) for text in self.out.splitlines()]

    @property
    def ids(self) -> set[UUID]:
        return {UUID(event["event_id"]) for event in self.events}


Ask = Callable[..., Awaitable[Told]]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    async def asked(
        service: Service, *, as_json: bool = True, since: datetime | None = None
    ) -> Told:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            await verbs.lacking(service.blueprint, argparse.Namespace(json=as_json, since=since))
        said = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Told(ended.value.code, said.out, said.err)

    return asked


@pytest.fixture
def line() -> Line:
    name = f"tessera.counting.{secrets.token_hex(4)}.v1"

    class CountedAloud(CountedContract):
        topic: ClassVar[str] = name

    return Line(name, CountedAloud)


def twice(line: Line) -> Sequence[Feature]:
    """Each fact is published as two records, whose ids differ."""
    first, *others = line.features()
    return replace(first, publications=(line.publication(), line.publication())), *others


async def publish(service: Service, kafka: str, streams: int = 8) -> None:
    async with loop(relay_of(service, kafka).run(service.wakeup)):
        await counts(service, 5, streams)
        await published(service)


async def ids(service: Service, after: int) -> set[UUID]:
    rows = await service.pool.fetch("SELECT event_id FROM events WHERE position > $1", after)
    return {row["event_id"] for row in rows}


def record(source: str, kind: str, **data: Any) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    """Key, value and headers of an event as another release, or another service, would publish it."""
    event_id, stream = str(random_id()), str(random_id())
    headers = {
        "ce_id": event_id,
        "ce_source": f"io.tessera.{source}",
        "ce_type": f"io.tessera.{source}.{kind}",
        "ce_position": "1000",
        "ce_communityid": str(COMMUNITY),
    }
    value = {"id": event_id, "subject": stream, "time": "2026-03-01T12:00:00Z", "data": data}
    return (
        stream.encode(),
        orjson.dumps(value),
        [(name, text.encode()) for name, text in headers.items()],
    )


async def test_where_nothing_lacks_nothing_is_listed_and_nothing_written(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *twice(line), kafka=kafka) as service:
        assert (await ask(service)).code == 0, "of a log that is empty as well"
        await publish(service, kafka)
        before = await traces(service, kafka)
        told = await ask(service)
        assert (told.code, told.events) == (0, [])
        assert told.err == "0 events are on Kafka and not in the log of counting.\n"
        assert await traces(service, kafka) == before


async def traces(service: Service, kafka: str) -> Any:
    """What would have changed, had anything been written or a group been joined."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        groups, topics = await admin.list_consumer_groups(), await admin.list_topics()
    finally:
        await admin.close()
    (row,) = await service.pool.fetch(
        "SELECT (SELECT max(position) FROM events), position, accepted, sent, last_value"
        " FROM relays, position_seq"
    )
    return {group for group, *_ in groups}, sorted(topics), tuple(row)


async def test_what_lacks_is_listed_in_order_and_counted(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await publish(service, kafka)
        lost = await ids(service, 37)
        await forget_the_end(database_url, 37)
        told = await ask(service)
        assert (told.code, told.ids) == (1, lost)
        assert [event["position"] for event in told.events] == [38, 39, 40]
        for event in told.events:
            assert event["type"] == "io.tessera.counting.CountedAloud"
            assert event["community_id"] == str(COMMUNITY)
            assert UUID(event["stream_id"]) in {counter(n) for n in range(8)}
            assert datetime.fromisoformat(event["occurred_at"]).tzinfo
        assert told.err == "3 events are on Kafka and not in the log of counting.\n"

        table = (await ask(service, as_json=False)).out.splitlines()
        assert table[0].split("  ")[0] == "event id"
        assert {UUID(row.split()[0]) for row in table[1:4]} == lost
        assert table[4:] == ["3 events are on Kafka and not in the log of counting."]


async def test_both_records_of_a_fact_lack_or_none_does(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *twice(line), kafka=kafka) as service:
        await publish(service, kafka)
        await forget_the_end(database_url, 37)
        # The cursor of the backup is older than its last events: these are compared, and found.
        await service.pool.execute("UPDATE relays SET position = 10")
        told = await ask(service)
        assert [event["position"] for event in told.events] == [38, 38, 39, 39, 40, 40]


async def test_a_log_that_went_on_is_compared_since_a_time(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await publish(service, kafka)
        began = await service.pool.fetchval("SELECT max(recorded_at) FROM events")
        repeated = random_id()
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await count(service, counter(70), command_id=repeated)
            await count(service, counter(71))
            await published(service)
        lost = await ids(service, 41)
    await forget_the_end(database_url, 40)
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await advance_position(service.pool, 42)
        async with loop(relay_of(service, kafka).run(service.wakeup)):
            await count(service, counter(70), command_id=repeated)
            await published(service)
        told = await ask(service)
        assert (told.code, told.out) == (2, "")
        assert "--since" in told.err
        # Who sent a command again under its key has made the same event, at another position.
        for since in (began, began - timedelta(days=1)):
            assert (await ask(service, since=since)).ids == lost


async def test_events_of_other_services_are_not_listed_and_those_of_other_releases_are(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await publish(service, kafka)
        await send(kafka, line.topic, *record("elsewhere", "CountedAloud"))
        await send(kafka, line.topic, b"key", b"\xff\x00not json", [])
        assert (await ask(service)).code == 0
        await send(kafka, line.topic, *(old := record("counting", "CountedOfOld", by=1)))
        told = await ask(service)
        assert told.code == 1
        assert told.ids == {UUID(orjson.loads(old[1])["id"])}
        assert "2 records are no events of counting." in told.err


async def test_whose_erasures_are_among_them_is_said(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    person, forgotten = str(random_id()), str(random_id())
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await send(kafka, line.topic, *record("counting", "PersonErased", person_id=person))
        await send(kafka, line.topic, *record("counting", "PersonForgotten", person_id=forgotten))
        await send(kafka, line.topic, *record("counting", "MemberLeft", person_id=str(random_id())))
        told = await ask(service)
        assert {event["erased"] for event in told.events} == {person, forgotten, None}
        (line_of_them,) = [text for text in told.err.splitlines() if "Erasures" in text]
        assert sorted(line_of_them.split()[-2:]) == sorted([person, forgotten])


async def test_what_has_expired_on_kafka_holds_up_nothing(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    await ensure_topics(kafka, [line.topic])
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await publish(service, kafka, streams=1)
        lost = await ids(service, 4)
        await forget_the_end(database_url, 1)
        place = TopicPartition(
            line.topic, relay.partition_of(str(counter(0)).encode(), relay.PARTITIONS)
        )
        for upto, left in ((4, lost), (5, set())):
            await expire(kafka, place, upto)
            assert (await ask(service)).ids == left


async def expire(kafka: str, place: TopicPartition, upto: int) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        await admin.delete_records({place: RecordsToDelete(upto)})
    finally:
        await admin.close()


async def test_what_was_compacted_away_holds_up_nothing(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    """Of each stream the last record is left; whoever set that on a topic of ours meant well."""
    await compacted(kafka, line.topic)
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await publish(service, kafka, streams=1)
        await asyncio.sleep(0.2)
        await publish(service, kafka, streams=1)  # makes another segment: the one before can go
        left = await eventually(
            lambda: records(kafka, line.topic), lambda r: len(r) < 10, within=60
        )
        await forget_the_end(database_url, 1)
        told = await ask(service)
        assert [event["position"] for event in told.events] == [position(one) for one in left]


def position(one: ConsumerRecord) -> int:
    return int(dict(one.headers)["ce_position"])


async def compacted(kafka: str, topic: str) -> None:
    soon = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0.01", "max.compaction.lag.ms": "1"}
    made = NewTopic(topic, relay.PARTITIONS, 1, topic_configs={"cleanup.policy": "compact", **soon})
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await admin.start()
        await admin.create_topics([made])
    finally:
        await admin.close()


async def test_a_topic_that_does_not_exist_is_named_and_not_made(
    database_url: str, kafka: str, line: Line, ask: Ask
) -> None:
    async with running(database_url, *line.features(), kafka=kafka) as service:
        await service.pool.execute("INSERT INTO relays (name) VALUES ('relay')")
        before = await traces(service, kafka)
        told = await ask(service)
        assert told.code == 2
        assert f"{line.topic} does not exist on Kafka." in told.err
        assert await traces(service, kafka) == before


def test_a_broker_that_is_down_is_a_sentence(
    database_url: str,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def migrated() -> Blueprint:
        async with running(database_url, *line.features()) as service:
            return service.blueprint

    plan = asyncio.run(migrated())
    monkeypatch.setattr(sys, "argv", ["service", "lacking"])
    with pytest.raises(SystemExit) as ended:
        main(lambda: plan)
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].startswith("Kafka does not answer: ")
