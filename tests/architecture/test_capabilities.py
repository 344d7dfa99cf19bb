"""What docs/capabilities.md says we can do, a test shows; what no test shows, it says we cannot."""

import re
from pathlib import Path

import pytest

from tools import house

PAGE = house.ROOT / "docs" / "capabilities.md"
READMES = sorted(house.ROOT.glob("services/*/README.md"))
ROWS = re.findall(r"^\| (?!capability|---)(.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)


@pytest.mark.parametrize(("capability", "shown_by"), ROWS, ids=[row[0] for row in ROWS])
def test_every_capability_has_its_test_or_says_what_is_missing(
    capability: str, shown_by: str
) -> None:
    del capability
    named = re.fullmatch(r"`(.+)::(\w+)`", shown_by)
    if named is None:
        assert re.match(r"(not yet|partly)\b", shown_by), "name a test, or say what is missing"
        return
    assert _is_there(*named.groups())


@pytest.mark.parametrize("page", READMES, ids=[page.parent.name for page in READMES])
def test_every_test_that_a_readme_names_is_there(page: Path) -> None:
    named = re.findall(r"`([\w/]+\.py)::(\w+)`", page.read_text())
    assert [test for path, test in named if not _is_there(path, test)] == []


def _is_there(path: str, test: str) -> bool:
    defined = rf"^(    )?(async def {test}\(|def {test}\(|{test} = )"
    text = (house.ROOT / "tests" / path).read_text()
    return re.search(defined, text, re.MULTILINE) is not None


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 50
