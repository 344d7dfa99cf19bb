"""Reading Kafka into the inbox, with a broker that only says what the case needs."""

import asyncio
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from aiokafka import TopicPartition
from aiokafka.util import commit_structure_validate

from shared import consumer
from shared.event_log import Wakeup

PLACE = TopicPartition("tessera.billing.order.v1", 3)
RECORD = SimpleNamespace(
    topic=PLACE.topic, partition=3, offset=41, headers=(), key=b"k", value=b"{}"
)


class Kept:
    """An inbox that keeps nothing."""

    async def store(self, arrivals: Sequence[object]) -> int:
        return len(arrivals)


class Broker:
    """Gives one record, then nothing; in between, a rebalance may give its partition to somebody else."""

    assigned: ClassVar[set[TopicPartition]]
    committed: ClassVar[list[Mapping[TopicPartition, int]]]

    def __init__(self, *_: object, **__: object) -> None:
        self.polls = [{PLACE: [RECORD]}, {}]

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def getmany(self, **_: object) -> Mapping[Any, Any]:
        if not self.polls:
            raise asyncio.CancelledError
        return self.polls.pop(0)

    def assignment(self) -> set[TopicPartition]:
        return self.assigned

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        commit_structure_validate(offsets)
        self.committed.append(offsets)


async def read(monkeypatch: pytest.MonkeyPatch, assigned: set[TopicPartition]) -> list[Any]:
    Broker.assigned, Broker.committed = assigned, []
    monkeypatch.setattr(consumer, "AIOKafkaConsumer", Broker)
    wakeup = Wakeup("postgresql://nowhere", "billing")
    reading = consumer.Consumer("kafka:9092", "billing", {PLACE.topic}, Kept(), wakeup)  # type: ignore[arg-type]  # all it asks of an inbox
    with pytest.raises(asyncio.CancelledError):
        await reading.run()
    return Broker.committed


async def test_what_was_kept_is_told_to_kafka(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await read(monkeypatch, {PLACE}) == [{PLACE: 42}]


async def test_partitions_that_went_to_another_worker_are_not_committed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert await read(monkeypatch, set()) == []
