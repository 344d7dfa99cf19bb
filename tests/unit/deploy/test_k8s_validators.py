"""The field's own checkers, where they are: `python -m tools.validators` brings them, and CI has them."""

from pathlib import Path

import pytest
import yaml

from tests.unit.deploy.manifests import OVERLAYS, accepted, checker, rendered, title, written
from tools import house
from tools.validators import place

ON_OPERATORS = ("staging", "production")
SPREAD_OTHERWISE = "deployment-has-host-podantiaffinity"
"""What kube-score asks for anti-affinity, our topology spread does, by zone too."""


def as_sent(folder: str, into: Path) -> str:
    sent = into / "sent.yaml"
    sent.write_text(yaml.safe_dump_all(rendered(folder)))
    return str(sent)


@pytest.mark.parametrize("folder", [*(f"overlays/{name}" for name in OVERLAYS), "drills/restore"])
def test_every_object_fits_its_schema(folder: str, tmp_path: Path) -> None:
    schemas = place.folder() / "schemas"
    kubeconform = checker("kubeconform")
    if not schemas.exists():
        pytest.skip(
            "there are no schemas, and a test goes to no network for them: python -m tools.validators"
        )
    told = ["-strict", "-kubernetes-version", place.KUBERNETES]
    told += ["-skip", ",".join(place.NOT_HAD)]
    told += ["-schema-location", f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"]
    accepted(kubeconform, *told, as_sent(folder, tmp_path))


@pytest.mark.parametrize("overlay", ON_OPERATORS)
def test_kube_score_has_no_complaint(overlay: str, tmp_path: Path) -> None:
    """The trial's throw-away servers are not held to it: they are one replica each, on purpose."""
    told = ["--kubernetes-version", "v" + place.KUBERNETES.rpartition(".")[0]]
    told += ["--exit-one-on-warning", "--ignore-test", SPREAD_OTHERWISE]
    accepted(checker("kube-score"), "score", *told, as_sent(f"overlays/{overlay}", tmp_path))


@pytest.mark.parametrize("rules", list(written("PrometheusRule")), ids=title)
def test_prometheus_understands_every_rule(rules: object, tmp_path: Path) -> None:
    promtool = checker("promtool")
    assert isinstance(rules, dict)
    groups = tmp_path / "rules.yaml"
    groups.write_text(yaml.safe_dump(rules["spec"]))
    accepted(promtool, "check", "rules", str(groups))


def test_gitleaks_finds_no_secret_in_any_commit() -> None:
    accepted(checker("gitleaks"), "git", "--no-banner", str(house.ROOT))
