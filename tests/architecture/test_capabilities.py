"""What docs/capabilities.md says we can do, a test shows; what no test shows, it says we cannot."""

import re

import pytest

from tools import house

PAGE = house.ROOT / "docs" / "capabilities.md"
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
    path, test = house.ROOT / "tests" / named[1], named[2]
    defined = rf"^(    )?(async def {test}\(|def {test}\(|{test} = )"
    assert re.search(defined, path.read_text(), re.MULTILINE), f"{path.name} has no {test}"


def test_the_page_has_rows() -> None:
    assert len(ROWS) > 50
