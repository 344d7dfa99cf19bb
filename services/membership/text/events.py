"""What happened to a text."""

from dataclasses import dataclass
from typing import NewType
from uuid import UUID

from shared.ids import Code, Label, derive

TextId = NewType("TextId", UUID)


def text_of(thing_id: UUID, language: str, markdown: str) -> TextId:
    """The same words for the same thing are the same text."""
    return TextId(derive(thing_id, "text", language, markdown))


@dataclass(frozen=True, slots=True)
class TextKept:
    """A piece of what staff wrote, in order from `number` 1: a long text is several facts, which happen at once."""

    number: int
    language: Code
    markdown: Label


TextEvent = TextKept
