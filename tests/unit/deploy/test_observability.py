"""Dashboards and alerts ask for figures that somebody emits, and every alert has its page."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.unit.deploy.figures import (
    DASHBOARDS,
    FOLDER,
    RULES,
    VENDORS,
    alerts,
    asked,
    emitted,
    expressions,
    rules,
)
from tests.unit.deploy.manifests import accepted, checker
from tools import house

FACT = re.compile(r"io\.tessera\.(\w+)\.(\w*\([\w|]+\)|\w+)")


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


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_one_to_grafana_s_own_model(path: Path) -> None:
    """Read and written again by it, nothing is lost: a field that it does not know, Grafana would not heed."""
    board = json.loads(path.read_text())
    (marks,) = board["annotations"]["list"]
    for name in ("titleFormat", "textFormat"):  # Prometheus' own, which the model leaves to it
        del marks[name]
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert _held(board, again) == board


def _held(board: Any, again: Any) -> Any:
    """Of `again`, what `board` names; the model adds what goes without saying."""
    if isinstance(board, dict) and isinstance(again, dict):
        return {name: _held(board[name], again[name]) for name in board if name in again}
    if isinstance(board, list) and isinstance(again, list) and len(board) == len(again):
        return [_held(*pair) for pair in zip(board, again, strict=True)]
    return again


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
    files = RULES if words[0] == "check" else sorted((FOLDER / "tests").glob("*.yaml"))
    accepted(checker("promtool"), *words, *map(str, files))
