"""What every tier shares: real servers, a fresh database for each test, and no network where none belongs."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from deploy.local.postgres import APPLICATION
from tests import stack
from tests.cases import cases

# Machines that build are slow and shared: how long an example took says nothing about the code.
settings.register_profile("tessera", deadline=None, max_examples=cases(100))
settings.load_profile("tessera")

TESTS = Path(__file__).parent
WITHOUT_NETWORK = (TESTS / "unit", TESTS / "architecture")
WHOLE_STACK = ("tests/e2e", "tests/faults")

ROLE_IF_MISSING = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} LOGIN PASSWORD '{password}';
    END IF;
END $$
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Decisions are pure, so a unit test that opens a socket is wrong; other tiers reach loopback only (addopts)."""
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in WITHOUT_NETWORK):
            item.add_marker(pytest.mark.disable_socket)


class _Scheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """What shares a whole stack stays in one process; everything else goes file by file to whoever is free."""

    def _split_scope(self, nodeid: str) -> str:
        folders = (folder for folder in WHOLE_STACK if nodeid.startswith(folder))
        return next(folders, super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> _Scheduling:
    """How a run is shared out between processes (`-n`)."""
    return _Scheduling(config, log)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The superuser's URL of the run's Postgres, which also knows the role that services have."""
    with stack.postgres_url() as url:
        _execute(url, ROLE_IF_MISSING.format(role=APPLICATION, password=urlsplit(url).password))
        yield url


@pytest.fixture
def database_url(postgres_server: str) -> Iterator[str]:
    """An empty database of this test alone, owned by the services' role: no superuser, as in every stack."""
    name = f"test_{secrets.token_hex(6)}"
    server = urlsplit(postgres_server)
    _execute(postgres_server, f"CREATE DATABASE {name} OWNER {APPLICATION}")
    yield f"postgresql://{APPLICATION}:{server.password}@{server.hostname}:{server.port}/{name}"
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def kafka() -> Iterator[str]:
    """The bootstrap server of the run's broker; tests that share it make topics of their own."""
    with stack.kafka_bootstrap() as bootstrap:
        yield bootstrap


@pytest.fixture(scope="session", autouse=True)
def _clean_state() -> Iterator[None]:
    """Leave nothing on disk."""
    yield
    stack.discard_run()


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
