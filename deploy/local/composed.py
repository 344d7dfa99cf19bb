"""The whole stack in containers, by the same words as the one in plain processes."""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence

from deploy.local.settings import ROOT, SERVICES, Settings, variable
from deploy.local.trouble import Trouble

PUBLISHED = ("origin", "postgres", "kafka", "stripe", "paypal", "prometheus", "grafana")
PROFILE = "demo"
MOUNTED = ("deploy/compose/Caddyfile", "deploy/observability")


class Composed:
    """The stack of `docker-compose.yml`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def up(self, services: Sequence[str] = SERVICES) -> None:
        """Build what has changed, have everything run and be healthy."""
        if tuple(services) != SERVICES:
            raise Trouble(
                "In containers the stack comes whole; TESSERA_ENGINE=none starts some services."
            )
        self.settings.remember()
        lasting = [name for name in self._services() if not is_brief(name)]
        self._compose("up", "--build", "--detach", "--wait", *lasting)

    def down(self) -> list[str]:
        """End every container and forget all data; answers with what was ended."""
        ended = list(self.status())
        self._compose("down", "--volumes", "--remove-orphans")
        return ended

    def run(self, service: str, words: Sequence[str]) -> None:
        """Run a command of a service as its worker would, at this terminal."""
        told = ["python", "-m", f"services.{service}", *words]
        self._compose("run", "--rm", "--no-deps", f"{service}-worker", *told)

    def status(self) -> dict[str, bool]:
        """Whether each container that was made still runs, or did what it was there for."""
        said = self._ask("ps", "--all", "--format", "json")
        found = [json.loads(line) for line in said.splitlines()]
        return {one["Service"]: one["State"] == "running" or one["ExitCode"] == 0 for one in found}

    def places(self) -> list[tuple[str, str]]:
        """Where to look beside the origin."""
        ports = self.settings.ports
        return [
            (f"127.0.0.1:{ports['grafana']}", "Grafana, the dashboards of Tessera"),
            (f"127.0.0.1:{ports['prometheus']}", "Prometheus, with every alert"),
            ("docker compose logs -f", "what each process says"),
        ]

    def _services(self) -> list[str]:
        return self._ask("config", "--services").split()

    def _compose(self, *words: str) -> None:
        done = subprocess.run(_command(*words), cwd=ROOT, env=self._environment(), check=False)
        if done.returncode != 0:
            raise Trouble(
                f"docker compose {words[0]} ended with exit code {done.returncode}; "
                "`docker compose ps --all` and `docker compose logs` say more."
            )

    def _ask(self, *words: str) -> str:
        asked = subprocess.run(
            _command(*words), cwd=ROOT, env=self._environment(), capture_output=True, text=True, check=False
        )  # fmt: skip
        if asked.returncode != 0:
            raise Trouble(f"docker compose {words[0]}: {asked.stderr.strip()}")
        return asked.stdout

    def _environment(self) -> dict[str, str]:
        ports = {variable(name): str(self.settings.ports[name]) for name in PUBLISHED}
        return dict(os.environ) | ports | {"TESSERA_MOUNTED": mounted()}


def mounted() -> str:
    """A stamp of what containers read out of this repository while they run, which Compose does not look into."""
    paths = [path for name in MOUNTED for path in (ROOT / name, *(ROOT / name).rglob("*"))]
    files = sorted(path for path in paths if path.is_file())
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def is_brief(name: str) -> bool:
    """Whether a container does one thing and ends."""
    return name == "keys" or name.endswith("-migrate")


def _command(*words: str) -> list[str]:
    return ["docker", "compose", "--profile", PROFILE, *words]
