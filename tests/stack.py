"""The real Postgres and the real Kafka of a test run: testcontainers where Docker answers, else local processes."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from deploy.local.engine import answers
from deploy.local.parts import running_kafka, running_postgres
from deploy.local.processes import Processes
from deploy.local.settings import HOST, ROOT, free_port

RUNS = ROOT / ".tessera" / "tests"


@contextmanager
def postgres_url() -> Iterator[str]:
    """The URL of a superuser in the database `postgres` of a server of our own."""
    with _postgres_container() if answers() else running_postgres(run_folder()) as url:
        yield url


@contextmanager
def kafka_bootstrap() -> Iterator[str]:
    """The bootstrap server of a broker of our own, which makes no topic by itself."""
    with _kafka_container() if answers() else running_kafka(run_folder()) as bootstrap:
        yield bootstrap


@cache
def run_folder() -> Path:
    """The folder of this run; the first call clears up after runs that were killed."""
    RUNS.mkdir(parents=True, exist_ok=True)
    for folder in RUNS.iterdir():
        if not psutil.pid_exists(int(folder.name)):
            _discard(folder)
    own = RUNS / str(os.getpid())
    own.mkdir(exist_ok=True)
    return own


def discard_run() -> None:
    """Leave nothing of this run on disk."""
    _discard(RUNS / str(os.getpid()))
    if RUNS.exists() and not any(RUNS.iterdir()):
        RUNS.rmdir()


def _discard(folder: Path) -> None:
    processes = Processes(folder)
    for name in processes.names():
        processes.stop(name)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres_container() -> Iterator[str]:
    password = secrets.token_hex(16)
    image = Image(
        name="postgres:18",
        port=5432,
        environment={"POSTGRES_PASSWORD": password},
        command="postgres -c max_connections=200 -c fsync=off",
        # It is ready twice: the first time, only its own set-up scripts can connect.
        ready=r"listening on IPv4(?s:.*)database system is ready to accept connections",
    )
    with _running(image) as port:
        yield f"postgresql://postgres:{password}@{HOST}:{port}/postgres"


@contextmanager
def _kafka_container() -> Iterator[str]:
    port = free_port()  # the broker has to know its address before Docker could choose one
    image = Image(
        name="apache/kafka:4.3.1",
        port=9092,
        published=port,
        ready="Kafka Server started",
        environment={
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{HOST}:{port}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "KAFKA_LOG_RETENTION_MS": "-1",
        },
    )
    with _running(image):
        yield f"{HOST}:{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What a container is started from, and the words by which it says that it is ready."""

    name: str
    port: int
    ready: str
    published: int | None = None
    command: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def _running(image: Image) -> Iterator[int]:
    """The port of a container that lasts as long as the block."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - slow, and of no use without Docker
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    container = DockerContainer(image.name)
    # Its own word for this would open the port to the whole network.
    container.ports[str(image.port)] = (HOST, image.published)  # type: ignore[assignment]  # docker takes (host, port), its annotation says int.
    container.with_envs(**image.environment)
    container.waiting_for(LogMessageWaitStrategy(image.ready))
    if image.command:
        container.with_command(image.command)
    with container:
        yield int(container.get_exposed_port(image.port))
