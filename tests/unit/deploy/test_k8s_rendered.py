"""What `kubectl apply -k` would send, where kustomize or kubectl is at hand."""

import re

import pytest

from tests.unit.deploy.figures import DASHBOARDS
from tests.unit.deploy.manifests import (
    COMPONENT,
    NAME,
    OVERLAYS,
    SERVICES,
    WORKLOADS,
    Manifest,
    containers,
    labels,
    rendered,
    title,
)

LABELS = {
    f"app.kubernetes.io/{name}"
    for name in ("name", "instance", "version", "component", "part-of", "managed-by")
}

every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


def objects(overlay: str) -> list[Manifest]:
    return rendered(f"overlays/{overlay}")


def names(overlay: str, kind: str) -> set[str]:
    return {one["metadata"]["name"] for one in objects(overlay) if one["kind"] == kind}


@every_overlay
def test_every_object_says_what_it_is(overlay: str) -> None:
    assert {
        title(one): sorted(LABELS - labels(one).keys())
        for one in objects(overlay)
        if LABELS - labels(one).keys()
    } == {}


@every_overlay
def test_every_object_is_there_once_and_in_the_one_namespace(overlay: str) -> None:
    seen = [(one["apiVersion"], title(one)) for one in objects(overlay)]
    assert len(seen) == len(set(seen))
    places = {
        one["metadata"].get("namespace") for one in objects(overlay) if one["kind"] != "Namespace"
    }
    assert len(places) == 1


@every_overlay
def test_four_services_run_as_eight_deployments(overlay: str) -> None:
    wanted = {f"{service}-{role}" for service in SERVICES for role in ("api", "worker")}
    assert wanted <= names(overlay, "Deployment")


@every_overlay
def test_selectors_find_one_workload_each(overlay: str) -> None:
    found = {
        title(one): one["spec"]["selector"]["matchLabels"]
        for one in objects(overlay)
        if one["kind"] in ("Deployment", "StatefulSet", "PodDisruptionBudget")
    }
    assert all({NAME, COMPONENT} <= selector.keys() for selector in found.values())
    assert not any("version" in key for selector in found.values() for key in selector)


@every_overlay
def test_every_deployment_has_its_budget(overlay: str) -> None:
    budgets = [
        one["spec"]["selector"]["matchLabels"]
        for one in objects(overlay)
        if one["kind"] == "PodDisruptionBudget"
    ]
    for one in objects(overlay):
        if one["kind"] == "Deployment":
            assert one["spec"]["selector"]["matchLabels"] in budgets, title(one)


@every_overlay
def test_a_release_has_migrations_of_its_own(overlay: str) -> None:
    versions = {labels(one)["app.kubernetes.io/version"] for one in objects(overlay)}
    (version,) = versions
    assert {f"{service}-migrate-{version}" for service in SERVICES} <= names(overlay, "Job")


@every_overlay
def test_what_a_pod_refers_to_is_there(overlay: str) -> None:
    maps, accounts = names(overlay, "ConfigMap"), names(overlay, "ServiceAccount")
    for one in objects(overlay):
        if one["kind"] not in WORKLOADS:
            continue
        spec = one["spec"]["template"]["spec"]
        assert spec.get("serviceAccountName") in accounts | {None}
        for container in containers(one):
            for source in container.get("envFrom", []):
                if "configMapRef" in source:
                    assert source["configMapRef"]["name"] in maps
            mounted = {mount["name"] for mount in container.get("volumeMounts", [])}
            assert mounted <= {volume["name"] for volume in spec.get("volumes", [])}


@every_overlay
def test_no_image_is_the_latest(overlay: str) -> None:
    for one in objects(overlay):
        if one["kind"] in WORKLOADS:
            for container in containers(one):
                assert re.search(
                    r"(:[\w.-]*\d[\w.-]*|@sha256:[0-9a-f]{64})$", container["image"]
                ), container["image"]


def test_production_runs_images_that_nobody_can_move() -> None:
    images = {
        container["image"]
        for one in objects("production")
        if one["kind"] in ("Deployment", "Job")
        for container in containers(one)
    }
    assert all("@sha256:" in image for image in images)


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_where_there_is_money_nothing_is_a_double_and_time_is_real(overlay: str) -> None:
    settings = {
        key: value
        for one in objects(overlay)
        if one["kind"] == "ConfigMap"
        for key, value in one.get("data", {}).items()
    }
    assert settings["TESSERA_CLOCK"] == "real"
    assert "TESSERA_STRIPE_URL" not in settings
    assert names(overlay, "StatefulSet") == set()


def test_staging_opens_no_item_of_production() -> None:
    told = {
        overlay: {
            (labels(one)[NAME], source["extract"]["key"])
            for one in objects(overlay)
            if one["kind"] == "ExternalSecret"
            for source in one["spec"]["dataFrom"]
        }
        for overlay in ("production", "staging")
    }
    assert told == {
        "production": {(service, f"tessera/{service}") for service in SERVICES},
        "staging": {(service, f"tessera-staging/{service}") for service in SERVICES},
    }


def test_postgres_has_room_for_every_process_while_all_of_them_roll() -> None:
    """A process holds at most five connections of its pool and two of its own (docs/deploy.md)."""
    most = sum(
        one["spec"].get("maxReplicas") or one["spec"]["maxReplicaCount"]
        for one in objects("production")
        if one["kind"] in ("ScaledObject", "HorizontalPodAutoscaler")
    ) + sum(
        one["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
        for one in objects("production")
        if one["kind"] == "Deployment"
    )
    (cluster,) = (
        one["spec"]["postgresql"]["parameters"]
        for one in objects("production")
        if one["apiVersion"].startswith("postgresql") and one["kind"] == "Cluster"
    )
    assert most * 7 + 20 <= int(cluster["max_connections"])


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_grafana_finds_every_dashboard(overlay: str) -> None:
    (boards,) = (one for one in objects(overlay) if "grafana_dashboard" in labels(one))
    assert boards["data"] == {path.name: path.read_text() for path in DASHBOARDS}


@pytest.mark.parametrize("overlay", ["staging", "production"])
def test_what_scales_by_lag_says_no_number_of_its_own(overlay: str) -> None:
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]
        for one in objects(overlay)
        if one["kind"] in ("ScaledObject", "HorizontalPodAutoscaler")
    }
    for one in objects(overlay):
        if one["kind"] == "Deployment":
            assert one["metadata"]["name"] in scaled
            assert "replicas" not in one["spec"]
