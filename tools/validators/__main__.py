"""`python -m tools.validators`: brings the field's checkers, pinned, for tests/unit/deploy, and Stripe's own mock.

And what stands around the services in containers, for tests/e2e/test_prometheus.py: Caddy, the collector, Prometheus.
Needs Go and, for Debian's Prometheus, its package manager; a machine without them is told what it goes without, and
those tests are skipped there. Again costs seconds: what is there already is not built anew.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tools.validators.place import KUBERNETES, folder

HERE = Path(__file__).parent
MODULES = {
    "github.com/cloudnative-pg/cloudnative-pg": "config/crd/bases",
    "github.com/cloudnative-pg/plugin-barman-cloud": "config/crd/bases",
    "github.com/external-secrets/external-secrets": "config/crds/bases",
    "github.com/kedacore/keda/v2": "config/crd/bases",
    "github.com/prometheus-operator/prometheus-operator": "example/prometheus-operator-crd",
    "sigs.k8s.io/gateway-api": "config/crd/standard",
}
"""Where each operator's module keeps its definitions."""
STRIPE, STRIPE_SPEC = "github.com/stripe/stripe-mock", "stripe.openapi.json"
Schema = dict[str, Any]


def main() -> int:
    """Whatever this machine can have."""
    place = folder()
    (place / "bin").mkdir(parents=True, exist_ok=True)
    if shutil.which("go"):
        build(place / "bin")
        write_schemas(place)
        write_stripe(place)
    else:
        print("Without Go: no checkers but promtool, no caddy, collector and stripe-mock.")
    if shutil.which("apt-get") and shutil.which("dpkg-deb"):
        unpack_prometheus(place)
    else:
        print("Without apt-get: no promtool.")
    return 0


def build(place: Path) -> None:
    """What each go.mod names, held to its go.sum."""
    settings = {"GOBIN": str(place), "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    for module in (HERE, HERE / "edge"):
        run("go", "install", "-trimpath", "tool", at=module, settings=settings)
    collector = ("go", "build", "-trimpath", "-o", str(place / "otelcol"), ".")
    run(*collector, at=HERE / "collector", settings=settings)


def unpack_prometheus(place: Path) -> None:
    """Promtool and Prometheus out of Debian's package, installing nothing."""
    if (place / "bin" / "promtool").exists():
        return
    for old in place.glob("prometheus_*.deb"):
        old.unlink()
    run("apt-get", "update", "--quiet", at=place)
    run("apt-get", "download", "--quiet", "prometheus", at=place)
    (package,) = place.glob("prometheus_*.deb")
    run("dpkg-deb", "--extract", str(package), "prometheus", at=place)
    for name in ("promtool", "prometheus"):
        shutil.copy(place / "prometheus" / "usr" / "bin" / name, place / "bin" / name)


def write_schemas(place: Path) -> None:
    """What kubeconform reads: `<kind><-group-version>.json`, Kubernetes' own and the operators'."""
    made = place / "schemas"
    if not made.exists():
        passing = place / "schemas.new"
        shutil.rmtree(passing, ignore_errors=True)
        passing.mkdir()
        _unpack_core(place, passing)
        for definition in _definitions():
            _write_custom(definition, passing)
        passing.rename(made)


def _unpack_core(place: Path, into: Path) -> None:
    """Kubernetes' own. Their ids are addresses that their references lead to: without them they lead next door."""
    wanted = ["--require-hashes", "--requirement", str(HERE / "requirements.lock")]
    download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    run(*download, *wanted, "--dest", str(place), at=place)
    (wheel,) = place.glob("kubernetes_validate-*.whl")
    prefix = f"kubernetes_validate/kubernetes-json-schema/v{KUBERNETES}-local-strict/"
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if name.startswith(prefix) and name.endswith(".json"):
                schema = json.loads(archive.read(name).replace(b'"/api/_def', b'"_def'))
                schema.pop("$id", None)
                (into / name.removeprefix(prefix)).write_text(json.dumps(schema))


def write_stripe(place: Path) -> None:
    """Stripe's description of its API, out of stripe-mock at the version that go.mod pins."""
    told = json.loads(run("go", "mod", "download", "-json", STRIPE, at=HERE))
    shutil.copyfile(Path(told["Dir"]) / "embedded/openapi/spec3.json", place / STRIPE_SPEC)


class _Definition(yaml.SafeLoader):
    """YAML in which a lone `=` is a text, as Kubernetes and YAML 1.2 read it."""


def _as_text(_: yaml.SafeLoader, node: yaml.Node) -> str:
    text: str = node.value
    return text


_Definition.add_constructor("tag:yaml.org,2002:value", _as_text)


def _definitions() -> Iterator[Schema]:
    """Every CustomResourceDefinition of the operators, out of their modules at the versions that go.mod pins."""
    for module, inside in MODULES.items():
        told = json.loads(run("go", "mod", "download", "-json", module, at=HERE / "definitions"))
        for path in sorted((Path(told["Dir"]) / inside).glob("*.yaml")):
            for found in yaml.load_all(path.read_text(), _Definition):
                if found and found["kind"] == "CustomResourceDefinition":
                    yield found


def _write_custom(definition: Schema, into: Path) -> None:
    """One file for each of its versions, strict like Kubernetes' own."""
    spec = definition["spec"]
    for version in spec["versions"]:
        group = spec["group"].partition(".")[0]
        name = f"{spec['names']['kind'].lower()}-{group}-{version['name']}.json"
        schema = _strict(version["schema"]["openAPIV3Schema"], top=True)
        (into / name).write_text(json.dumps(schema))


def _strict(schema: Any, *, top: bool = False) -> Any:
    """The API server's reading of a structural schema: no field but those that are named, and both kinds of number."""
    if isinstance(schema, list):
        return [_strict(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    told = {key: _strict(value) for key, value in schema.items()}
    if told.pop("x-kubernetes-int-or-string", False):
        told["type"] = ["integer", "string"]
    if isinstance(told.get("properties"), dict) and not told.get(
        "x-kubernetes-preserve-unknown-fields"
    ):
        told.setdefault("additionalProperties", False)
    if top:
        told["properties"]["metadata"] = {"type": "object"}
    return told


def run(*command: str, at: Path, settings: Mapping[str, str] | None = None) -> str:
    """What it printed; a failure ends the work with what it said."""
    known = os.environ | (settings or {})
    done = subprocess.run(command, cwd=at, env=known, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
