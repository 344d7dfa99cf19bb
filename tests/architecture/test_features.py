"""Every feature is one folder with the same rooms, and stands in its service's table of contents."""

import ast
import re
from pathlib import Path

import pytest

from shared.service import Blueprint
from tests.architecture.source import named, python_files, tree_of
from tools import house

NEEDED = {"__init__.py", "feature.py"}
RULES = "rules"  # the rooms of a decider that is too large for one
ALLOWED = {"__init__.py", RULES, *(f"{room}.py" for room in house.ROOMS)}
MOST_FILES = 10  # the eight rooms, the rules and the empty __init__.py

FEATURES = {blueprint.name: blueprint.features for blueprint in house.blueprints()}
FOLDERS = [folder for service in house.SERVICES for folder in house.feature_folders(service)]


@pytest.mark.parametrize("service", house.SERVICES)
def test_every_feature_folder_is_mounted(service: str) -> None:
    app = tree_of(house.ROOT / "services" / service / "app.py")
    imported = {
        node.module
        for node in ast.walk(app)
        if isinstance(node, ast.ImportFrom) and any(name.name == "FEATURE" for name in node.names)
    }
    folders = {f"services.{service}.{path.name}.feature" for path in house.feature_folders(service)}
    assert folders - imported == set(), "add it to MOUNTED in app.py"


@pytest.mark.parametrize("service", house.SERVICES)
def test_every_folder_with_python_files_is_a_feature_or_the_gateways(service: str) -> None:
    features = {folder.name for folder in house.feature_folders(service)}
    others = {
        folder.name
        for folder in (house.ROOT / "services" / service).iterdir()
        if folder.is_dir() and any(folder.glob("*.py")) and folder.name not in features
    }
    assert others <= {"gateways", "migrations"}


@pytest.mark.parametrize("service", house.SERVICES)
def test_a_mounted_feature_is_named_as_its_folder(service: str) -> None:
    names = [feature.name for feature in FEATURES[service]]
    assert len(names) == len(set(names))
    assert {folder.name for folder in house.feature_folders(service)} <= set(names)


@pytest.mark.parametrize("folder", FOLDERS, ids=named)
def test_a_feature_has_only_the_eight_rooms(folder: Path) -> None:
    found = {path.name for path in folder.iterdir() if path.name != "__pycache__"}
    assert found <= ALLOWED
    assert found >= NEEDED
    assert len(found) <= MOST_FILES


def test_a_feature_that_decides_has_its_words() -> None:
    for folder in FOLDERS:
        if (folder / "decider.py").exists():
            assert (folder / "commands.py").exists(), named(folder)
            assert (folder / "events.py").exists(), named(folder)
        else:
            assert not (folder / RULES).exists(), named(folder)


def test_every_init_file_is_empty() -> None:
    files = python_files("services", "shared", "tools")
    spoken = [named(path) for path in files if path.name == "__init__.py" and path.read_text()]
    assert spoken == []


def test_every_package_has_its_init_file() -> None:
    folders = {path.parent for path in python_files("services", "shared", "deploy", "tools")}
    assert [named(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_every_module_says_in_a_sentence_what_it_is() -> None:
    silent = [
        named(path)
        for path in python_files("services", "shared", "tools")
        if path.name != "__init__.py" and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


READ = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE|TABLE)\s+([a-z_]+_v\d+\w*)")


@pytest.mark.parametrize("blueprint", house.blueprints(), ids=lambda blueprint: blueprint.name)
def test_no_read_model_is_asked_for_under_a_name_that_it_no_longer_has(
    blueprint: Blueprint,
) -> None:
    """A projection's version is in the names of its tables, and others read them too."""
    tables = {table for one in blueprint.projections for table in one.tables}
    asked = {
        (named(path), table)
        for path in python_files(f"services/{blueprint.name}")
        for table in READ.findall(path.read_text())
    }
    assert {(where, table) for where, table in asked if table not in tables} == set()
