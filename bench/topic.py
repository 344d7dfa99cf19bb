"""What the questions about Kafka share: the topic that payments are told on, its ends, and a bare producer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import DefaultPartitioner

from bench import till
from shared.envelope import Record
from shared.relay import MAX_BATCH_BYTES, PARTITIONS

TOPIC = till.PAID.to.topic
TPS = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]


@asynccontextmanager
async def consuming(
    bootstrap: str, *topics: str, **options: Any
) -> AsyncIterator[AIOKafkaConsumer]:
    """A bare consumer."""
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap, enable_auto_commit=False, **options
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


@asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[AIOKafkaProducer]:
    """A bare producer with the settings of the relay's, told of the topic."""
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        acks="all",
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=MAX_BATCH_BYTES,
    )
    await producer.start()
    try:
        await producer.partitions_for(TOPIC)
        yield producer
    finally:
        await producer.stop()


async def ends(bootstrap: str) -> dict[TopicPartition, int]:
    """Where each partition ends."""
    async with consuming(bootstrap) as consumer:
        found: dict[TopicPartition, int] = await consumer.end_offsets(TPS)
        return found


async def send_batches(producer: AIOKafkaProducer, records: Sequence[Record]) -> None:
    """All of them, in batches as full as they may be."""
    choose, numbers = DefaultPartitioner(), list(range(PARTITIONS))
    sent = []
    batches: dict[int, Any] = {}
    for record in records:
        partition = choose(record.key, numbers, numbers)
        batch = batches.get(partition)
        if batch is None or not _added(batch, record):
            if batch is not None:
                sent.append(await producer.send_batch(batch, TOPIC, partition=partition))
            batch = batches[partition] = producer.create_batch()
            _added(batch, record)
    for partition, batch in batches.items():
        sent.append(await producer.send_batch(batch, TOPIC, partition=partition))
    await asyncio.gather(*sent)


def _added(batch: Any, record: Record) -> bool:
    added = batch.append(timestamp=None, key=record.key, value=record.value, headers=record.headers)
    return added is not None
