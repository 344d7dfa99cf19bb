"""Membership hears itself as everybody else does: through a real broker, and tells it on as it came."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import relay, worker
from shared.testing import eventually
from tests.integration.membership.house import House, running
from tests.integration.membership.receiver import listening

TOPIC = "tessera.membership.member.v1"


@pytest.fixture
async def house(database_url: str, kafka: str) -> AsyncIterator[House]:
    async with running(database_url, webhooks_to_loopback=True, kafka=kafka) as house:
        plan = house.service.blueprint
        topics = plan.topics_out() | {contract.topic for contract in plan.heard()}
        await relay.ensure_topics(kafka, sorted(topics))
        loops = worker.loops(house.service, worker.Health())
        turning = [asyncio.ensure_future(loops[name]()) for name in ("relay", "inbox")]
        try:
            yield house
        finally:
            for loop in turning:
                loop.cancel()
            await asyncio.gather(*turning, return_exceptions=True)


async def on_kafka(bootstrap: str) -> dict[str, bytes]:
    """The values of the topic by event id."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        consumer.assign([TopicPartition(TOPIC, partition) for partition in range(relay.PARTITIONS)])
        polled = await consumer.getmany(timeout_ms=3_000)
        return {
            dict(record.headers)["ce_id"].decode(): record.value
            for records in polled.values()
            for record in records
        }
    finally:
        await consumer.stop()


async def test_who_joins_is_told_byte_for_byte_as_on_kafka(house: House, kafka: str) -> None:
    async with listening() as receiver:
        community_id, owner = await house.community("olga@example.com")
        body = {"url": receiver.url, "event_types": ["io.tessera.membership.MemberJoined"]}
        await house.call("POST", "/webhook-endpoints", body, token=owner)
        ada, _ = await house.join("ada@example.com", community_id, "Ada Lovelace")

        async def seen() -> int:
            return len(receiver.seen)

        await eventually(seen, within=60)
        (received,) = receiver.seen
        assert received.event["data"]["person_id"] == ada
        assert b"Ada" not in received.body
        assert (await on_kafka(kafka))[received.event_id] == received.body
