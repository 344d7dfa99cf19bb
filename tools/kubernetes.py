"""`python -m tools.kubernetes`: writes into deploy/k8s what contracts and rules say."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from shared.relay import PARTITIONS
from shared.service import Blueprint
from tools import house

COMPONENTS = house.ROOT / "deploy" / "k8s" / "components"
RULES = house.ROOT / "deploy" / "observability" / "rules"
ELSEWHERE = {"ConsumerBehind", "PostgresConnections", "StoresNotMeasured"}
"""Alerts on a collector that a cluster has not: components/monitoring/alerts.yaml asks its operators instead."""

GENERATED = (
    "# Written by `python -m tools.kubernetes`: change what it is made of, then run it again.\n"
)
API = "kafka.strimzi.io/v1"
DATA_TEAM = "data-team"

Manifest = dict[str, Any]


def documents() -> dict[str, str]:
    """Every generated manifest by its path under deploy/k8s/components."""
    users = [_service_user(blueprint) for blueprint in house.blueprints()]
    return {
        "strimzi/topics.yaml": _as_text(_topic(name) for name in sorted(house.topics())),
        "strimzi/users.yaml": _as_text([*users, _reader()]),
        "monitoring/services.yaml": _as_text([_rules()]),
    }


def _topic(name: str) -> Manifest:
    """Kept for ever, never compacted, as `shared.relay.ensure_topics` would make it."""
    config = {
        "cleanup.policy": "delete",
        "min.insync.replicas": 2,
        "retention.bytes": -1,
        "retention.ms": -1,
    }
    spec = {"topicName": name, "partitions": PARTITIONS, "replicas": 3, "config": config}
    # A name of Kubernetes holds no underscore.
    return _object("KafkaTopic", name.replace("_", "-"), "topic", spec)


def _service_user(blueprint: Blueprint) -> Manifest:
    """Writes to its own topics, reads them back, reads what it listens to, and nothing more."""
    own = {"type": "topic", "name": f"tessera.{blueprint.name}.", "patternType": "prefix"}
    heard = sorted({contract.topic for contract in blueprint.heard()})
    rights = [
        _right(own, "Describe", "Read", "Write"),
        *(_right({"type": "topic", "name": topic}, "Describe", "Read") for topic in heard),
        _right({"type": "group", "name": f"tessera.{blueprint.name}"}, "Describe", "Read"),
    ]
    password = {"secretKeyRef": {"name": f"{blueprint.name}-kafka-user", "key": "password"}}
    return _user(blueprint.name, rights, password={"valueFrom": password})


def _reader() -> Manifest:
    """Reads every topic and writes to none; Strimzi makes its password, in the secret of its name."""
    topics = {"type": "topic", "name": "tessera.", "patternType": "prefix"}
    groups = {"type": "group", "name": f"{DATA_TEAM}.", "patternType": "prefix"}
    return _user(
        DATA_TEAM, [_right(topics, "Describe", "Read"), _right(groups, "Describe", "Read")]
    )


def _right(resource: Mapping[str, str], *operations: str) -> Manifest:
    return {"resource": dict(resource), "operations": list(operations), "host": "*"}


def _user(name: str, rights: list[Manifest], **authentication: Manifest) -> Manifest:
    spec = {
        "authentication": {"type": "scram-sha-512", **authentication},
        "authorization": {"type": "simple", "acls": rights},
    }
    return _object("KafkaUser", name, "user", spec)


def _rules() -> Manifest:
    """The rules that Prometheus reads without a cluster, as its operator wants them."""
    groups = [
        group | {"rules": [rule for rule in group["rules"] if rule.get("alert") not in ELSEWHERE]}
        for path in sorted(RULES.glob("*.yaml"))
        for group in yaml.safe_load(path.read_text())["groups"]
    ]
    labels = {
        "app.kubernetes.io/component": "monitoring",
        "app.kubernetes.io/name": "tessera",
    }
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "services", "labels": labels},
        "spec": {"groups": groups},
    }


def _object(kind: str, name: str, component: str, spec: Manifest) -> Manifest:
    labels = {
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/name": "kafka",
        "strimzi.io/cluster": "kafka",
    }
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": API, "kind": kind, "metadata": metadata, "spec": spec}


def _as_text(manifests: Iterator[Manifest] | list[Manifest]) -> str:
    return GENERATED + yaml.safe_dump_all(
        manifests, sort_keys=False, default_flow_style=None, width=120
    )


def main() -> None:
    """Write every document whose text has changed."""
    for path, text in documents().items():
        target = COMPONENTS / path
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
            print(target.relative_to(house.ROOT))


if __name__ == "__main__":
    main()
