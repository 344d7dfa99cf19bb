"""The release before the last migration, as `make cluster-test` applies it."""

from pathlib import Path

import pytest

from tests.cluster.releases import Release, before_the_last_migration
from tests.unit.deploy.manifests import COMPONENT, NAME, SERVICES, containers, labels, rendered

VERSION = "app.kubernetes.io/version"


def test_the_release_before_has_images_and_migrations_of_its_own(tmp_path: Path) -> None:
    if not before_the_last_migration():
        pytest.skip("the history that holds the release before is not here")
    before = Release.before("older", tmp_path)
    objects = rendered(str(before.overlay))
    ours = [one for one in objects if labels(one)[COMPONENT] in {"api", "worker", "migrate"}]
    workloads = [one for one in ours if one["kind"] in {"Deployment", "Job"}]
    assert len(workloads) == 3 * len(SERVICES)
    assert {c["image"] for one in workloads for c in containers(one)} == {"tessera:older"}
    assert {one["metadata"]["name"] for one in ours if one["kind"] == "Job"} == {
        f"{service}-migrate-older" for service in SERVICES
    }
    assert {labels(one)[VERSION] for one in objects} == {"older"}


def test_this_release_is_called_as_its_files_say() -> None:
    assert {labels(one)[VERSION] for one in rendered("overlays/dev")} == {Release.now().version}


def test_stores_and_doubles_stay_while_releases_change() -> None:
    stateful = {
        labels(one)[NAME]
        for one in rendered("overlays/dev")
        if one["kind"] in {"Deployment", "StatefulSet"}
        and labels(one)[COMPONENT] not in {"api", "worker"}
    }
    assert stateful == {"postgres", "kafka", "edge", "mailbox", "stripe"}
    assert not stateful & {"tessera", *SERVICES}
