"""Whether there is a container engine to use, and what was said about using it."""

import os
import shutil
import socket
import subprocess
from functools import cache
from urllib.parse import SplitResult, urlsplit

from deploy.local.trouble import Trouble

VARIABLE = "TESSERA_ENGINE"
CHOICES = ("auto", "docker", "none")
PORT = 2375


@cache
def answers() -> bool:
    """Whether an engine answers, and nobody said to do without; asking by hand saves most machines an import."""
    if _choice() == "none":
        return False
    engine = urlsplit(os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock"))
    try:
        with _connected(engine) as connection:
            connection.settimeout(3)
            connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def composes() -> bool:
    """Whether a whole stack can be brought up in containers; Trouble when that was asked for and cannot be."""
    if answers() and _has_compose():
        return True
    if _choice() == "docker":
        what = "it lacks Compose (`docker compose`)" if answers() else "no engine answers"
        raise Trouble(f"{VARIABLE} says docker, and {what}.")
    return False


def _choice() -> str:
    choice = os.environ.get(VARIABLE) or "auto"
    if choice not in CHOICES:
        raise Trouble(f"{VARIABLE} is one of {', '.join(CHOICES)}, and not {choice!r}.")
    return choice


def _has_compose() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    asked = [docker, "compose", "version", "--short"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def _connected(engine: SplitResult) -> socket.socket:
    if engine.scheme != "unix":
        return socket.create_connection((engine.hostname, engine.port or PORT), timeout=3)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(engine.path)
    except OSError:
        connection.close()
        raise
    return connection
