"""Dashboards and alerts ask for figures that somebody emits, and every alert has its page."""

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import house

FOLDER = house.ROOT / "deploy" / "observability"
DASHBOARDS = sorted((FOLDER / "dashboards").glob("*.json"))
RULES = sorted((FOLDER / "rules").glob("*.yaml"))

VENDORS = {
    # FastAPI measures its own requests; prometheus_client the process.
    "http_server_request_duration_seconds_count": "fastapi",
    "http_server_request_duration_seconds_bucket": "fastapi",
    "http_server_active_requests": "fastapi",
    "process_cpu_seconds_total": "prometheus_client",
    "process_resident_memory_bytes": "prometheus_client",
    "process_open_fds": "prometheus_client",
    "process_max_fds": "prometheus_client",
    "process_start_time_seconds": "prometheus_client",
    "up": "Prometheus",
    "ALERTS": "Prometheus",
    "caddy_http_request_duration_seconds_count": "Caddy",
    "kafka_consumer_group_lag": "the collector's kafkametrics",
    "kafka_brokers": "the collector's kafkametrics",
    "postgresql_backends": "the collector's postgresql",
    "postgresql_commits": "the collector's postgresql",
    "postgresql_connection_max": "the collector's postgresql",
    "postgresql_db_size": "the collector's postgresql",
    "postgresql_rollbacks": "the collector's postgresql",
}
WORDS = set(
    "sum max min count rate increase changes deriv topk by le or and on bool vector absent without"
    " avg_over_time min_over_time histogram_quantile".split()
)
FACT = re.compile(r"io\.tessera\.(\w+)\.(\w*\([\w|]+\)|\w+)")


@cache
def emitted() -> set[str]:
    """What the code counts and gauges, as Prometheus calls it."""
    found = set()
    for path in [*(house.ROOT / "shared").rglob("*.py"), *(house.ROOT / "services").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "telemetry.count":
                found |= {_metric(name) + "_total" for name in _names(node.args[0])}
    lags = (house.ROOT / "shared" / "lags.sql").read_text()
    found |= {_metric(name) for name in re.findall(r"SELECT '([\w.]+)'", lags)}
    return found


def _metric(name: str) -> str:
    return "tessera_" + name.replace(".", "_")


def _names(argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant):
        yield str(argument.value)
    else:  # the one that is put together: what became of a delivery
        assert ast.unparse(argument) == "f'webhooks.{moved.status}'"
        yield from ("webhooks.delivered", "webhooks.retrying", "webhooks.failed")


def asked(expression: str) -> set[str]:
    """The figures an expression asks for."""
    bare = re.sub(r"\"[^\"]*\"", " ", expression)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\b\d+(?:\.\d+)?(?:e\d+)?\b", " ", bare)
    bare = re.sub(r"\b(?:by|without|on)\s*\([^)]*\)", " ", bare)
    return {word for word in re.findall(r"[a-zA-Z_:][\w:]*", bare) if word not in WORDS}


def rules() -> list[Any]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> list[Any]:
    return [rule for rule in rules() if "alert" in rule]


def targets(path: Path) -> list[str]:
    panels = json.loads(path.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def expressions() -> list[tuple[str, str]]:
    drawn = [(path.stem, expression) for path in DASHBOARDS for expression in targets(path)]
    return drawn + [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


def test_every_figure_that_is_asked_for_is_emitted() -> None:
    known = emitted() | VENDORS.keys() | {rule["record"] for rule in rules() if "record" in rule}
    strange = {
        (where, name) for where, expression in expressions() for name in asked(expression) - known
    }
    assert strange == set()


def test_every_vendors_figure_is_asked_for() -> None:
    assert VENDORS.keys() <= {name for _, expression in expressions() for name in asked(expression)}


def test_every_fact_that_is_counted_is_in_the_catalogue() -> None:
    known = {contract.type() for contract in house.contracts()}
    for where, expression in expressions():
        for service, pattern in FACT.findall(expression):
            named = re.compile(rf"io\.tessera\.{service}\.{pattern}")
            assert any(map(named.fullmatch, known)), f"{where}: {service} publishes no {pattern}"


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_how_bad_it_is_and_what_to_do(rule: Any) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    page = house.ROOT / rule["annotations"]["runbook_url"]
    assert rule["alert"] in page.read_text(), f"{page.name} does not name {rule['alert']}"


def test_no_two_alerts_share_a_name() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))


def test_every_runbook_is_reached() -> None:
    elsewhere = {"rebuild.md", "restore.md"}  # procedures, not answers to an alert
    reached = {Path(rule["annotations"]["runbook_url"]).name for rule in alerts()}
    pages = {page.name for page in (house.ROOT / "docs" / "runbooks").glob("*.md")}
    pages -= {name for name in pages if name.startswith("cluster-")}  # test_k8s_surroundings.py
    assert pages - elsewhere == reached - elsewhere


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(path: Path) -> None:
    board = json.loads(path.read_text())
    assert board["uid"] == f"tessera-{path.stem}"
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    for panel in board["panels"]:
        assert panel["description"]
        assert panel["datasource"]["uid"] == "prometheus"
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24


def test_prometheus_asks_every_process() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yaml").read_text())["scrape_configs"]
    (tessera,) = (job for job in jobs if job["job_name"] == "tessera")
    found = {
        (target["labels"]["service"], target["labels"]["role"])
        for target in tessera["static_configs"]
    }
    assert found == {(name, role) for name in house.SERVICES for role in ("api", "worker")}


@pytest.mark.parametrize("words", [("check", "rules"), ("test", "rules")], ids=" ".join)
def test_the_rules_do_what_they_say(words: tuple[str, str]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool (of Prometheus) is not on the PATH")
    files = RULES if words[0] == "check" else sorted((FOLDER / "tests").glob("*.yaml"))
    done = subprocess.run(
        [promtool, *words, *map(str, files)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
