"""What people did in a community, as its app, its chat or a service of ours noticed; never what they said."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.ids import Code, PersonId

Kind = Literal[
    "comment",
    "reaction",
    "question",
    "answer",
    "idea",
    "help",
    "attendance",
    "content_request",
    "initiative",
]


@dataclass(frozen=True, slots=True)
class Signal:
    """`signal_id` follows from the community, the source and the source's own id of it."""

    signal_id: UUID
    person_id: PersonId
    kind: Kind
    source: Code
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignalRecorded:
    signal: Signal
