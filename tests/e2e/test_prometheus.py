"""A real Prometheus asks a real stack: every figure is met, every rule is evaluated, and nobody is woken."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.local.settings import HOST, Settings, free_port
from tests.e2e.conftest import Cast
from tests.e2e.story import eventually, offer
from tests.unit.deploy.figures import FOLDER, VENDORS, asked, expressions
from tests.unit.deploy.manifests import checker
from tools.house import SERVICES

OFTEN = "1s"
ELSEWHERE = ("Caddy", "the collector's kafkametrics", "the collector's postgresql")
"""They run beside the stack in containers and clusters, and not here."""
TROUBLE = {
    "tessera_agenda_retries_total",
    "tessera_append_conflicts_total",
    "tessera_append_sent_again_total",
    "tessera_http_invalid_tokens_total",
    "tessera_http_refusals_total",
    "tessera_http_unavailable_total",
    "tessera_inbox_foreign_total",
    "tessera_inbox_reconnects_total",
    "tessera_log_barrier_timeouts_total",
    "tessera_log_holes_settled_total",
    "tessera_relay_restarts_total",
    "tessera_webhooks_delivered_total",
    "tessera_webhooks_faults_total",
    "tessera_webhooks_refused_total",
}
WINDOW = re.compile(r"\$__\w+")


@pytest.fixture
def prometheus(whole: Settings, tmp_path: Path) -> Iterator[httpx.Client]:
    """As it is configured for containers, but where this stack's processes are."""
    config = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())
    config["global"] = dict.fromkeys(config["global"], OFTEN)
    config["rule_files"] = [str(FOLDER / "rules" / "*.yaml")]
    (job,) = (job for job in config["scrape_configs"] if job["job_name"] == "tessera")
    config["scrape_configs"] = [job]
    for group in job["static_configs"]:
        service, role = group["labels"]["service"], group["labels"]["role"]
        port = whole.ports[f"{service}_{'admin' if role == 'api' else role}"]
        group["targets"] = [f"{HOST}:{port}"]
    path = tmp_path / "prometheus.yaml"
    path.write_text(yaml.safe_dump(config))
    with (
        running(checker("prometheus"), path) as address,
        httpx.Client(base_url=address) as client,
    ):
        eventually(lambda: ready(client))
        yield client


@contextmanager
def running(program: str, config: Path) -> Iterator[str]:
    """A server of this test's own."""
    where = f"{HOST}:{free_port()}"
    words = [f"--config.file={config}", f"--storage.tsdb.path={config.parent / 'data'}"]
    with (config.parent / "log").open("w") as log:
        server = subprocess.Popen(
            [program, *words, f"--web.listen-address={where}"], stdout=log, stderr=log
        )
        try:
            yield f"http://{where}"
        finally:
            server.terminate()
            server.wait(timeout=30)


def ready(prometheus: httpx.Client) -> bool:
    try:
        return prometheus.get("/api/v1/targets").is_success
    except httpx.ConnectError:
        return False


def told(prometheus: httpx.Client, path: str, **parameters: str) -> Any:
    return prometheus.get(f"/api/v1/{path}", params=parameters).raise_for_status().json()["data"]


def everybody_answers(found: Any) -> bool:
    return [one["health"] for one in found["activeTargets"]] == ["up"] * 2 * len(SERVICES)


def without_trouble() -> set[str]:
    """What is asked for of our own processes, but for what is first counted when something goes wrong."""
    elsewhere = {name for name, whose in VENDORS.items() if whose in ELSEWHERE}
    return {name for _, one in expressions() for name in asked(one)} - elsewhere - TROUBLE


def test_every_figure_is_met_and_every_rule_evaluated(prometheus: httpx.Client, cast: Cast) -> None:
    cast.member("Ada Moreira").buy(offer(cast.monthly))
    cast.world.settle()
    eventually(lambda: told(prometheus, "targets"), everybody_answers)

    wanted = without_trouble()

    def missing() -> set[str]:
        cast.organiser.dashboard()  # a share of calls is of those since the last scrape
        return wanted - set(told(prometheus, "label/__name__/values"))

    eventually(missing, lambda names: not names)
    groups = told(prometheus, "rules")["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}
    firing = {
        one["labels"]["alertname"]
        for one in told(prometheus, "alerts")["alerts"]
        if one["state"] == "firing" and one["labels"]["severity"] == "page"
    }
    assert firing == set()


def test_every_panel_of_a_dashboard_has_an_answer(prometheus: httpx.Client) -> None:
    eventually(lambda: told(prometheus, "targets"), everybody_answers)
    for _, expression in expressions():
        told(prometheus, "query", query=WINDOW.sub("1m", expression))
