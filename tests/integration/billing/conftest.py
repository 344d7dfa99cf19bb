"""A Stripe double that we did not write, as a process of its own."""

import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from signal import SIGTERM

import pytest

from deploy.local.processes import accepts, leashed
from deploy.local.settings import HOST, ROOT, free_port
from services.billing.app import blueprint_of
from tests.doubles.stripe import mock
from tests.integration.billing import stripe_there
from tests.integration.billing.shop import Shop, closing, reported_to, settings_for
from tests.integration.billing.stripe_there import There, Witnessed
from tests.integration.billing.till import Till, tilled
from tests.integration.events.house import running

PATIENCE_SECONDS = 20
HERE = Path(__file__).parent
SENT_AS_DATA = "ignore:Use 'content=:DeprecationWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The SDK hands httpx its bodies in a way that httpx is leaving behind; it is not ours to change."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.filterwarnings(SENT_AS_DATA))


@pytest.fixture(scope="session")
def stripe_url() -> Iterator[str]:
    """The address of a running localstripe, which has disputes."""
    with _process("tests.doubles.stripe_disputes") as url:
        yield url


@pytest.fixture(scope="session")
def localstripe_url() -> Iterator[str]:
    """The local stack's, in which no test has a hand."""
    with _process("deploy.local.stripe_double") as url:
        yield url


@pytest.fixture(scope="session")
def double_url() -> Iterator[str]:
    """Our own, in another process."""
    with _process("tests.doubles.stripe") as url:
        yield url


@pytest.fixture(scope="session")
def stripe_mock() -> Iterator[str | None]:
    """The address of Stripe's own stripe-mock, None on a machine that has not built it."""
    program = mock.program()
    with mock.running(program) if program else contextlib.nullcontext() as address:
        yield address


@contextlib.contextmanager
def _process(module: str) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", module, "--port", str(port)]
    double = subprocess.Popen(leashed(command, SIGTERM), cwd=ROOT)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not accepts(port):
        assert time.monotonic() < deadline, "localstripe does not start"
        time.sleep(0.05)
    yield f"http://{HOST}:{port}"
    double.terminate()
    double.wait(timeout=PATIENCE_SECONDS)


@pytest.fixture
async def shop(database_url: str, stripe_url: str) -> AsyncIterator[Shop]:
    """Billing, the double, and the double's reports on their way to billing."""
    plan = blueprint_of(settings_for(database_url, stripe_url))
    async with closing(plan), running(plan) as house, reported_to(house.service, stripe_url):
        yield Shop(house, stripe_url)


@pytest.fixture
async def there(stripe_mock: str | None) -> AsyncIterator[There]:
    """Our own double in this process, and stripe-mock to see all it is asked, where there is one."""
    async with stripe_there.ours(stripe_mock) as found:
        yield found


@pytest.fixture
async def witnessed_shop(database_url: str, there: There) -> AsyncIterator[Shop]:
    """Billing, and our own double's reports on their way to it."""
    plan = blueprint_of(settings_for(database_url, there.url))
    async with closing(plan), running(plan) as house, reported_to(house.service, there.url):
        yield Witnessed(house, there)


@pytest.fixture
async def till(database_url: str, stripe_url: str, tmp_path: Path) -> AsyncIterator[Till]:
    """The same, and a PayPal that the community has connected."""
    async with tilled(database_url, stripe_url, tmp_path) as till:
        yield till


@pytest.fixture
async def dying_till(
    database_url: str, stripe_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Till]:
    """The same, where two answers of one step at PayPal are never heard."""
    async with tilled(database_url, stripe_url, tmp_path, request.param) as till:
        yield till
