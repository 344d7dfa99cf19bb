"""What runs in a cluster, point by point: deploy/k8s/README.md has the list and the reasons."""

import inspect
import re

import pytest

from shared import cli
from tests.unit.deploy.manifests import (
    COMPONENT,
    Manifest,
    containers,
    kustomization,
    pod,
    title,
    workloads,
    written,
)

THEIR_OWN_USER = {"StatefulSet/postgres": 999, "StatefulSet/kafka": 1000}
WRITES_BESIDE_ITS_CODE = {"StatefulSet/kafka"}
ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "persistentVolumeClaim",
    "projected",
    "secret",
}

every_workload = pytest.mark.parametrize("workload", workloads(), ids=title)


def of(component: str, kind: str = "Deployment") -> Manifest:
    (found,) = (
        one
        for one in written(kind, under="base/service/")
        if one["metadata"]["labels"][COMPONENT] == component
    )
    return found


@every_workload
def test_a_pod_passes_the_restricted_policy(workload: Manifest) -> None:
    told = pod(workload)["securityContext"]
    assert told["runAsNonRoot"] is True
    assert told["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod(workload).keys()
    for volume in pod(workload).get("volumes", []):
        assert volume.keys() - {"name"} <= ALLOWED_VOLUMES
    for container in containers(workload):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        capabilities = container["securityContext"]["capabilities"]
        assert capabilities["drop"] == ["ALL"]
        assert set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"}
        assert not any("hostPort" in port for port in container.get("ports", []))


@every_workload
def test_a_pod_writes_nowhere_but_into_sized_folders_and_speaks_to_no_kubernetes_api(
    workload: Manifest,
) -> None:
    assert pod(workload)["automountServiceAccountToken"] is False
    assert pod(workload)["securityContext"]["runAsUser"] == THEIR_OWN_USER.get(
        title(workload), 10001
    )
    for container in containers(workload):
        read_only = container["securityContext"].get("readOnlyRootFilesystem", False)
        assert read_only is (title(workload) not in WRITES_BESIDE_ITS_CODE)
    for volume in pod(workload).get("volumes", []):
        assert "emptyDir" not in volume or volume["emptyDir"]["sizeLimit"]


@every_workload
def test_a_container_says_what_it_needs(workload: Manifest) -> None:
    for container in containers(workload):
        told = container["resources"]
        assert told["requests"].keys() >= {"cpu", "memory", "ephemeral-storage"}
        assert told["limits"].keys() == {"memory", "ephemeral-storage"}, "a CPU limit adds latency"


@every_workload
def test_an_image_is_never_the_latest(workload: Manifest) -> None:
    for container in containers(workload):
        image = container["image"]
        assert image.startswith("tessera") or re.search(r":[\w.-]*\d[\w.-]*$|@sha256:", image), (
            image
        )


def test_liveness_asks_the_process_and_readiness_what_it_leans_on() -> None:
    for component in ("api", "worker"):
        (container,) = containers(of(component))
        paths = {
            probe: container[probe]["httpGet"]["path"]
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        }
        assert paths == {
            "startupProbe": "/livez",
            "livenessProbe": "/livez",
            "readinessProbe": "/readyz",
        }
        assert all(container[probe]["httpGet"]["port"] == "admin" for probe in paths)


def test_a_failover_of_the_database_does_not_empty_the_service() -> None:
    probe = containers(of("api"))[0]["readinessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 30


def test_a_rollout_never_takes_away_before_it_has_added() -> None:
    for component in ("api", "worker"):
        told = of(component)["spec"]
        assert told["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert told["minReadySeconds"] > 0


def test_a_pod_is_given_the_time_that_it_takes_to_stop() -> None:
    source = inspect.getsource(cli)
    (requests,) = re.findall(r"timeout_graceful_shutdown=(\d+)", source)
    api = of("api")
    before = containers(api)[0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert before >= 5
    (for_all,) = kustomization("base")["configMapGenerator"]
    settings = dict(literal.split("=", 1) for literal in for_all["literals"])
    drain = int(settings["TESSERA_DRAIN_SECONDS"])
    assert drain >= 2  # an HTTP server of ours renews what it puts on each answer once a second
    assert pod(api)["terminationGracePeriodSeconds"] > before + drain + int(requests) + 5
    assert pod(of("worker"))["terminationGracePeriodSeconds"] > int(requests) + 5


def test_pods_are_spread_over_zones_and_nodes_without_being_held_back() -> None:
    for component in ("api", "worker"):
        told = pod(of(component))["topologySpreadConstraints"]
        assert [one["topologyKey"] for one in told] == [
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        ]
        assert {one["whenUnsatisfiable"] for one in told} == {"ScheduleAnyway"}


def test_a_worker_has_no_service() -> None:
    services = [
        one for one in written("Service") if one["spec"]["selector"].get(COMPONENT) == "worker"
    ]
    assert services == []


def test_a_migration_ends_one_way_or_the_other() -> None:
    told = of("migrate", "Job")["spec"]
    assert told["backoffLimit"] > 0
    assert told["activeDeadlineSeconds"] > 0
    assert told["ttlSecondsAfterFinished"] > 0
    assert pod(of("migrate", "Job"))["restartPolicy"] == "Never"


def test_every_deployment_may_lose_one_pod_at_a_time() -> None:
    budgets = {
        one["spec"]["selector"]["matchLabels"][COMPONENT]: one["spec"]["maxUnavailable"]
        for one in written("PodDisruptionBudget", under="base/service/")
    }
    assert budgets == {"api": 1, "worker": 1}


def test_how_many_apis_run_is_said_by_the_autoscaler_alone() -> None:
    (autoscaler,) = written("HorizontalPodAutoscaler", under="base/service/")
    assert autoscaler["spec"]["scaleTargetRef"]["name"] == "api"
    assert autoscaler["spec"]["minReplicas"] >= 2
    assert "replicas" not in of("api")["spec"]
