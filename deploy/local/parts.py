"""A private Postgres and a private Kafka for a test run: on free ports, in a folder that may be thrown away."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local import kafka, postgres
from deploy.local.processes import Processes, Program
from deploy.local.settings import HOST, Settings, free_port


class Server:
    """One such server; a fault test may kill it and start it again over the same data."""

    def __init__(self, program: Program, processes: Processes, address: str) -> None:
        self.address = address
        self._program = program
        self._processes = processes

    def start(self) -> None:
        """Run it and wait until it is ready."""
        self._processes.ensure(self._program)

    def kill(self) -> None:
        """End it as a crash does."""
        self._processes.kill(self._program.name)

    def stop(self) -> None:
        """End it in order."""
        self._processes.stop(self._program.name)


def postgres_server(folder: Path) -> Server:
    """A Postgres whose address is the superuser's, in the database `postgres`; its data need outlive no machine."""
    processes, port, password = Processes(folder), free_port(), secrets.token_hex(16)
    program = postgres.program(
        folder / "postgres", port, password, processes, leash=True, flush=False
    )
    address = postgres.url(port, postgres.SUPERUSER, password, postgres.SUPERUSER)
    return Server(program, processes, address)


def kafka_server(folder: Path) -> Server:
    """A broker whose address is its bootstrap server."""
    processes, port, cache = Processes(folder), free_port(), Settings.from_environment().cache
    program = kafka.program(folder / "kafka", (port, free_port()), cache, processes, brief=True)
    return Server(program, processes, f"{HOST}:{port}")


@contextmanager
def running(server: Server) -> Iterator[str]:
    """Its address, for as long as the block lasts."""
    try:
        server.start()
        yield server.address
    finally:
        server.stop()


@contextmanager
def running_postgres(folder: Path) -> Iterator[str]:
    """The superuser's URL of a fresh Postgres."""
    with running(postgres_server(folder)) as url:
        yield url


@contextmanager
def running_kafka(folder: Path) -> Iterator[str]:
    """The bootstrap server of a fresh broker."""
    with running(kafka_server(folder)) as bootstrap:
        yield bootstrap
