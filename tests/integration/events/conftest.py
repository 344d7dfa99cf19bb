from collections.abc import AsyncIterator

import pytest

from services.events.app import blueprint_of
from services.events.settings import Settings
from tests.integration.events.house import House, key_pair, running, settings_of

QUOTE_KEY, _ = key_pair("spring")


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    settings = settings_of(Settings, database_url, quote_key=QUOTE_KEY)
    async with running(blueprint_of(settings)) as service:
        yield service
