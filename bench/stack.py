"""The servers of one question: a Postgres and a Kafka of its own, on loopback, gone when it is answered."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from deploy.local import postgres, programs
from deploy.local.keys import Keys, public
from deploy.local.processes import Processes, Program, accepts
from deploy.local.settings import HOST, OFFSETS, ROOT, SERVICES, Settings, free_port
from shared import settings as kernel
from shared.projection import EVERY_TENANT, TENANT_SETTING

RUNS = ROOT / ".tessera" / "bench"


class Stack:
    """What runs for one question. Parts start when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.settings = Settings(
            state=folder,
            cache=Settings.from_environment().cache,
            ports={name: free_port() for name in OFFSETS},
        )
        self._keys = Keys.of(folder)
        programs.know_paypal(self.settings, self._keys)
        self._processes = Processes(folder)
        self._parts = {
            part.name: part for part in programs.parts(self.settings, self._keys, self._processes)
        }

    @property
    def keys(self) -> Keys:
        """The secrets of this stack."""
        return self._keys

    @property
    def kafka(self) -> str:
        """The bootstrap server."""
        self.start(self._parts["kafka"])
        return f"{HOST}:{self.settings.ports['kafka']}"

    @property
    def database_url(self) -> str:
        """The services' database, as their role sees it."""
        return self._url(postgres.APPLICATION, postgres.APPLICATION)

    @property
    def superuser_url(self) -> str:
        """The same database, for what only a superuser may do."""
        return self._url(postgres.SUPERUSER, postgres.APPLICATION)

    async def database(self, name: str) -> str:
        """Another database, empty."""
        server = self._url(postgres.SUPERUSER, postgres.SUPERUSER)
        await execute(server, f"CREATE DATABASE {name} OWNER {postgres.APPLICATION}")
        return self._url(postgres.APPLICATION, name)

    def configure_postgres(self, **options: str) -> None:
        """Have it run with more options than every stack has; before it is first asked for."""
        part = self._parts["postgres"]
        more = [f"--{name}={value}" for name, value in options.items()]
        self._parts["postgres"] = replace(part, arguments=[*part.arguments, *more])

    def told(self, name: str, **more: str) -> dict[str, str]:
        """The environment of a service, as production sets it: the clock is real."""
        known = name if name in SERVICES else "billing"
        told = programs.environment(self.settings, self._keys, known)
        told |= {"TESSERA_KAFKA": self.kafka, "TESSERA_DATABASE_URL": self.database_url}
        return told | {"TESSERA_CLOCK": "real"} | more

    def read(self, service: str, **more: str) -> dict[str, str]:
        """The same as a process of ours would read it, by the names of the settings."""
        told = self.told(service, **more).items()
        return {name.removeprefix("TESSERA_").lower(): value for name, value in told}

    def kernel_settings(self, *, kafka: bool = False, **more: object) -> kernel.Settings:
        """The settings of a service that is opened in this process."""
        told: dict[str, object] = {
            "database_url": self.database_url,
            "kafka": self.kafka if kafka else f"{HOST}:1",
            "kafka_replication": 1,
            "secret": self._keys.service_secrets["billing"],
            "kek": self._keys.key_encryption_keys["billing"],
            "token_keys": public(self._keys.token_key),
        }
        return kernel.Settings.model_validate(told | more)

    def start_parts(self, *names: str) -> None:
        """Have more parts run than the two stores."""
        for name in names:
            self.start(self._parts[name])

    def migrate(self, service: str, **more: str) -> None:
        """Bring its schema and its topics to what it needs."""
        told = self.told(service, **more)
        self._processes.run(f"{service}-migrate", [*_command(service), "migrate"], told)

    def api(self, service: str, **more: str) -> psutil.Process:
        """Have it serve HTTP at its port."""
        told, port = self.told(service, **more), self.settings.ports[service]
        return self.launch(f"{service}-api", [*_command(service), "api"], told, port)

    def worker(self, service: str, number: int = 1, **more: str) -> psutil.Process:
        """Have it run its loops; one of several, where there are more."""
        port = free_port()
        told = self.told(service, TESSERA_ADMIN_PORT=str(port), **more)
        command = [*_command(service), "worker"]
        return self.launch(worker_name(service, number), command, told, port)

    def launch(
        self, name: str, arguments: Sequence[str], told: Mapping[str, str], port: int
    ) -> psutil.Process:
        """Start a server and wait until it listens at `port`."""
        program = Program(
            name=name, arguments=arguments, environment=told, ready=lambda: accepts(port)
        )
        return self.start(program)

    def start(self, program: Program) -> psutil.Process:
        """Have it run."""
        self._processes.ensure(program)
        record = self._processes.running(program.name)
        assert record is not None, f"{program.name} ended by itself"
        return psutil.Process(record.pid)

    def stop(self, name: str) -> None:
        """End it in order."""
        self._processes.stop(name)

    def kill(self, name: str) -> None:
        """End it as a crash does."""
        self._processes.kill(name)

    def down(self) -> None:
        """End all that was started, the stores last, and leave nothing on disk."""
        names = self._processes.names()
        for name in sorted(names, key=lambda name: name in self._parts):
            self._processes.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _url(self, user: str, database: str) -> str:
        self.start(self._parts["postgres"])
        port, password = self.settings.ports["postgres"], self._keys.database_password
        return postgres.url(port, user, password, database)


def worker_name(service: str, number: int = 1) -> str:
    """What the process is known as here."""
    return f"{service}-worker-{number}"


def _command(service: str) -> list[str]:
    package = f"services.{service}" if service in SERVICES else f"bench.{service}"
    return [sys.executable, "-m", package]


@contextmanager
def running(name: str) -> Iterator[Stack]:
    """A stack of one's own; what killed runs have left behind is cleared up first."""
    RUNS.mkdir(parents=True, exist_ok=True)
    for folder in RUNS.iterdir():
        if not psutil.pid_exists(int(folder.name.partition("-")[0])):
            Stack(folder).down()
    stack = Stack(RUNS / f"{os.getpid()}-{name}")
    try:
        yield stack
    finally:
        stack.down()


async def query(url: str, statement: str, *parameters: object) -> tuple[Any, ...]:
    """The one row a statement gives, over a connection of its own."""
    connection = await asyncpg.connect(url, server_settings={TENANT_SETTING: EVERY_TENANT})
    row = await connection.fetchrow(statement, *parameters)
    await connection.close()
    return tuple(row or ())


async def execute(url: str, statements: str) -> None:
    """Statements that give nothing, over a connection of their own."""
    connection = await asyncpg.connect(url)
    await connection.execute(statements)
    await connection.close()
