"""A feature that was just laid down passes what `make check` asks, in a copy of this very tree."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.house import ROOT

FOLDERS = ("services", "shared", "tools", "tests", "docs", "deploy")
FILES = ("pyproject.toml", ".importlinter", "Makefile")
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".mypy_cache", ".*_cache")
NEW = ("services/billing/gift", "tests/unit/billing/gift")
CHANGED = (*NEW, "services/billing/app.py")
# The architecture tests that a new feature could fail; the others speak of the whole house.
SAYING = ("imports", "features", "routes", "facts", "samples", "documents")
ELSEWHERE = "enforces or link or numbered"


def run(tree: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which `make feature S=billing F=gift` has been run."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=LEFT_OUT)
    for file in FILES:
        shutil.copy2(ROOT / file, copy / file)
    for page in ROOT.glob("*.md"):
        shutil.copy2(page, copy / page.name)
    if (ROOT / ".mypy_cache").exists():
        shutil.copytree(ROOT / ".mypy_cache", copy / ".mypy_cache")
    told = run(copy, "tools.feature", "billing", "gift")
    assert "services/billing/gift/decider.py" in told
    return copy


def test_it_has_its_sample_and_its_documents(tree: Path) -> None:
    assert (tree / "tests/samples/events/billing/GiftRecorded.v1.json").exists()
    assert "record_gift" in (tree / "docs/openapi/billing.json").read_text()
    assert "`gift_recorded`" in (tree / "docs/errors.md").read_text()
    assert "GiftRecorded" in (tree / "docs/data-dictionary.md").read_text()


def test_it_is_formatted_and_linted(tree: Path) -> None:
    run(tree, "ruff", "format", "--check", "--no-cache", *CHANGED)
    run(tree, "ruff", "check", "--no-cache", *CHANGED)


@pytest.mark.timeout(600)  # Where no cache was left by an earlier check, everything is read anew.
def test_its_types_are_right(tree: Path) -> None:
    run(tree, "mypy", *NEW)


def test_it_passes_its_own_tests_and_those_of_the_house(tree: Path) -> None:
    house = [f"tests/architecture/test_{name}.py" for name in SAYING]
    run(tree, "pytest", "--quiet", "-k", f"not ({ELSEWHERE})", "tests/unit/billing/gift", *house)


def test_laying_it_down_twice_is_refused(tree: Path) -> None:
    again = subprocess.run(
        [sys.executable, "-m", "tools.feature", "billing", "gift"],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 2
    assert again.stderr == "services/billing/gift is there already.\n"
