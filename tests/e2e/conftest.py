"""A whole stack of this run's own: real stores, the processor's double, four APIs, four workers, on free ports."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from deploy.local.settings import HOST, OFFSETS, ROOT, Settings, free_port
from deploy.local.stack import Stack
from tests.e2e.story import Community, Member, Organiser, World, eventually
from tests.e2e.traces import Traces, collected
from tests.e2e.vendors import Vendors, opened

RUNS = ROOT / ".tessera" / "e2e"


@pytest.fixture(scope="session")
def traces() -> Iterator[Traces]:
    """What the stack's processes export."""
    with collected() as kept:
        yield kept


@pytest.fixture(scope="session")
def vendors() -> Iterator[Vendors]:
    """A Discord and a WhatsApp of the stack's own."""
    with opened() as kept:
        yield kept


@pytest.fixture(scope="session")
def whole(traces: Traces, vendors: Vendors) -> Iterator[Settings]:
    """Where everything of the stack is; afterwards it is ended, process by process, and forgotten."""
    with own_stack(RUNS, traces.endpoint, vendors.told) as stack:
        stack.up()
        yield stack.settings


@contextmanager
def own_stack(
    runs: Path, traces: str | None = None, vendors: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """A stack that lasts as long as the block; first, what runs that were killed left behind is ended."""
    for left in runs.glob("*"):
        if not psutil.pid_exists(int(left.name)):
            _end(_stack(left, {}))
    stack = _stack(
        runs / str(os.getpid()), {name: free_port() for name in OFFSETS}, traces, vendors
    )
    try:
        yield stack
    finally:
        _end(stack)


@pytest.fixture
def world(whole: Settings) -> Iterator[World]:
    """The stack as its users meet it."""
    with World(whole.origin, f"http://{HOST}:{whole.ports['stripe']}") as opened:
        yield opened


class Cast:
    """A community of this test alone, and whoever the test names; names are never twice in one run."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tag = secrets.token_hex(4)
        self.organiser = Organiser(world, "Ines Duarte", f"ines.{self.tag}@example.org")
        self.organiser.sign_in()
        self.community: Community = self.organiser.open_community(
            "Harbour Choir", f"harbour-choir-{self.tag}"
        )
        self.friends = self.organiser.define_tier("Friends", paid=False)
        self.singers = self.organiser.define_tier("Singers", paid=True)
        self.monthly = self.organiser.publish_offer("Singer", 1200, "month", tier=self.singers)
        offers = f"/api/billing/v1/public/communities/{self.community.id}/offers"
        eventually(
            lambda: self.organiser.get(offers)["items"],
            lambda items: [one["sellable"] for one in items] == [True],
        )

    def member(self, name: str) -> Member:
        """Somebody who has joined."""
        member = Member(
            self.world, name, f"{name.split(maxsplit=1)[0].lower()}.{self.tag}@example.org"
        )
        member.join(self.community)
        return member


@pytest.fixture
def cast(world: World) -> Iterator[Cast]:
    """A choir with two tiers and a monthly offer; what runs at the end is ended, so that the clock has less to do."""
    made = Cast(world)
    yield made
    made.organiser.end_all()


def _stack(
    state: Path,
    ports: dict[str, int],
    traces: str | None = None,
    vendors: Mapping[str, str] | None = None,
) -> Stack:
    cache = Settings.from_environment().cache
    return Stack(
        Settings(state=state, cache=cache, ports=ports, traces=traces, vendors=vendors or {})
    )


def _end(stack: Stack) -> None:
    stack.down()
    state = stack.settings.state
    shutil.rmtree(state, ignore_errors=True)
    if state.parent.exists() and not any(state.parent.iterdir()):
        state.parent.rmdir()
