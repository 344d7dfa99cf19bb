"""Where on Kafka to begin and to end, asked for by time: what was compacted or has expired is nowhere counted on."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from shared.settings import kafka_client

MARGIN = timedelta(minutes=10)
"""By how much the clocks of database, worker and broker may differ: more is compared then, never less."""


async def partitions(bootstrap: str, topics: Collection[str]) -> list[TopicPartition]:
    """Of those topics that exist: to ask for one by name might create it."""
    admin = AIOKafkaAdminClient(**kafka_client(bootstrap))
    try:
        await admin.start()
        there = sorted(set(topics).intersection(await admin.list_topics()))
        described = await admin.describe_topics(there) if there else []
    finally:
        await admin.close()
    return [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        for partition in topic["partitions"]
    ]


async def seek(
    consumer: AIOKafkaConsumer, places: Sequence[TopicPartition], at: datetime | None
) -> dict[TopicPartition, int]:
    """Stand before the first record that was sent after `at`; where there are any, and where they end now."""
    consumer.assign(places)
    first = await consumer.beginning_offsets(places)
    ends = await consumer.end_offsets(places)
    if at:
        since = int((at - MARGIN).timestamp() * 1_000)
        found = await consumer.offsets_for_times(dict.fromkeys(places, since))
        first = {place: found[place].offset if found[place] else ends[place] for place in places}
    for place in places:
        consumer.seek(place, first[place])
    return {place: end for place, end in ends.items() if first[place] < end}
