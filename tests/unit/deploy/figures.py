"""What dashboards and alerts ask Prometheus for, and who emits it."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

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
    "kafka_brokers": "the collector's kafkametrics",  # and Strimzi's exporter
    "postgresql_backends": "the collector's postgresql",
    "postgresql_commits": "the collector's postgresql",
    "postgresql_connection_max": "the collector's postgresql",
    "postgresql_db_size": "the collector's postgresql",
    "postgresql_rollbacks": "the collector's postgresql",
    "kafka_consumergroup_lag": "a cluster: Strimzi's exporter",
    "cnpg_backends_total": "a cluster: CloudNativePG",
    "cnpg_pg_database_size_bytes": "a cluster: CloudNativePG",
    "cnpg_pg_settings_setting": "a cluster: CloudNativePG",
    "cnpg_pg_stat_database_xact_commit": "a cluster: CloudNativePG",
    "cnpg_pg_stat_database_xact_rollback": "a cluster: CloudNativePG",
}
OF_A_CLUSTER = {name for name, whose in VENDORS.items() if whose.startswith("a cluster")}
OF_NO_CLUSTER = {name for name, whose in VENDORS.items() if whose.startswith("the collector")}
WORDS = set(
    "sum max min count rate increase changes deriv topk by le or and on bool vector absent without"
    " avg_over_time min_over_time histogram_quantile label_replace".split()
)


@cache
def emitted() -> set[str]:
    """What the code counts and gauges, as Prometheus calls it."""
    found = set()
    for path in [*(house.ROOT / "shared").rglob("*.py"), *(house.ROOT / "services").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "telemetry.count":
                found |= {_metric(name) + "_total" for name in _names(node.args[0])}
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "telemetry.gauge":
                # The others are named by a row of the lags below.
                found |= {
                    _metric(str(one.value))
                    for one in node.args[:1]
                    if isinstance(one, ast.Constant)
                }
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
