"""From the release before the last migration to this one, back, and forward again, while people join and pay."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from deploy.local import programs
from deploy.local.keys import Keys
from deploy.local.settings import HOST, ROOT, SERVICES
from tests.cluster.load import Load
from tests.cluster.releases import before_the_last_migration, unpack
from tests.e2e.conftest import Cast, own_stack
from tests.e2e.story import World, offer
from tests.faults.checker import wrongs
from tests.faults.conftest import RUNS, Victim


class Releases:
    """A stack whose services run the code of one folder or another."""

    def __init__(self, victim: Victim) -> None:
        self._victim = victim

    def migrate(self, code: Path) -> None:
        """Bring the schemas to what this code needs; whatever serves goes on."""
        for name in SERVICES:
            told = self._of(name, code).environment
            command = programs.command(name, "migrate")
            self._victim.processes.run(f"{name}-migrate", command, told)

    def applied(self) -> set[str]:
        """What has been done to the schemas."""
        url = self._victim.environment("billing")["TESSERA_DATABASE_URL"]
        with psycopg.connect(url) as connection:
            return {
                f"{name}/{migration}"
                for name in SERVICES
                for (migration,) in connection.execute(
                    sql.SQL("SELECT name FROM {}.migrations").format(sql.Identifier(name))
                )
            }

    def run(self, code: Path, *services: str) -> None:
        """Have these services run this code, one process after the other."""
        for name in services:
            for program in self._of(name, code).processes:
                self._victim.processes.ensure(program)

    def _of(self, name: str, code: Path) -> programs.Service:
        keys = Keys.of(self._victim.settings.state)
        service = programs.service(self._victim.settings, keys, name)
        imported_from = {"PYTHONSAFEPATH": "1", "PYTHONPATH": str(code)}
        return replace(
            service,
            environment={**service.environment, **imported_from},
            processes=[
                replace(program, environment={**program.environment, **imported_from})
                for program in service.processes
            ],
        )


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code that the last migration was written after."""
    commit = before_the_last_migration()
    if not commit:
        pytest.skip("The history that holds the release before is not here.")
    folder = tmp_path_factory.mktemp("before")
    unpack(commit, folder, "services", "shared")
    return folder


@pytest.fixture
def victim() -> Iterator[Victim]:
    with own_stack(RUNS) as stack:
        stack.up(services=())
        yield Victim(stack)


@pytest.fixture
def world(victim: Victim, before: Path) -> Iterator[World]:
    """Whoever begins, begins in the release before."""
    releases = Releases(victim)
    releases.migrate(before)
    releases.run(before, *SERVICES)
    processor = f"http://{HOST}:{victim.settings.ports['stripe']}"
    with World(victim.settings.origin, processor) as opened:
        yield opened


@pytest.mark.timeout(600)
def test_releases_change_under_load_and_back_and_nothing_is_lost(
    victim: Victim, cast: Cast, before: Path
) -> None:
    releases = Releases(victim)

    def somebody_comes(name: str) -> None:
        cast.member(name).buy(offer(cast.monthly))

    with Load(cast.world, cast.organiser, retry=True) as load:
        somebody_comes("Ada Old")
        applied = releases.applied()
        releases.migrate(ROOT)
        assert applied < releases.applied()
        somebody_comes("Bob Migrated")
        releases.run(ROOT, "billing", "analytics")
        somebody_comes("Carla Between")
        releases.run(ROOT, *SERVICES)
        somebody_comes("Dan New")
        releases.run(before, "events", "membership")
        somebody_comes("Eva Between")
        releases.run(before, *SERVICES)
        somebody_comes("Fay Back")
        releases.run(ROOT, *SERVICES)
        somebody_comes("Gil Again")
    assert load.answered
    assert not load.lost
    load.check()
    figures = cast.organiser.figures()
    assert (figures.members, figures.gross["subscription"]) == (7, 7 * 1200)
    assert wrongs(victim, rebuilding=True) == []
