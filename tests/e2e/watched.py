"""What stands around the services in containers, each program with its own file of `deploy`, moved to this stack."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg
import yaml
from psycopg import sql

from deploy.local import postgres, programs
from deploy.local.keys import Keys
from deploy.local.processes import Processes, accepts
from deploy.local.settings import HOST, ROOT, SERVICES, Settings, free_port
from tests.e2e.story import eventually
from tests.unit.deploy.figures import FOLDER
from tests.unit.deploy.manifests import checker

OFTEN = "1s"
TRACED = "events"
"""The service of which one more process runs, which tells the collector what it does."""


class Watch:
    """Caddy in front of a stack, the collector and Prometheus beside it."""

    def __init__(self, stack: Settings, folder: Path) -> None:
        self._stack, self._folder, self._open = stack, folder, ExitStack()
        self._ports = {
            name: free_port()
            for name in ("origin", "edge", "otlp", "stores", "collector", "prometheus", "traced")
        }
        self.origin = f"http://{self._at('origin')}"
        self.traced = f"http://{self._at('traced')}"

    def __enter__(self) -> Self:
        with self._open as opened:
            self._start("caddy", "run", "--config", self._caddy(), ready="origin")
            self._start("otelcol", f"--config=file:{self._collector()}", ready="collector")
            opened.enter_context(self._traced())
            data = f"--storage.tsdb.path={self._folder / 'data'}"
            where = f"--web.listen-address={self._at('prometheus')}"
            config = f"--config.file={self._prometheus()}"
            self._start("prometheus", config, data, where, ready="prometheus")
            self._open = opened.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def told(self, path: str, **parameters: str) -> Any:
        """What Prometheus answers."""
        address = f"http://{self._at('prometheus')}/api/v1/{path}"
        return httpx.get(address, params=parameters).raise_for_status().json()["data"]

    def _at(self, name: str) -> str:
        return f"{HOST}:{self._ports[name]}"

    def _start(self, name: str, *words: str, ready: str) -> None:
        log = self._folder / f"{name}.log"
        self._open.enter_context(running([checker(name), *words], log))
        eventually(lambda: accepts(self._ports[ready]))

    def _caddy(self) -> str:
        """Its own reading of the Caddyfile, with the addresses of containers replaced."""
        file = ROOT / "deploy" / "compose" / "Caddyfile"
        adapt = [checker("caddy"), "adapt", "--config", str(file)]
        text = subprocess.run(adapt, capture_output=True, text=True, check=True).stdout
        ports = self._stack.ports
        moved = {":8080": self._at("origin"), ":2019": self._at("edge")} | {
            "mailbox:8025": f"{HOST}:{ports['mailbox']}"
        }
        for service in SERVICES:
            moved[f"{service}-api:8100"] = f"{HOST}:{ports[service]}"
            moved[f"{service}-api:9100"] = f"{HOST}:{ports[f'{service}_admin']}"
        for old, new in moved.items():
            assert f'"{old}"' in text
            text = text.replace(f'"{old}"', f'"{new}"')
        return self._written("caddy.json", text)

    def _collector(self) -> str:
        config = yaml.safe_load((FOLDER / "collector.yaml").read_text())
        password = Keys.of(self._stack.state).database_password
        receivers = config["receivers"]
        receivers["otlp"]["protocols"]["http"]["endpoint"] = self._at("otlp")
        receivers["postgresql"]["endpoint"] = f"{HOST}:{self._stack.ports['postgres']}"
        receivers["postgresql"]["password"] = password
        _let_observe(self._stack, receivers["postgresql"]["username"], password)
        receivers["kafkametrics"]["brokers"] = [f"{HOST}:{self._stack.ports['kafka']}"]
        for receiver in ("postgresql", "kafkametrics"):
            receivers[receiver]["collection_interval"] = OFTEN
        config["connectors"]["spanmetrics"]["metrics_flush_interval"] = OFTEN
        config["exporters"]["prometheus"]["endpoint"] = self._at("stores")
        (reader,) = config["service"]["telemetry"]["metrics"]["readers"]
        reader["pull"]["exporter"]["prometheus"] = {"host": HOST, "port": self._ports["collector"]}
        return self._written("collector.yaml", yaml.safe_dump(config))

    def _prometheus(self) -> str:
        config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
        config["global"] = dict.fromkeys(config["global"], OFTEN)
        config["rule_files"] = [str(FOLDER / "rules" / "*.yaml")]
        moved = self._scraped()
        for job in config["scrape_configs"]:
            for group in job["static_configs"]:
                group["targets"] = [moved[target] for target in group["targets"]]
        return self._written("prometheus.yaml", yaml.safe_dump(config))

    def _scraped(self) -> Mapping[str, str]:
        moved = {
            "edge:2019": self._at("edge"),
            "collector:8888": self._at("collector"),
            "collector:8889": self._at("stores"),
            "127.0.0.1:9090": self._at("prometheus"),
        }
        for service in SERVICES:
            for role, port in (("api", "admin"), ("worker", "worker")):
                moved[f"{service}-{role}:9100"] = f"{HOST}:{self._stack.ports[f'{service}_{port}']}"
        return moved

    @contextmanager
    def _traced(self) -> Iterator[None]:
        keys, processes = Keys.of(self._stack.state), Processes(self._folder)
        api = programs.service(self._stack, keys, TRACED).processes[0]
        port, admin = self._ports["traced"], free_port()
        more = {
            "TESSERA_PORT": str(port),
            "TESSERA_ADMIN_PORT": str(admin),
            "TESSERA_OTLP_ENDPOINT": f"http://{self._at('otlp')}",
        }
        told = {**api.environment, **more}
        processes.start(replace(api, environment=told, ready=lambda: accepts(port), ports={}))
        try:
            yield
        finally:
            processes.stop(api.name)

    def _written(self, name: str, text: str) -> str:
        path = self._folder / name
        path.write_text(text)
        return str(path)


@contextmanager
def running(command: list[str], log: Path) -> Iterator[None]:
    """A program of this test's own."""
    with log.open("w") as said:
        server = subprocess.Popen(command, stdout=said, stderr=said, env={"HOME": str(log.parent)})
        try:
            yield
        finally:
            server.terminate()
            server.wait(timeout=30)


def _let_observe(stack: Settings, role: str, password: str) -> None:
    """As deploy/compose/postgres does: who may look at figures, and at nothing else."""
    database = postgres.APPLICATION
    url = postgres.url(stack.ports["postgres"], postgres.SUPERUSER, password, database)
    with psycopg.connect(url) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            connection.execute("SET scram_iterations = 4096")  # its driver refuses fewer
            create = sql.SQL("CREATE ROLE {} LOGIN IN ROLE pg_monitor PASSWORD {}")
            connection.execute(create.format(sql.Identifier(role), sql.Literal(password)))
