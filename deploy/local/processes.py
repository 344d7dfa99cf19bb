"""Detached processes, each known by a record of its pid and its moment of birth.

A pid alone is not proof: after a crash or a reboot it may belong to somebody else. So a process is only ever signalled
when it was born at the moment its record says.
"""

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

import psutil

from deploy.local.settings import HOST, ROOT, variable
from deploy.local.trouble import NO_SPACE, Trouble, disk_full

POLL_SECONDS = 0.05
LOG_TAIL_BYTES = 4000


def _nothing() -> None:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A process to keep running: how it starts, when it is ready, how it ends."""

    name: str
    arguments: Sequence[str]
    ready: Callable[[], bool]
    ports: Mapping[str, int] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] = _nothing
    stamp: str = ""  # changes when what it runs has changed
    stop_signal: signal.Signals = signal.SIGTERM
    patience: float = 120

    @property
    def fingerprint(self) -> str:
        """Two programs of one fingerprint are the same, and need no restart."""
        parts = [list(self.arguments), sorted(self.environment.items()), self.stamp]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Record:
    """What is written down about a process that was started."""

    pid: int
    born: str
    stop_signal: int
    fingerprint: str

    def alive(self) -> bool:
        """Whether that very process, and not a later one of the same number, still runs."""
        return self.born == _birth(self.pid)


class Processes:
    """The processes whose records and logs lie in one state folder."""

    def __init__(self, state: Path) -> None:
        self._records = state / "run"
        self._logs = state / "logs"
        self._children: dict[int, subprocess.Popen[bytes]] = {}

    def names(self) -> list[str]:
        """Every process that was started here and not yet stopped."""
        return sorted(path.stem for path in self._records.glob("*.json"))

    def running(self, name: str) -> Record | None:
        """The record of a process that is still alive."""
        try:
            record = Record(**json.loads(self._path(name).read_text()))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        if record.alive():
            return record
        if child := self._children.pop(record.pid, None):
            child.wait()  # it died by itself: nobody else would collect it
        return None

    def log(self, name: str) -> Path:
        """Where a process writes what it says."""
        return self._logs / f"{name}.log"

    def up_to_date(self, program: Program) -> bool:
        """Whether this very program runs already, and is ready."""
        record = self.running(program.name)
        return record is not None and record.fingerprint == program.fingerprint and program.ready()

    def ensure(self, program: Program) -> bool:
        """Have it run and be ready; False when it already was."""
        if self.up_to_date(program):
            return False
        self.stop(program.name)
        for name, port in program.ports.items():
            require_free(name, port)
        program.prepare()
        self.start(program)
        return True

    def start(self, program: Program) -> None:
        """Start it and wait until it is ready."""
        child = self._spawn(program)
        deadline = time.monotonic() + program.patience
        while not program.ready():
            if child.poll() is not None:
                self._path(program.name).unlink(missing_ok=True)
                raise self._failure(program.name, "ended while it was starting")
            if time.monotonic() > deadline:
                raise self._failure(program.name, f"is not ready after {program.patience:.0f} s")
            time.sleep(POLL_SECONDS)

    def run(
        self, name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        """Run something to its end, its words going to the log of that name."""
        with self._open_log(name) as log:
            done = subprocess.run(
                arguments,
                cwd=ROOT,
                env=inherited() | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode != 0:
            raise self._failure(name, f"ended with exit code {done.returncode}")

    def stop(self, name: str, *, patience: float = 15) -> bool:
        """Ask it to end, and end it when it does not; False when it did not run."""
        record = self.running(name)
        if record:
            os.kill(record.pid, record.stop_signal)
            if not self._ends(record, patience):
                self._kill(record)
        self._path(name).unlink(missing_ok=True)
        return record is not None

    def kill(self, name: str) -> None:
        """End it without a word, as a crash does: for the tests of what survives that."""
        if record := self.running(name):
            self._kill(record)
        self._path(name).unlink(missing_ok=True)

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        self._records.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):  # of a crash, the last words stay readable
            self.log(program.name).rename(self._logs / f"{program.name}.previous.log")
        with self._open_log(program.name) as log:
            child = subprocess.Popen(
                program.arguments,
                cwd=ROOT,
                env=inherited() | {"PYTHONUNBUFFERED": "1"} | dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children[child.pid] = child
        record = Record(child.pid, _birth(child.pid), program.stop_signal, program.fingerprint)
        self._path(program.name).write_text(json.dumps(asdict(record)))
        return child

    def _kill(self, record: Record) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(record.pid, signal.SIGKILL)
        self._ends(record, patience=10)

    def _ends(self, record: Record, patience: float) -> bool:
        child = self._children.get(record.pid)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            # A child of ours stays in the table of processes until it is asked how it ended.
            ended = child.poll() is not None if child else not record.alive()
            if ended:
                self._children.pop(record.pid, None)
                return True
            time.sleep(POLL_SECONDS)
        return False

    def _path(self, name: str) -> Path:
        return self._records / f"{name}.json"

    def _open_log(self, name: str) -> IO[bytes]:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self.log(name).open("ab")

    def _failure(self, name: str, what: str) -> Trouble:
        log = self.log(name)
        tail = log.read_bytes()[-LOG_TAIL_BYTES:].decode(errors="replace").strip()
        if NO_SPACE in tail:
            return disk_full(log.parent)
        last = tail.splitlines()[-1].strip() if tail else "it said nothing"
        return Trouble(f"{name} {what}: {last} (all of it in {log})")


def leashed(arguments: Sequence[str], stop_signal: signal.Signals) -> list[str]:
    """The same, but ended by the system when the process that starts it dies, where the system can."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return list(arguments)
    return [setpriv, "--pdeathsig", stop_signal.name.removeprefix("SIG"), "--", *arguments]


def inherited() -> dict[str, str]:
    """This process's environment without our own settings: they must not leak into what has its own."""
    return {key: value for key, value in os.environ.items() if not key.startswith("TESSERA_")}


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


def require_free(name: str, port: int) -> None:
    """Refuse a port that is taken, and name who has it where the system tells."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise Trouble(
                f"Port {port} ({name}) is already used by {_owner(port)}: stop that, or choose another "
                f"with {variable(name)}=<port>, or move the whole stack with TESSERA_PORT_BASE=<port>."
            ) from None


def _owner(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid is not None:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return "another process"


def is_zombie(pid: int) -> bool:
    """Whether it has ended and only its parent has not asked how."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _birth(pid: int) -> str:
    """When a living process was born, in words that never repeat; empty when there is none."""
    try:
        return "" if is_zombie(pid) else _ticks(pid) or str(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""


def _ticks(pid: int) -> str:
    """Linux counts from boot, so setting the wall clock does not move a birth."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2]
    except OSError:
        return ""
    return f"{boot}/{after_name.split()[19]}"
