"""Who may import whom, beyond what .importlinter can say."""

import ast
from functools import cache
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

from tests.architecture.source import named, python_files, tree_of
from tools import house

SHARED_ROOMS = {"events", "projections"}
COMPOSITION_ROOTS = {"app", "worker"}
DECISIONS = ("commands.py", "events.py", "decider.py")
PURE = {
    "calendar",
    "collections",
    "collections.abc",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "itertools",
    "math",
    "types",
    "typing",
    "urllib.parse",
    "uuid",
    "zoneinfo",
    "shared.decider",
    "shared.ids",
    "shared.money",
    "shared.personal_value",
}


@cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("services", "shared", cache_dir=None)


def test_the_import_contracts_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    failed = lint_imports(str(house.ROOT / ".importlinter"), no_cache=True)
    assert failed == 0, capsys.readouterr().out


def trespasses(service: str) -> list[str]:
    features = {folder.name for folder in house.feature_folders(service)}
    found = []
    for importer in sorted(imports().modules):
        place = importer.split(".")
        if place[:2] != ["services", service] or place[2:3] == [] or place[2] in COMPOSITION_ROOTS:
            continue
        for imported in sorted(imports().find_modules_directly_imported_by(importer)):
            _, _, *rest = imported.split(".")
            is_other = imported.startswith(f"services.{service}.") and rest[0] != place[2]
            if is_other and rest[0] in features and not SHARED_ROOMS & set(rest[1:]):
                found.append(f"{importer} imports {imported}")
    return found


@pytest.mark.parametrize("service", house.SERVICES)
def test_features_share_only_events_and_projections(service: str) -> None:
    assert trespasses(service) == []


def decision_files() -> list[Path]:
    return [
        path
        for path in python_files("services")
        if path.name in DECISIONS or path.parent.name == "rules"
    ]


def modules_imported(path: Path) -> set[str]:
    """By full name; of our own services, imports are the other contracts' business."""
    found: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return {name for name in found if not name.startswith("services.")}


def test_decisions_import_nothing_but_pure_things() -> None:
    impure = {
        named(path): modules_imported(path) - PURE
        for path in decision_files()
        if modules_imported(path) - PURE
    }
    assert impure == {}


def test_decisions_make_no_ids_by_chance() -> None:
    by_chance = [
        named(path)
        for path in decision_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name | ast.alias)
        and getattr(node, "id", getattr(node, "name", "")) == "random_id"
    ]
    assert by_chance == []


def test_only_settings_and_the_crash_points_read_the_environment() -> None:
    readers = {
        named(path)
        for path in python_files("services", "shared")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute | ast.alias)
        and getattr(node, "attr", getattr(node, "name", "")) in ("environ", "getenv")
    }
    readers -= {"shared/crash.py"}  # A fault test names the point at which a process dies.
    assert {path for path in readers if not path.endswith("settings.py")} == set()
