"""Analytics packs what it heard of a person when membership asks for it."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from services.analytics.app import blueprint_of
from services.analytics.settings import Settings
from shared.contracts.membership_member import MemberJoined
from tests.integration.analytics.test_exits import community, created, on
from tests.integration.analytics.test_own_data import ada
from tests.integration.bundles import Asked
from tests.integration.events.house import House, Json, running, settings_of


@pytest.fixture
async def house(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = settings_of(Settings, database_url, files_folder=tmp_path)
    async with running(blueprint_of(settings)) as service:
        yield service


async def test_a_part_is_what_was_heard_of_the_person_alone(house: House, tmp_path: Path) -> None:
    here: Json = {"community_id": community, "occurred_at": on(2)}
    await house.hear(
        created(community),
        MemberJoined(**here, person_id=ada.person_id),
        MemberJoined(**here, person_id=uuid4()),
    )
    asked = Asked(tmp_path, community, ada.person_id)
    await house.hear(asked.contract())
    await house.quiet()
    document = asked.document("analytics")
    assert [one["type"] for one in document["heard"]] == [
        "io.tessera.membership.MemberJoined",
        "io.tessera.membership.BundleAsked",
    ]
    assert document["heard"][0]["data"]["person_id"] == str(ada.person_id)
