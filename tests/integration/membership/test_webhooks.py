"""Webhooks from the inbox to a real receiver: in order, signed, tried again, given up, sent again."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from shared.clock import real_now
from shared.contracts.membership_community import StaffRoleGranted
from shared.ids import random_id
from shared.testing import eventually
from tests.integration.membership.house import House, Json, running
from tests.integration.membership.receiver import Receiver, listening

EVERYTHING: list[str] = []


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running(database_url, webhooks_to_loopback=True) as service:
        yield service


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening() as tool:
        yield tool


async def register(house: House, token: str, url: str, *types: str, **more: Any) -> Json:
    body = {"url": url, "event_types": list(types)}
    return await house.call("POST", "/webhook-endpoints", body, token=token, **more)


def role_granted(community_id: str, number: int = 1) -> StaffRoleGranted:
    return StaffRoleGranted(
        community_id=UUID(community_id),
        occurred_at=real_now(),
        account_id=random_id(),
        role="moderator",
        roles_version=number,
    )


async def test_what_others_publish_reaches_the_endpoint_as_it_was_published(
    house: House, receiver: Receiver
) -> None:
    community_id, owner = await house.community("olga@example.com")
    endpoint = await register(house, owner, receiver.url, expect=201)
    await house.hear(role_granted(community_id))
    await eventually(lambda: count(receiver, 1))
    (received,) = receiver.seen
    stored = await house.service.pool.fetchrow("SELECT event_id, value::text AS value FROM inbox")
    assert stored is not None
    assert received.body.decode() == stored["value"]
    assert received.event_id == str(stored["event_id"])
    assert received.is_signed_with(endpoint["secret"])
    assert received.target == "/hook?tool=crm"
    assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"


async def count(receiver: Receiver, number: int) -> bool:
    return len(receiver.seen) >= number
