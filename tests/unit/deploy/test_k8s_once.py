"""A verb that runs once in the cluster, as docs/runbooks/restore.md has it."""

import pytest

from deploy.k8s.once import job
from tests.unit.deploy import manifests
from tests.unit.deploy.manifests import COMPONENT, NAME, containers, labels, pod, rendered


@pytest.fixture
def worker() -> manifests.Manifest:
    found = (one for one in rendered("overlays/production") if one["kind"] == "Deployment")
    return next(one for one in found if one["metadata"]["name"] == "billing-worker")


def test_it_is_the_worker_s_pod_with_another_verb_and_nobody_who_asks_whether_it_lives(
    worker: manifests.Manifest,
) -> None:
    made = job(worker, ["lacking", "--json"])
    (once,), (lasting,) = containers(made), containers(worker)
    assert once["args"] == ["lacking", "--json"]
    for same in ("image", "command", "env", "envFrom", "volumeMounts", "securityContext"):
        assert once[same] == lasting[same], same
    assert pod(made)["volumes"] == pod(worker)["volumes"]
    assert not {"startupProbe", "livenessProbe", "readinessProbe"} & once.keys()


def test_the_network_takes_it_for_a_migration_and_no_deployment_for_its_own(
    worker: manifests.Manifest,
) -> None:
    made = job(worker, ["check"])
    migration = next(
        one
        for one in rendered("overlays/production")
        if one["kind"] == "Job" and labels(one)[NAME] == "billing"
    )
    own = labels(made["spec"]["template"])
    assert (
        own.items()
        >= {key: labels(migration["spec"]["template"])[key] for key in (NAME, COMPONENT)}.items()
    )
    assert not own.items() >= worker["spec"]["selector"]["matchLabels"].items()
    assert made["metadata"]["namespace"] == "tessera"


def test_it_is_tried_once_and_each_run_has_a_name_of_its_own(worker: manifests.Manifest) -> None:
    first, second = (job(worker, ["advance-position", "7"]) for _ in range(2))
    assert first["spec"]["backoffLimit"] == 0
    assert first["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert first["metadata"]["name"].startswith("billing-advance-position-")
    assert first["metadata"]["name"] != second["metadata"]["name"]
