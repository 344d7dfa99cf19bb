"""A text is what was written, of a length that can be read, and never changes: a correction is another text."""

from dataclasses import dataclass

from services.membership.text import commands, events
from shared.decider import Decider, Rejected
from shared.ids import Label

LARGEST = 100_000
"""In bytes of UTF-8."""

PIECE = 15_000
"""Characters: at four bytes each they fit an event."""


@dataclass(frozen=True, slots=True)
class Text:
    markdown: str = ""


def decide(command: commands.TextCommand, text: Text) -> list[events.TextEvent]:
    if text.markdown:
        return []
    markdown = command.markdown
    if not markdown.strip() or len(markdown.encode()) > LARGEST:
        raise Rejected(
            "text_out_of_range",
            "A text says something, and not so much.",
            pointer=command.pointer,
            most=LARGEST,
        )
    return [
        events.TextKept(number, command.language, Label(markdown[start : start + PIECE]))
        for number, start in enumerate(range(0, len(markdown), PIECE), 1)
    ]


def evolve(text: Text, event: events.TextEvent) -> Text:
    return Text(text.markdown + event.markdown)


TEXT: Decider[commands.TextCommand, Text, events.TextEvent] = Decider(
    "text",
    initial=Text(),
    decide=decide,
    evolve=evolve,
    commands=commands.TextCommand,
    events=events.TextEvent,
)
