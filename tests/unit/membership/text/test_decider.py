import pytest

from services.membership.text.commands import KeepText
from services.membership.text.decider import LARGEST, PIECE, TEXT
from services.membership.text.events import TextKept
from shared.event_types import EventTypes
from shared.ids import Code, Label
from shared.testing import given

english, here = Code("en"), Code("/texts/0/markdown")


def keep(markdown: str) -> KeepText:
    return KeepText(english, Label(markdown), here)


def kept(number: int, markdown: str) -> TextKept:
    return TextKept(number, english, Label(markdown))


def test_a_text_is_kept_as_it_was_written() -> None:
    given(TEXT).when(keep("# How to lose well")).then(kept(1, "# How to lose well"))


def test_it_is_kept_once() -> None:
    given(TEXT, kept(1, "# How to lose well")).when(keep("# How to lose well")).then_nothing()


def test_a_long_text_is_kept_in_pieces_that_fit_an_event() -> None:
    long = "é" * PIECE + "x"
    given(TEXT).when(keep(long)).then(kept(1, "é" * PIECE), kept(2, "x"))
    for character in ("\U0001f642", '"', "\n", "\t"):
        EventTypes([TextKept]).encode(kept(99, character * PIECE))


def test_a_text_says_something_and_not_too_much() -> None:
    given(TEXT).when(keep(" \n")).then_rejected("text_out_of_range")
    given(TEXT).when(keep("é" * (LARGEST // 2 + 1))).then_rejected("text_out_of_range")


@pytest.mark.parametrize("character", ["x", "é"])
def test_the_longest_there_is_is_kept_whole(character: str) -> None:
    longest = character * (LARGEST // len(character.encode()))
    decided = TEXT.decide(keep(longest), TEXT.initial)
    assert "".join(event.markdown for event in decided) == longest
