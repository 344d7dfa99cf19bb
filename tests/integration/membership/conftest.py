from collections.abc import AsyncIterator

import pytest

from tests.integration.membership.house import House, running


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running(database_url) as service:
        yield service
