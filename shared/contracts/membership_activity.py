"""tessera.membership.activity.v1: that people take part, never what they say."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import CodeText, Contract

ActivityKind = Literal[
    "comment",
    "reaction",
    "question",
    "answer",
    "idea",
    "help",
    "attendance",
    "content_request",
    "initiative",
    "content_opened",
    "reply",
    "reaction_received",
    "thread",
]


class ActivityRecorded(Contract):
    """A person did something in the community; told once for each signal of each source."""

    topic: ClassVar[str] = "tessera.membership.activity.v1"
    version: ClassVar[int] = 2

    person_id: UUID
    kind: ActivityKind
    source: CodeText
