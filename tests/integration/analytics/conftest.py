from collections.abc import AsyncIterator

import pytest

from services.analytics.app import blueprint_of
from services.analytics.settings import Settings
from tests.integration.events.house import House, running, settings_of


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running(blueprint_of(settings_of(Settings, database_url))) as service:
        yield service
