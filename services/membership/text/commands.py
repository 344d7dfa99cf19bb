"""What may be asked of a text."""

from dataclasses import dataclass

from shared.ids import Code, Label


@dataclass(frozen=True, slots=True)
class KeepText:
    """What staff wrote, Markdown, and where in their request it stands."""

    language: Code
    markdown: Label
    pointer: Code


TextCommand = KeepText
