"""The whole database is lost, an older backup put in its place, and the runbook followed word by word."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from deploy.local import postgres, programs
from deploy.local.keys import Keys
from deploy.local.processes import inherited
from deploy.local.settings import HOST, ROOT, SERVICES
from deploy.local.trouble import Trouble
from tests.e2e.conftest import Cast, own_stack
from tests.e2e.story import Member, eventually, offer
from tests.faults.conftest import RUNS, Victim

CHECK = ROOT / "deploy" / "k8s" / "drills" / "restore" / "check.sql"
ADVICE = re.compile(r"python -m services\.(\w+) advance-position (\d+)")
SETTLING_SECONDS = 10
FOUND = re.compile(r"\||^[0-9a-f-]{36}$", re.MULTILINE)
"""What the drill's Job takes for a row, and so for a failure."""


@pytest.fixture
def victim() -> Iterator[Victim]:
    with own_stack(RUNS) as stack:
        yield Victim(stack)


@pytest.mark.timeout(600)
def test_an_older_backup_is_lived_with_when_the_runbook_is_followed(
    victim: Victim, cast: Cast, tmp_path: Path
) -> None:
    def somebody_comes(name: str) -> Member:
        member = cast.member(name)
        member.buy(offer(cast.monthly))
        cast.world.settle()
        return member

    ada = somebody_comes("Ada Kept")
    cast.organiser.erase(somebody_comes("Bob Erased").person_id)
    eve = somebody_comes("Eve Erased After")
    cast.world.settle()
    _back_up(victim, tmp_path / "backup")
    carla = somebody_comes("Carla Lost")
    cast.organiser.erase(eve.person_id)
    cast.world.settle()
    _lose_and_restore(victim, tmp_path / "backup")

    advised = _what_workers_say(victim)
    assert {"membership", "billing"} <= advised.keys()
    lacking = {service: _lacking(victim, service) for service in SERVICES}
    assert {service for service, events in lacking.items() if events} == advised.keys()
    joined = [e for e in lacking["membership"] if e["type"].endswith(".MemberJoined")]
    assert [event["stream_id"] for event in joined] == [str(carla.person_id)]
    assert {e["erased"] for events in lacking.values() for e in events} == {
        str(eve.person_id),
        None,
    }
    for service, position in advised.items():
        victim.stack.run(service, ["advance-position", str(position)])
    victim.heal()
    for service in SERVICES:
        assert not FOUND.search(_drill(victim, service))

    assert ada.subscriptions()
    # Her last command is gone, and with it the place that her client would have others wait for.
    cast.organiser._position = None
    # Who is lost may be counted all the same, where her events are heard from Kafka: the runbook's seventh step.
    members = cast.organiser.figures().members
    cast.member("Dan After").buy(offer(cast.monthly))
    eventually(lambda: cast.organiser.figures().members == members + 1)
    cast.organiser.erase(eve.person_id)
    eventually(lambda: not cast.organiser.erasure_of(eve.person_id)["waiting_for"])


def _postgres_tool(name: str, victim: Victim, *words: str) -> str:
    keys = Keys.of(victim.settings.state)
    told = {"PGPASSWORD": keys.database_password, "PGUSER": postgres.SUPERUSER, "PGHOST": HOST}
    command = [str(postgres.binary(name)), f"--port={victim.settings.ports['postgres']}", *words]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout


def _back_up(victim: Victim, folder: Path) -> None:
    _postgres_tool("pg_basebackup", victim, f"--pgdata={folder}", "--checkpoint=fast")


def _lose_and_restore(victim: Victim, backup: Path) -> None:
    """With every service down, as the runbook's first step has it."""
    for service in SERVICES:
        for role in ("worker", "api"):
            victim.processes.stop(f"{service}-{role}")
    victim.processes.stop("postgres")
    data = victim.settings.state / "postgres" / "data"
    owner = data.stat()
    shutil.rmtree(data)
    shutil.move(backup, data)
    for path in (data, *data.rglob("*")):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    data.chmod(0o700)


def _what_workers_say(victim: Victim) -> dict[str, int]:
    """The highest position that the log of each worker names, once those that have to stop have stopped."""
    victim.processes.start(victim.program("postgres"))
    advised: dict[str, int] = {}
    for service in SERVICES:
        worker = victim.program(f"{service}-worker")
        with suppress(Trouble):  # it may end before it was ever ready
            victim.processes.start(worker)
    time.sleep(SETTLING_SECONDS)
    for service in SERVICES:
        text = victim.processes.log(f"{service}-worker").read_text()
        for named, position in ADVICE.findall(text):
            assert named == service
            advised[service] = max(advised.get(service, 0), int(position))
            assert not victim.processes.running(f"{service}-worker")
    return advised


def _lacking(victim: Victim, service: str) -> list[dict[str, Any]]:
    """What the runbook's second step lists."""
    told = inherited() | dict(victim.environment(service))
    command = programs.command(service, "lacking", "--json")
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == (1 if events else 0), done.stderr
    return events


def _drill(victim: Victim, service: str) -> str:
    told = [f"--set=service={service}", "--set=ON_ERROR_STOP=1", f"--file={CHECK}"]
    database = f"--dbname={postgres.APPLICATION}"
    return _postgres_tool("psql", victim, database, *told, "--no-align", "--tuples-only")
