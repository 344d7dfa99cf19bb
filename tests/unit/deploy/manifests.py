"""What deploy/k8s says: its files as they are, and, where kustomize is at hand, what it makes of them."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import house
from tools.validators import place

K8S = house.ROOT / "deploy" / "k8s"
SERVICES = house.SERVICES
OVERLAYS = ("dev", "staging", "production")
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"

Manifest = Mapping[str, Any]


@cache
def sources() -> dict[str, list[Manifest]]:
    """Every manifest by the file it stands in."""
    return {
        path.relative_to(K8S).as_posix(): [
            one for one in yaml.safe_load_all(path.read_text()) if one
        ]
        for path in sorted(K8S.rglob("*.yaml"))
        if path.name != "kustomization.yaml"
    }


def written(*kinds: str, under: str = "") -> Iterator[Manifest]:
    """Every manifest of these kinds, or all."""
    for path, found in sources().items():
        if path.startswith(under):
            yield from (one for one in found if not kinds or one["kind"] in kinds)


def kustomization(folder: str) -> Manifest:
    """The kustomization of a folder."""
    told: Manifest = yaml.safe_load((K8S / folder / "kustomization.yaml").read_text())
    return told


@cache
def rendered(folder: str) -> list[Manifest]:
    """What `kubectl apply -k` would send; the test is skipped where there is nothing to render with."""
    kustomize, kubectl = place.program("kustomize"), shutil.which("kubectl")
    if kustomize:
        command = [kustomize, "build", str(K8S / folder)]
    elif kubectl and Path(kubectl).exists():
        command = [kubectl, "kustomize", str(K8S / folder)]
    else:
        pytest.skip("there is neither kustomize nor kubectl: python -m tools.validators")
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert not made.stderr, made.stderr
    return list(yaml.safe_load_all(made.stdout))


def pod(workload: Manifest) -> Manifest:
    """The pod that a workload makes."""
    spec: Manifest = workload["spec"]["template"]["spec"]
    return spec


def containers(workload: Manifest) -> list[Manifest]:
    """Every container of a workload's pod, those before the others too."""
    return [*pod(workload).get("initContainers", []), *pod(workload)["containers"]]


def labels(manifest: Manifest) -> Mapping[str, str]:
    """Its labels."""
    found: Mapping[str, str] = manifest["metadata"].get("labels", {})
    return found


def title(manifest: Manifest) -> str:
    """For a failure's first line."""
    return f"{manifest['kind']}/{manifest['metadata']['name']}"


WORKLOADS = ("Deployment", "StatefulSet", "Job", "DaemonSet", "CronJob")


def workloads() -> list[Manifest]:
    """Everything here that runs containers."""
    return list(written(*WORKLOADS))


def checker(name: str) -> str:
    """The path of one of the field's own checkers; the test is skipped where it is not."""
    found = place.program(name)
    if found is None:
        pytest.skip(f"{name} is not here: python -m tools.validators")
    return found


def accepted(*command: str) -> None:
    """A checker has nothing to say against it."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
