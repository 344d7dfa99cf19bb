import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.membership.colours import (
    BLACK,
    INK,
    PAPER,
    READABLE,
    SEEN,
    contrast,
    edge_of,
    readable_on_paper,
    text_on,
)

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_text_is_white_on_what_is_dark_and_dark_on_what_is_light() -> None:
    assert text_on("#000000") == PAPER
    assert text_on("#0b3d91") == PAPER
    assert text_on("#ffee00") == INK
    assert text_on("#ffffff") == INK


def test_where_neither_ink_nor_paper_is_read_black_is() -> None:
    assert text_on("#7c7c7c") == BLACK


@given(colours)
def test_text_is_readable_on_every_colour(colour: str) -> None:
    assert contrast(text_on(colour), colour) >= READABLE


@given(colours)
def test_on_paper_everything_that_is_pressed_is_seen_and_every_link_read(colour: str) -> None:
    assert contrast(edge_of(colour), PAPER) >= SEEN
    assert contrast(readable_on_paper(colour, "#fffbe6"), PAPER) >= READABLE


def test_a_link_has_the_first_colour_that_can_be_read() -> None:
    assert readable_on_paper("#c2410c", "#0b3d91") == "#c2410c"
    assert readable_on_paper("#ffee00", "#0b3d91") == "#0b3d91"
    assert readable_on_paper("#ffee00", "#fffbe6") == INK
