"""The field's own checkers, where they are installed: CI has them on its PATH, a clone need not."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.unit.deploy.manifests import OVERLAYS, rendered, title, written

SCHEMAS = "TESSERA_KUBERNETES_SCHEMAS"


def checker(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on the PATH")
    return found


def accepted(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("folder", [*(f"overlays/{name}" for name in OVERLAYS), "drills/restore"])
def test_every_object_fits_its_schema(folder: str, tmp_path: Path) -> None:
    """The variable names folders of JSON schemas, comma separated, in kubeconform's own words for a location."""
    kubeconform, locations = checker("kubeconform"), os.environ.get(SCHEMAS)
    if not locations:
        pytest.skip(f"{SCHEMAS} names no schemas, and a test goes to no network for them")
    sent = tmp_path / "sent.yaml"
    sent.write_text(yaml.safe_dump_all(rendered(folder)))
    told = [word for place in locations.split(",") for word in ("-schema-location", place)]
    accepted(kubeconform, "-strict", "-kubernetes-version", "1.34.0", *told, str(sent))


@pytest.mark.parametrize("rules", list(written("PrometheusRule")), ids=title)
def test_prometheus_understands_every_rule(rules: object, tmp_path: Path) -> None:
    promtool = checker("promtool")
    assert isinstance(rules, dict)
    groups = tmp_path / "rules.yaml"
    groups.write_text(yaml.safe_dump(rules["spec"]))
    accepted(promtool, "check", "rules", str(groups))


def test_gitleaks_finds_nothing_among_the_manifests() -> None:
    gitleaks = checker("gitleaks")
    folder = Path(__file__).parents[3] / "deploy"
    accepted(gitleaks, "detect", "--no-git", "--no-banner", "--source", str(folder))
