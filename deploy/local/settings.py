"""Where the local stack lives and which ports it takes: the only reader of the environment in this package."""

import json
import os
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from deploy.local.trouble import Trouble

ROOT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
SERVICES = ("membership", "billing", "events", "analytics")

DEFAULT_BASE = 8080
HIGHEST_PORT = 65535
FREE_PORTS = range(20_000, 32_768)
_claims: list[socket.socket] = []  # a datagram socket of the same number, closed with the process

# What is added to the base, which is the port of the origin itself.
OFFSETS = {
    "origin": 0,
    **{service: 21 + number for number, service in enumerate(SERVICES)},
    "postgres": 30,
    "kafka": 31,
    "kafka_controller": 32,
    "stripe": 33,
    "smtp": 34,
    "mailbox": 35,
    "paypal": 36,
    "prometheus": 40,  # these two in containers alone
    "grafana": 41,
    **{f"{service}_admin": 1021 + number for number, service in enumerate(SERVICES)},
    **{f"{service}_worker": 1031 + number for number, service in enumerate(SERVICES)},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ from one local stack to the next."""

    state: Path
    cache: Path
    ports: Mapping[str, int]
    traces: str | None = None  # the OTLP collector that the services export to, if any
    vendors: Mapping[str, str] = field(
        default_factory=dict
    )  # what membership is told of chats, if any

    @classmethod
    def from_environment(cls) -> Self:
        """Read `TESSERA_STATE`, `TESSERA_CACHE`, `TESSERA_PORT_BASE` and `TESSERA_PORT_<NAME>`."""
        home = ROOT / ".tessera"
        state = Path(os.environ.get("TESSERA_STATE") or home).resolve()
        cache = Path(os.environ.get("TESSERA_CACHE") or home / "cache").resolve()
        return cls(state=state, cache=cache, ports=_ports(state))

    @property
    def origin(self) -> str:
        """The one address that people and browsers use."""
        return f"http://{HOST}:{self.ports['origin']}"

    def remember(self) -> None:
        """Let later commands find this stack without being told its ports again."""
        self.state.mkdir(parents=True, exist_ok=True)
        _record(self.state).write_text(json.dumps(dict(self.ports), indent=1))


def numbered(base: int) -> dict[str, int]:
    """Every port of the stack whose origin is at `base`."""
    return {name: base + offset for name, offset in OFFSETS.items()}


def variable(name: str) -> str:
    """The environment variable that moves one port."""
    return f"TESSERA_PORT_{name.upper()}"


def free_port() -> int:
    """A port that nobody uses, and that nobody else who asks here is given while this process lives.

    Below those that a system gives to connections by itself (32768 and up), or one of them could take it
    before its server is there.
    """
    for port in random.sample(FREE_PORTS, len(FREE_PORTS)):
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                claim.bind((HOST, port))
                probe.bind((HOST, port))
            except OSError:
                claim.close()
                continue
        _claims.append(claim)
        return port
    raise Trouble(f"No port from {FREE_PORTS.start} to {FREE_PORTS.stop - 1} is free.")


def _ports(state: Path) -> dict[str, int]:
    chosen = {name: _number(variable(name)) for name in OFFSETS if variable(name) in os.environ}
    if "TESSERA_PORT_BASE" in os.environ:
        return numbered(_number("TESSERA_PORT_BASE")) | chosen
    try:
        remembered: dict[str, int] = json.loads(_record(state).read_text())
    except FileNotFoundError:
        remembered = {}
    return numbered(DEFAULT_BASE) | remembered | chosen


def _number(name: str) -> int:
    text = os.environ[name]
    highest = HIGHEST_PORT - (max(OFFSETS.values()) if name == "TESSERA_PORT_BASE" else 0)
    if not text.isdecimal() or not 0 < int(text) <= highest:
        raise Trouble(f"{name} has to be a port from 1 to {highest}, and is {text!r}.")
    return int(text)


def _record(state: Path) -> Path:
    return state / "ports.json"
