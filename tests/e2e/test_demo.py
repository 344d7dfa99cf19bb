"""The year that `make demo` plays: every figure in it is checked by itself, and what it points at exists."""

import asyncio

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer

from deploy.local import postgres
from deploy.local.keys import Keys
from deploy.local.settings import HOST, Settings
from tests.e2e.demo import Teller, Year
from tests.e2e.story import World


@pytest.mark.timeout(300)
def test_a_year_of_a_choir_adds_up(world: World, whole: Settings) -> None:
    teller = Teller(world)
    year = Year(world, teller)
    year.play()
    year.ines.end_all()
    assert teller.checks > 40
    assert set(teller.topics) - asyncio.run(_topics(whole)) == set()
    assert {table for table in teller.tables if not _is_there(whole, table)} == set()


async def _topics(whole: Settings) -> set[str]:
    async with AIOKafkaConsumer(bootstrap_servers=f"{HOST}:{whole.ports['kafka']}") as consumer:
        return set(await consumer.topics())


def _is_there(whole: Settings, table: str) -> bool:
    password = Keys.of(whole.state).database_password
    port = whole.ports["postgres"]
    url = postgres.url(port, postgres.SUPERUSER, password, postgres.APPLICATION)
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT to_regclass(%s)", [table]).fetchone() != (None,)
