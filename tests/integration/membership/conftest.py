from collections.abc import AsyncIterator

import pytest

from tests.integration.membership.club import Club, gathered
from tests.integration.membership.house import House, running
from tests.integration.membership.mail_server import MailServer, listening


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running(database_url) as service:
        yield service


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with listening() as double:
        yield double


@pytest.fixture
async def club(database_url: str) -> AsyncIterator[Club]:
    async with gathered(database_url) as opened:
        yield opened
