"""The stack in containers is confined, waits for what it needs, and tells a service what a laptop's stack does."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.compose import keys
from deploy.local import programs
from deploy.local.composed import MOUNTED, is_brief, mounted
from deploy.local.keys import Keys
from deploy.local.settings import DEFAULT_BASE, SERVICES, Settings, numbered
from tools import house

UNCHECKED = {
    "collector": "its image holds one program and nothing that could ask it; Prometheus does"
}
WRITABLE = {"kafka": "its start script writes the configuration beside its programs"}
ONCE = {"deploy/compose/postgres"}
"""Read at a first start and never again."""
OF_THIS_REPOSITORY = re.compile(r"\$\{TESSERA_(?:DOUBLES_)?IMAGE:-tessera(?:-doubles)?:[\d.]+\}")
PINNED = re.compile(r"[a-z0-9./-]+:v?\d[\w.-]*")
DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")


@cache
def composition() -> Any:
    return yaml.safe_load((house.ROOT / "docker-compose.yml").read_text())


NAMES = sorted(composition()["services"])
LASTING = [name for name in NAMES if not is_brief(name)]


def service(name: str) -> Any:
    return composition()["services"][name]


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_says_whether_it_is_healthy(name: str) -> None:
    assert ("healthcheck" in service(name)) != (name in UNCHECKED)


@pytest.mark.parametrize("name", NAMES)
def test_a_container_writes_nowhere_but_where_it_must(name: str) -> None:
    assert service(name)["read_only"] != (name in WRITABLE)


@pytest.mark.parametrize("name", NAMES)
def test_a_container_has_no_right_it_does_not_need(name: str) -> None:
    assert service(name)["cap_drop"] == ["ALL"]
    assert service(name)["security_opt"] == ["no-new-privileges:true"]
    assert set(service(name).get("cap_add", [])) <= {"NET_BIND_SERVICE"}
    assert not {"privileged", "pid", "ipc", "devices"} & service(name).keys()
    assert service(name).get("network_mode", "none") == "none"


@pytest.mark.parametrize("name", NAMES)
def test_a_container_cannot_take_the_whole_machine(name: str) -> None:
    assert {"mem_limit", "pids_limit"} <= service(name).keys()


@pytest.mark.parametrize("name", NAMES)
def test_ports_are_open_to_this_machine_alone(name: str) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service(name).get("ports", []))


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_a_version(name: str) -> None:
    image = service(name)["image"]
    assert OF_THIS_REPOSITORY.fullmatch(image) or PINNED.fullmatch(image)
    assert "latest" not in image


@pytest.mark.parametrize("name", NAMES)
def test_who_waits_waits_for_health_or_for_the_end(name: str) -> None:
    for other, how in service(name).get("depends_on", {}).items():
        expected = "service_completed_successfully" if is_brief(other) else "service_healthy"
        assert how["condition"] == expected


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_serves_before_its_schema_is_there(name: str) -> None:
    for role in ("api", "worker"):
        assert f"{name}-migrate" in service(f"{name}-{role}")["depends_on"]
    needed = service(f"{name}-migrate")["depends_on"]
    assert set(needed) == {"keys", "postgres", "kafka"}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_is_told_all_that_it_is_told_on_a_laptop(name: str, made: Keys) -> None:
    settings = Settings(state=Path("state"), cache=Path("cache"), ports=numbered(DEFAULT_BASE))
    expected = programs.environment(settings, made, name)
    secret = keys.files(made)[name]
    for role in ("api", "worker", "migrate"):
        told = service(f"{name}-{role}")["environment"]
        assert set(expected) <= set(told) | set(secret)
        assert not set(told) & set(secret)


def test_who_speaks_to_vendors_has_a_way_out_and_nobody_else() -> None:
    speak = {f"{name}-{role}" for name in ("membership", "billing") for role in ("api", "worker")}
    assert {name for name in NAMES if "outside" in service(name).get("networks", [])} == speak


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_sees_its_own_secrets_alone(name: str) -> None:
    for role in ("api", "worker", "migrate"):
        keeps_files = role == "worker" or (name, role) == ("membership", "api")
        kept = ["files:/var/lib/tessera/files"] if keeps_files else []
        assert service(f"{name}-{role}")["volumes"] == [f"keys-{name}:/run/secrets:ro", *kept]


def test_no_secret_stands_in_the_composition(made: Keys) -> None:
    written = {text for files in keys.files(made).values() for text in files}
    for name in NAMES:
        told = service(name).get("environment", {})
        assert not (set(told) & written) - {"TESSERA_STRIPE_KEY"}


@pytest.mark.parametrize("name", NAMES)
def test_what_reads_files_of_this_repository_is_made_anew_when_they_change(name: str) -> None:
    read = {one.removeprefix("./").split(":")[0] for one in service(name).get("volumes", ())}
    watched = any(one.startswith(MOUNTED) for one in read)
    assert watched == ("tessera.mounted" in service(name).get("labels", {}))
    assert watched or not any(one.startswith("deploy") for one in read - ONCE)


def test_a_changed_file_changes_the_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.composed.ROOT", tmp_path)
    rules = tmp_path / MOUNTED[1] / "rules" / "alerts.yaml"
    rules.parent.mkdir(parents=True)
    rules.write_text("groups: []")
    before = mounted()
    assert before == mounted()
    rules.write_text("groups: [{}]")
    assert before != mounted()


def test_doubles_come_with_the_demonstration_alone() -> None:
    doubles = [name for name in NAMES if "doubles" in service(name)["image"] and name != "keys"]
    assert sorted(doubles) == ["mailbox", "paypal", "stripe"]
    assert all(service(name)["profiles"] == ["demo"] for name in doubles)


def test_a_published_port_is_the_laptops() -> None:
    ports = numbered(DEFAULT_BASE)
    for name in NAMES:
        for port in service(name).get("ports", []):
            variable = re.findall(r"TESSERA_PORT_(\w+):-(\d+)", port)[0]
            assert int(variable[1]) == ports[variable[0].lower()]


def test_secrets_are_made_once(tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    before = keys.files(Keys.of(tmp_path / "all"))
    for volume in before:
        (tmp_path / volume).mkdir()
    keys.write(tmp_path, before)
    keys.write(tmp_path, keys.files(Keys.of(tmp_path / "all")))
    for volume, files in before.items():
        for name, text in files.items():
            assert (tmp_path / volume / name).read_text() == text


def test_no_two_roles_of_postgres_share_a_password(made: Keys) -> None:
    passwords = keys.files(made)["postgres"]
    assert len(set(passwords.values())) == len(passwords) == len(SERVICES) + 2


def test_every_role_of_postgres_has_its_password(made: Keys) -> None:
    script = (house.ROOT / "deploy" / "compose" / "postgres" / "10-roles.sh").read_text()
    roles = re.findall(r"^for role in (.*); do$", script, flags=re.MULTILINE)[0].split()
    assert {*roles, keys.SUPERUSER} == set(keys.files(made)["postgres"])


def test_the_doubles_have_the_versions_of_development() -> None:
    pins = {
        name: set(re.findall(r"^([\w.-]+==[\w.]+)", (house.ROOT / name).read_text(), re.MULTILINE))
        for name in ("requirements-doubles.lock", "requirements-dev.lock")
    }
    assert pins["requirements-doubles.lock"] <= pins["requirements-dev.lock"]


@pytest.mark.parametrize("stage", ["tessera", "doubles"])
def test_an_image_runs_as_nobody_in_particular(stage: str) -> None:
    dockerfile = (house.ROOT / "Dockerfile").read_text()
    text = re.split(rf"^FROM \S+ AS {stage}$", dockerfile, flags=re.MULTILINE)[1]
    text = re.split(r"^FROM ", text, flags=re.MULTILINE)[0]
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE) == ["10001:10001"]


def test_what_is_installed_into_an_image_is_what_was_locked() -> None:
    installs = re.findall(
        r"pip --python .*?\n(?=[A-Z#\n])", (house.ROOT / "Dockerfile").read_text(), re.DOTALL
    )
    assert len(installs) == 2
    for install in installs:
        assert "--require-hashes" in install
        assert "--no-deps" in install
        assert ".lock" in install


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys.of(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [
        ("edge", "edge", "github.com/caddyserver/caddy/v2"),
        ("collector", "collector", "go.opentelemetry.io/collector/otelcol"),
    ],
)
def test_what_is_tried_is_of_the_version_that_is_run(name: str, module: str, package: str) -> None:
    pins = (house.ROOT / "tools" / "validators" / module / "go.mod").read_text()
    (pinned,) = re.findall(rf"^\s*{re.escape(package)} v([\d.]+)", pins, re.MULTILINE)
    assert service(name)["image"].partition(":")[2].removesuffix("-alpine") == pinned
