"""Billing packs what it keeps of a payer, and what the processor told of it, when membership asks for it."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.billing.app import blueprint_of
from shared.testing import eventually
from tests.integration.billing.shop import (
    Shop,
    ada,
    bob,
    closing,
    community,
    reported_to,
    settings_for,
)
from tests.integration.billing.test_own_data import of_type, taken
from tests.integration.bundles import Asked
from tests.integration.events.house import running


@pytest.fixture
async def shop(database_url: str, stripe_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    plan = blueprint_of(settings_for(database_url, stripe_url, files_folder=tmp_path))
    async with closing(plan), running(plan) as house, reported_to(house.service, stripe_url):
        yield Shop(house, stripe_url)


async def test_a_part_is_what_was_bought_paid_and_reported(shop: Shop, tmp_path: Path) -> None:
    await shop.opens()
    offer_id = await shop.offer()
    await shop.buys({"offer_id": offer_id})
    await shop.buys({"offer_id": offer_id}, who=bob)
    await eventually(lambda: taken(shop, ada), lambda seen: bool(seen["heard"]))
    asked = Asked(tmp_path, community, ada.person_id)
    await shop.house.hear(asked.contract())
    await shop.house.quiet()
    document = asked.document("billing")
    (paid,) = of_type(document, "PaymentSucceeded")
    assert paid["data"]["charge"]["person_id"] == str(ada.person_id)
    assert of_type(document, "payment_intent.succeeded", "heard")
    assert str(bob.person_id) not in json.dumps(document)
