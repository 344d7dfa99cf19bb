"""The program behind each name: the parts that services lean on, the origin, and the services themselves."""

import hashlib
import http.client
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from deploy.local import kafka, postgres
from deploy.local.keys import Keys, public
from deploy.local.paypal_authority import WEBHOOK_ID, Authority
from deploy.local.paypal_double import CLIENT_ID
from deploy.local.processes import Processes, Program, accepts
from deploy.local.settings import HOST, ROOT, Settings

STRIPE_KEY = "sk_test_local"
PAYPAL_ROOT = "paypal.pem"
UNLIMITED = "100000"  # everybody here comes from one address, so limits per address mean nothing
MAIL_FROM = "Tessera <hello@tessera.localhost>"


def parts(settings: Settings, keys: Keys, processes: Processes) -> list[Program]:
    """What runs beside the services: the stores, the doubles, and the origin in front."""
    state, ports = settings.state, settings.ports
    listeners = (ports["kafka"], ports["kafka_controller"])
    return [
        postgres.program(state / "postgres", ports["postgres"], keys.database_password, processes),
        kafka.program(state / "kafka", listeners, settings.cache, processes),
        _server("stripe", "stripe_double", {"port": "stripe"}, ports),
        _server("paypal", "paypal_double", {"port": "paypal"}, ports, *_paypal(settings)),
        _server("mailbox", "mailbox", {"port": "mailbox", "smtp-port": "smtp"}, ports),
        _server("origin", "origin", {"port": "origin"}, ports, "--ports", json.dumps(dict(ports))),
    ]


@dataclass(frozen=True, slots=True)
class Service:
    """A service: what it is told, and the two processes it consists of."""

    name: str
    environment: Mapping[str, str]
    processes: Sequence[Program]


def service(settings: Settings, keys: Keys, name: str) -> Service:
    """A service as this stack runs it."""
    told = environment(settings, keys, name)
    code = code_of(ROOT / "services" / name, ROOT / "shared")
    ports = settings.ports
    api = {name: ports[name], f"{name}_admin": ports[f"{name}_admin"]}
    worker = {f"{name}_worker": ports[f"{name}_worker"]}

    def process(role: str, taken: Mapping[str, int], admin_port: int) -> Program:
        return Program(
            name=f"{name}-{role}",
            arguments=command(name, role),
            environment=told | {"TESSERA_ADMIN_PORT": str(admin_port)},
            ready=lambda: _answers_ready(admin_port),
            ports=taken,
            stamp=code,
        )

    processes = [
        process("api", api, ports[f"{name}_admin"]),
        process("worker", worker, ports[f"{name}_worker"]),
    ]
    return Service(name, told, processes)


def command(name: str, *words: str) -> list[str]:
    """How a service is told to do something."""
    return [sys.executable, "-m", f"services.{name}", *words]


def environment(settings: Settings, keys: Keys, name: str) -> dict[str, str]:
    """All that a service is told."""
    ports = settings.ports
    told = {
        "TESSERA_DATABASE_URL": postgres.url(
            ports["postgres"], postgres.APPLICATION, keys.database_password, postgres.APPLICATION
        ),
        "TESSERA_KAFKA": f"{HOST}:{ports['kafka']}",
        "TESSERA_KAFKA_REPLICATION": "1",
        "TESSERA_ORIGIN": settings.origin,
        "TESSERA_PORT": str(ports[name]),
        "TESSERA_ADMIN_PORT": str(ports[f"{name}_admin"]),
        "TESSERA_SECRET": keys.service_secrets[name],
        "TESSERA_KEK": keys.key_encryption_keys[name],
        "TESSERA_TOKEN_KEYS": public(keys.token_key),
        "TESSERA_CLOCK": "movable",
        "TESSERA_PUBLIC_RATE": UNLIMITED,
        "TESSERA_FILES_FOLDER": str(settings.state / "files"),
    }
    traced = {"TESSERA_OTLP_ENDPOINT": settings.traces} if settings.traces else {}
    return told | traced | _own(settings, keys).get(name, {})


def _own(settings: Settings, keys: Keys) -> dict[str, dict[str, str]]:
    """What only one service is told."""
    return {
        "membership": {
            "TESSERA_TOKEN_KEY": json.dumps(keys.token_key),
            "TESSERA_SMTP": f"{HOST}:{settings.ports['smtp']}",
            "TESSERA_MAIL_FROM": MAIL_FROM,
            "TESSERA_CODES_PER_EMAIL": UNLIMITED,
            "TESSERA_CODES_PER_ADDRESS": UNLIMITED,
            "TESSERA_WEBHOOKS_TO_LOOPBACK": "true",
            **settings.vendors,
        },
        "billing": {
            "TESSERA_STRIPE_URL": f"http://{HOST}:{settings.ports['stripe']}",
            "TESSERA_STRIPE_KEY": STRIPE_KEY,
            "TESSERA_STRIPE_WEBHOOK_SECRET": keys.webhook_secret,
            "TESSERA_PAYPAL_URL": f"http://{HOST}:{settings.ports['paypal']}",
            "TESSERA_PAYPAL_CLIENT_ID": CLIENT_ID,
            "TESSERA_PAYPAL_SECRET": keys.paypal_secret,
            "TESSERA_PAYPAL_WEBHOOK_ID": WEBHOOK_ID,
            "TESSERA_PAYPAL_ROOTS": str(settings.state / PAYPAL_ROOT),
        },
        "events": {
            "TESSERA_QUOTE_KEY": json.dumps(keys.quote_key),
        },
    }


def know_paypal(settings: Settings, keys: Keys) -> None:
    """Keep the root that its double's signatures lead to where billing looks for it."""
    root = Authority.read(keys.paypal_authority).pem
    (settings.state / PAYPAL_ROOT).write_bytes(root)


def _paypal(settings: Settings) -> tuple[str, str]:
    webhook = f"http://{HOST}:{settings.ports['billing']}/api/billing/v1/webhooks/paypal"
    return f"--webhook={webhook}", f"--keys={settings.state / 'keys.json'}"


def code_of(*folders: Path) -> str:
    """A stamp of the source in these folders that changes with it."""
    return _stamp(
        path for folder in folders for path in folder.rglob("*") if path.suffix in {".py", ".sql"}
    )


def _stamp(files: Iterable[Path]) -> str:
    seen = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(files)]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()


def _server(
    name: str, module: str, options: Mapping[str, str], ports: Mapping[str, int], *more: str
) -> Program:
    """One of our own little servers; `options` says which port each of its options takes."""
    taken = {port: ports[port] for port in options.values()}
    told = [f"--{option}={ports[port]}" for option, port in options.items()]
    return Program(
        name=name,
        arguments=[sys.executable, "-m", f"deploy.local.{module}", *told, *more],
        ready=lambda: all(accepts(port) for port in taken.values()),
        ports=taken,
        stamp=_stamp([Path(__file__).with_name(f"{module}.py")]),
    )


def _answers_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
