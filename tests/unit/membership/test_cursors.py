"""A cursor that no list of ours gave is refused, instead of asked of the database."""

import pytest

from services.membership.cursors import HIGHEST, by_number


@pytest.mark.parametrize("number", [0, 1, HIGHEST])
def test_a_number_that_a_row_can_have_is_one(number: int) -> None:
    assert by_number(str(number)) == number


@pytest.mark.parametrize("cursor", ["-1", str(HIGHEST + 1), "1.5", "", "one"])
def test_no_row_has_any_other(cursor: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        by_number(cursor)
