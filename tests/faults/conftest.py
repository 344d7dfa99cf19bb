"""A whole stack of this run's own, whose processes the tests may kill."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from deploy.local import programs
from deploy.local.keys import Keys
from deploy.local.processes import Program
from deploy.local.settings import HOST, ROOT, SERVICES
from deploy.local.stack import Stack
from tests.e2e.conftest import Cast, own_stack
from tests.e2e.story import World

RUNS = ROOT / ".tessera" / "faults"


class Victim:
    """The stack as its murderer meets it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.settings = stack.settings
        self.processes = stack.processes

    def kill(self, name: str) -> None:
        """SIGKILL: no goodbye, no flush."""
        self.processes.kill(name)

    def heal(self) -> None:
        """Start whatever does not run."""
        self.stack.up()

    def doom(self, name: str, point: str) -> None:
        """Start a process again so that it dies by itself when it comes to `point`."""
        program = self.program(name)
        self.processes.stop(name)
        self.processes.start(
            replace(program, environment={**program.environment, "TESSERA_CRASH_AT": point})
        )

    def wait_for_death(self, name: str, *, within: float = 90.0) -> None:
        """Until the process is gone; otherwise the point was never reached, and the test proves nothing."""
        deadline = time.monotonic() + within
        while self.processes.running(name):
            assert time.monotonic() < deadline, f"{name} never came to its point"
            time.sleep(0.05)

    def environment(self, service: str) -> Mapping[str, str]:
        """What a service is told: where the database and the broker are."""
        return programs.environment(self.settings, Keys.of(self.settings.state), service)

    def program(self, name: str) -> Program:
        """A process of the stack as it is started, whether it runs or not."""
        keys = Keys.of(self.settings.state)
        found = [
            *programs.parts(self.settings, keys, self.processes),
            *(
                process
                for service in SERVICES
                for process in programs.service(self.settings, keys, service).processes
            ),
        ]
        return next(program for program in found if program.name == name)


@pytest.fixture(scope="session")
def victim() -> Iterator[Victim]:
    with own_stack(RUNS) as stack:
        made = Victim(stack)
        made.heal()
        yield made
    for child in made.processes._children.values():
        child.wait(timeout=10)


@pytest.fixture
def world(victim: Victim) -> Iterator[World]:
    victim.heal()
    with World(
        victim.settings.origin, f"http://{HOST}:{victim.settings.ports['stripe']}"
    ) as opened:
        yield opened


@pytest.fixture
def cast(world: World) -> Cast:
    return Cast(world)
