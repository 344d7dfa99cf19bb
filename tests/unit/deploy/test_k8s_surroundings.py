"""What stands around the pods: the network, the stores, the secrets, the settings, the alerts."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from deploy.k8s.secrets import ASKED, items, manifests
from deploy.local import programs
from deploy.local.keys import Keys
from deploy.local.settings import ROOT, Settings, numbered
from shared.relay import PARTITIONS
from shared.settings import Settings as KernelSettings
from tests.unit.deploy.figures import OF_A_CLUSTER, OF_NO_CLUSTER, alerts, asked, expressions
from tests.unit.deploy.manifests import (
    K8S,
    SERVICES,
    Manifest,
    containers,
    kustomization,
    sources,
    title,
    written,
)
from tools import house, kubernetes

OF_THE_STACK_ALONE = {
    "TESSERA_WEBHOOKS_TO_LOOPBACK",
    "TESSERA_STRIPE_URL",
    *(f"TESSERA_PAYPAL_{name}" for name in ("URL", "CLIENT_ID", "SECRET", "WEBHOOK_ID", "ROOTS")),
    "TESSERA_FILES_FOLDER",  # Pods share no disk: in a cluster a bucket keeps files.
}
TO_ANY_ADDRESS = {"NetworkPolicy/postgres", "NetworkPolicy/kafka"}
"""They reach the Kubernetes API, whose address no base can know."""


def policies() -> list[Manifest]:
    return list(written("NetworkPolicy"))


def test_the_namespace_takes_in_only_restricted_pods() -> None:
    (namespace,) = written("Namespace", under="base/")
    for mode in ("enforce", "warn", "audit"):
        assert namespace["metadata"]["labels"][f"pod-security.kubernetes.io/{mode}"] == "restricted"


RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


def test_what_strimzi_makes_is_let_into_the_namespace() -> None:
    """By itself the operator makes pods that are baseline, and the namespace refuses them."""
    (kafka,) = written("Kafka")
    operator, exporter = kafka["spec"]["entityOperator"], kafka["spec"]["kafkaExporter"]
    made = {
        "topics": operator["template"]["topicOperatorContainer"],
        "users": operator["template"]["userOperatorContainer"],
        "exporter": exporter["template"]["container"],
    } | {
        pool["metadata"]["name"]: pool["spec"]["template"]["kafkaContainer"]
        for pool in written("KafkaNodePool")
    }
    assert made.keys() == {"topics", "users", "exporter", "controller", "broker"}
    assert {name: one["securityContext"] for name, one in made.items()} == dict.fromkeys(
        made, RESTRICTED
    )


def test_nothing_goes_in_or_out_that_is_not_named() -> None:
    (closed,) = (one for one in policies() if one["metadata"]["name"] == "deny-all")
    assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("policy", policies(), ids=title)
def test_a_policy_names_ports_and_whom(policy: Manifest) -> None:
    for direction, whom in (("ingress", "from"), ("egress", "to")):
        for rule in policy["spec"].get(direction, []):
            assert rule.get("ports"), "every port"
            assert rule.get(whom) or title(policy) in TO_ANY_ADDRESS, "everybody"
            assert {} not in rule.get(whom, [])
    used = {kind for kind in ("ingress", "egress") if kind in policy["spec"]}
    assert used <= {kind.lower() for kind in policy["spec"]["policyTypes"]}


def test_only_the_gateway_reaches_an_api() -> None:
    reached = [
        (policy["metadata"]["name"], rule["from"])
        for policy in written("NetworkPolicy", under="base/")
        for rule in policy["spec"].get("ingress", [])
        if {"protocol": "TCP", "port": 8100} in rule["ports"]
    ]
    gateway = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}
    assert reached == [("apis", [gateway])]


def test_one_origin_leads_to_every_service_and_only_to_its_public_paths() -> None:
    (route,) = (one for one in written("HTTPRoute") if one["metadata"]["name"] == "tessera")
    ways = {
        rule["matches"][0]["path"]["value"]: (
            rule["backendRefs"][0]["name"],
            rule["backendRefs"][0]["port"],
        )
        for rule in route["spec"]["rules"]
    }
    assert ways == {f"/api/{service}": (f"{service}-api", 8100) for service in SERVICES}


def test_a_certificate_can_be_asked_for_behind_closed_doors() -> None:
    """The pod that answers the authority is cert-manager's, in our namespace, and deny-all holds for it too."""
    (solver,) = (one for one in policies() if one["metadata"]["name"] == "certificates")
    chosen = {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}}
    assert solver["spec"]["podSelector"] == chosen
    (rule,) = solver["spec"]["ingress"]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8089}]
    assert [
        one["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for one in rule["from"]
    ] == ["gateway", "cert-manager"]


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_an_issuer_is_named_where_an_operator_changes_it(overlay: str) -> None:
    text = (K8S / "overlays" / overlay / "kustomization.yaml").read_text()
    (line,) = (line for line in text.splitlines() if "cluster-issuer" in line)
    assert "# <-" in line
    assert "ClusterIssuer" in (ROOT / "docs" / "deploy.md").read_text()


def test_an_operator_is_named_after_what_it_needs() -> None:
    """Strimzi's rights go into our namespace, and the plugin's certificates are cert-manager's."""
    text = (ROOT / "docs" / "deploy.md").read_text()
    order = (
        "apply --server-side -f deploy/k8s/base/namespace.yaml`. Before",
        "| an implementation of Gateway API",
        "| the Prometheus operator",
        "| cert-manager |",
        "Barman Cloud plugin |",
        "`STRIMZI_NAMESPACE=tessera`",
    )
    found = [text.index(words) for words in order]
    assert found == sorted(found)


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_every_value_that_is_an_operator_s_own_has_an_arrow(overlay: str) -> None:
    own = (
        "example.org",
        "s3://",
        "gatewayClassName",
        "digest: ",
        "TESSERA_OTLP_ENDPOINT",
        "FILES_REGION",
    )
    lines = (K8S / "overlays" / overlay / "kustomization.yaml").read_text().splitlines()
    mine = [line for line in lines if any(word in line for word in own)]
    assert len(mine) > len(own)
    # The digest's stands above it: it is long.
    without = [line for line in mine if "# <-" not in line and "digest: " not in line]
    assert without == []


def given(service: str) -> set[str]:
    """Every variable that the base, its secret and its addresses give a service."""
    literals = [
        literal
        for folder in ("base", f"base/{service}")
        for generator in kustomization(folder).get("configMapGenerator", [])
        for literal in generator.get("literals", [])
    ]
    vendor = dict.fromkeys((name for names in ASKED.values() for name in names), "x")
    secret = next(
        one
        for one in manifests(items(vendor), "tessera", "postgres:5432", "kafka:9092")
        if one["metadata"]["name"] == f"{service}-secret"
    )
    return {literal.partition("=")[0] for literal in literals} | set(secret["stringData"])


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_all_that_it_is_told_without_a_cluster(
    service: str, tmp_path: Path
) -> None:
    stack = Settings(state=tmp_path, cache=tmp_path, ports=numbered(8080))
    wanted = programs.environment(stack, Keys.made(), service).keys()
    assert wanted - given(service) - OF_THE_STACK_ALONE == set()


@pytest.mark.parametrize("service", SERVICES)
def test_what_every_service_must_know_is_given(service: str) -> None:
    required = {
        f"TESSERA_{name.upper()}"
        for name, field in KernelSettings.model_fields.items()
        if field.is_required()
    }
    assert required - given(service) == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_pod_reads_the_secret_of_its_own_service(service: str) -> None:
    (patch,) = kustomization(f"base/{service}")["patches"]
    (change,) = yaml.safe_load(patch["patch"])
    assert change["value"] == f"{service}-secret"
    assert patch["target"] == {"kind": "Deployment|Job"}


def test_the_keys_that_sign_are_given_to_one_service_each() -> None:
    made = items(dict.fromkeys((name for names in ASKED.values() for name in names), "x"))
    holders = {
        name: [service for service, item in made.items() if name in item]
        for name in ("TESSERA_TOKEN_KEY", "TESSERA_QUOTE_KEY", "TESSERA_STRIPE_KEY")
    }
    assert holders == {
        "TESSERA_TOKEN_KEY": ["membership"],
        "TESSERA_QUOTE_KEY": ["events"],
        "TESSERA_STRIPE_KEY": ["billing"],
    }
    assert all('"d"' not in item["TESSERA_TOKEN_KEYS"] for item in made.values())
    assert len({item["TESSERA_SECRET"] for item in made.values()}) == len(SERVICES)


def test_no_secret_lies_among_the_manifests() -> None:
    assert [title(one) for one in written("Secret")] == []
    assert list(K8S.rglob("*.env")) == []


def test_a_store_s_item_becomes_what_a_service_reads() -> None:
    found = {one["metadata"]["name"]: one for one in written("ExternalSecret")}
    assert found.keys() == {"secret", "database", "kafka-user"}
    made = items(dict.fromkeys((name for names in ASKED.values() for name in names), "x"))
    for one in found.values():
        used = set(re.findall(r"\{\{ \.(\w+) \}\}", json.dumps(one)))
        assert used <= set.intersection(*(set(item) for item in made.values()))


def test_topics_and_rights_are_what_the_contracts_say() -> None:
    """Run `python -m tools.kubernetes`."""
    for path, text in kubernetes.documents().items():
        assert (kubernetes.COMPONENTS / path).read_text() == text, path


def test_every_topic_of_the_contracts_is_code() -> None:
    topics = {one["spec"]["topicName"]: one["spec"] for one in written("KafkaTopic")}
    assert topics.keys() == house.topics().keys()
    for told in topics.values():
        assert (told["partitions"], told["replicas"]) == (PARTITIONS, 3)
        assert told["config"]["min.insync.replicas"] == 2
        assert told["config"]["retention.ms"] == told["config"]["retention.bytes"] == -1


def rights(user: Manifest) -> Iterator[tuple[str, str]]:
    for right in user["spec"]["authorization"]["acls"]:
        for operation in right["operations"]:
            yield operation, right["resource"]["name"]


def test_nobody_writes_what_is_not_theirs() -> None:
    writers = {
        user["metadata"]["name"]: [name for operation, name in rights(user) if operation == "Write"]
        for user in written("KafkaUser")
    }
    assert writers == {service: [f"tessera.{service}."] for service in SERVICES} | {"data-team": []}


def test_a_data_team_reads_every_topic_and_may_do_nothing_else() -> None:
    (user,) = (one for one in written("KafkaUser") if one["metadata"]["name"] == "data-team")
    assert {operation for operation, _ in rights(user)} == {"Describe", "Read"}
    assert ("Read", "tessera.") in set(rights(user))


def test_a_data_team_is_told_how_it_comes_in() -> None:
    page = (ROOT / "docs" / "consume.md").read_text()
    (kafka,) = written("Kafka")
    (listener,) = kafka["spec"]["kafka"]["listeners"]
    (user,) = (one for one in written("KafkaUser") if one["metadata"]["name"] == "data-team")
    (groups,) = (
        right["resource"]["name"]
        for right in user["spec"]["authorization"]["acls"]
        if right["resource"]["type"] == "group"
    )
    assert f"kafka-kafka-bootstrap.tessera.svc:{listener['port']}" in page
    assert f"`{groups}`" in page
    (policy,) = (one for one in policies() if one["metadata"]["name"] == "kafka")
    label = {"namespaceSelector": {"matchLabels": {"tessera.io/reads": "kafka"}}}
    assert label in policy["spec"]["ingress"][0]["from"]
    assert "`tessera.io/reads: kafka`" in page


def test_kafka_keeps_what_was_acknowledged() -> None:
    (kafka,) = written("Kafka")
    config = kafka["spec"]["kafka"]["config"]
    assert config["default.replication.factor"] == 3
    assert config["min.insync.replicas"] == 2
    assert config["auto.create.topics.enable"] is False
    assert kafka["spec"]["kafka"]["authorization"] == {"type": "simple"}
    for listener in kafka["spec"]["kafka"]["listeners"]:
        assert listener["tls"]
        assert listener["authentication"] == {"type": "scram-sha-512"}


def test_workers_are_never_more_than_partitions_and_never_none() -> None:
    scaled = list(written("ScaledObject"))
    assert {one["spec"]["scaleTargetRef"]["name"] for one in scaled} == {
        f"{service}-worker" for service in SERVICES
    }
    for one in scaled:
        told = one["spec"]
        assert 1 <= told["minReplicaCount"] <= told["maxReplicaCount"] <= PARTITIONS
        assert told["fallback"]["replicas"] >= 1
        (trigger,) = told["triggers"]
        service = one["metadata"]["name"].removesuffix("-worker")
        assert trigger["metadata"]["consumerGroup"] == f"tessera.{service}"
        assert trigger["metadata"]["offsetResetPolicy"] == "earliest"
        assert trigger["metadata"]["excludePersistentLag"] == "true"
        # KEDA asks from a namespace of its own, where a short name leads nowhere.
        broker = trigger["metadata"]["bootstrapServers"]
        assert broker == "kafka-kafka-bootstrap.tessera.svc:9093"


def test_a_commit_is_on_two_disks_before_it_is_answered() -> None:
    (cluster,) = written("Cluster", under="components/cloudnative-pg/")
    told = cluster["spec"]
    assert told["instances"] == 3
    assert told["postgresql"]["synchronous"]["number"] == 1
    assert told["postgresql"]["synchronous"]["dataDurability"] == "required"
    assert told["postgresql"]["parameters"]["synchronous_commit"] == "on"
    assert told["enableSuperuserAccess"] is False


def test_every_service_has_a_database_and_a_role_that_is_no_superuser() -> None:
    (cluster,) = written("Cluster", under="components/cloudnative-pg/")
    roles = {role["name"]: role for role in cluster["spec"]["managed"]["roles"]}
    assert roles.keys() == set(SERVICES)
    assert not any({"superuser", "bypassrls"} & role.keys() for role in roles.values())
    databases = {one["spec"]["name"]: one["spec"]["owner"] for one in written("Database")}
    assert databases == {service: service for service in SERVICES}


def test_a_service_connects_to_its_own_database_alone() -> None:
    (cluster,) = written("Cluster", under="components/cloudnative-pg/")
    *own, others = (rule.split() for rule in cluster["spec"]["postgresql"]["pg_hba"])
    assert own == [["hostssl", name, name, "all", "scram-sha-256"] for name in SERVICES]
    assert others == ["host", "all", ",".join(SERVICES), "all", "reject"]
    script = (K8S / "components" / "plain-data" / "databases.sh").read_text()
    assert "REVOKE ALL ON DATABASE $service FROM PUBLIC" in script


def test_there_is_a_backup_every_day_and_a_drill_that_reads_it() -> None:
    (scheduled,) = written("ScheduledBackup")
    assert len(scheduled["spec"]["schedule"].split()) == 6, "seconds first"
    (store,) = written("ObjectStore")
    assert store["spec"]["retentionPolicy"] == "30d"
    (drill,) = written("Cluster", under="drills/")
    assert drill["spec"]["bootstrap"]["recovery"]["source"] == "postgres"
    (check,) = written("Job", under="drills/")
    (container,) = check["spec"]["template"]["spec"]["containers"]
    # Whoever reads the log of a Job of several pods reads its first, which came too early.
    assert "until pg_isready" in container["args"][0]


def test_a_restored_postgres_keeps_its_backups_apart_from_those_it_came_from() -> None:
    (patch,) = kustomization("components/restored")["patches"]
    (cluster,) = written("Cluster", under="components/cloudnative-pg/")
    assert patch["target"] == {"kind": "Cluster", "name": cluster["metadata"]["name"]}
    changes = {one["path"]: one["value"] for one in yaml.safe_load(patch["patch"])}
    (lost,) = changes["/spec/externalClusters"]
    assert changes["/spec/bootstrap"]["recovery"]["source"] == lost["name"]
    (plugin,) = cluster["spec"]["plugins"]
    read = lost["plugin"]["parameters"]
    assert read["barmanObjectName"] == plugin["parameters"]["barmanObjectName"]
    assert read["serverName"] == cluster["metadata"]["name"]
    assert changes["/spec/plugins/0/parameters/serverName"] != read["serverName"]


def test_an_alert_says_how_bad_it_is_and_what_to_do() -> None:
    alerts = [
        rule
        for one in written("PrometheusRule")
        for group in one["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert alerts
    for alert in alerts:
        assert alert["labels"]["severity"], alert["alert"]
        assert alert["annotations"]["summary"], alert["alert"]
        (page,) = re.findall(r"docs/runbooks/[\w-]+\.md", alert["annotations"]["runbook_url"])
        assert alert["alert"] in (ROOT / page).read_text(), page


def test_no_alert_of_a_cluster_waits_for_what_nobody_measures_there() -> None:
    (services,) = written("PrometheusRule", under="components/monitoring/services")
    for group in services["spec"]["groups"]:
        for rule in group["rules"]:
            assert not asked(rule["expr"]) & OF_NO_CLUSTER, rule


def test_what_is_left_out_of_a_cluster_s_alerts_has_its_like_there() -> None:
    (cluster,) = written("PrometheusRule", under="components/monitoring/alerts")
    told = {rule["alert"] for group in cluster["spec"]["groups"] for rule in group["rules"]}
    likes = {
        "ConsumerBehind": {"KafkaConsumerFarBehind"},
        "PostgresConnections": {"PostgresConnectionsTaken"},
        "StoresNotMeasured": {"PostgresNotMeasured", "KafkaNotMeasured"},
    }
    assert likes.keys() == kubernetes.ELSEWHERE
    assert set.union(*likes.values()) <= told


@pytest.mark.parametrize("role", ["api", "worker"])
def test_memory_is_spoken_of_before_a_pod_is_ended_for_it(role: str) -> None:
    (rule,) = (one for one in alerts() if one["alert"] == "MemoryGrows")
    (most,) = re.findall(rf'role="{role}"\}} > (\d+)e6', rule["expr"])
    (workload,) = written("Deployment", under=f"base/service/{role}")
    (container,) = containers(workload)
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Mi")) * 1024**2
    assert 0.7 * limit < int(most) * 10**6 < 0.85 * limit


@pytest.mark.parametrize(("where", "expression"), expressions())
def test_a_question_for_the_collector_s_figures_asks_a_cluster_s_too(
    where: str, expression: str
) -> None:
    if (
        asked(expression) & (OF_NO_CLUSTER - {"kafka_brokers"})
        and where not in kubernetes.ELSEWHERE
    ):
        assert asked(expression) & OF_A_CLUSTER


def test_a_certificate_is_found_by_the_label_that_a_scrape_leaves() -> None:
    """Prometheus' own `namespace` is where cert-manager runs, unless its scrape honours labels."""
    (cluster,) = written("PrometheusRule", under="components/monitoring/alerts")
    (ends,) = (
        rule["expr"]
        for group in cluster["spec"]["groups"]
        for rule in group["rules"]
        if rule["alert"] == "TesseraCertificateEnds"
    )
    assert '{exported_namespace="tessera"}' in ends
    assert '{namespace="tessera"}' in ends


def test_every_pod_that_counts_is_scraped() -> None:
    (monitor,) = (one for one in written("PodMonitor") if one["metadata"]["name"] == "tessera")
    selected = {
        one["key"]: set(one["values"]) for one in monitor["spec"]["selector"]["matchExpressions"]
    }
    assert selected == {
        "app.kubernetes.io/name": set(SERVICES),
        "app.kubernetes.io/component": {"api", "worker"},
    }


def test_a_file_of_manifests_holds_manifests() -> None:
    for path, found in sources().items():
        for one in found:
            assert {"apiVersion", "kind", "metadata", "spec"} <= one.keys() | {"spec"}, path
