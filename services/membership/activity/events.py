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
    "reply",
    "reaction_received",
    "thread",
]


@dataclass(frozen=True, slots=True)
class Signal:
    """`signal_id` follows from the community, the source and the source's own id of it.

    `place` is where, by the source's own id; `towards` is whom it was an answer to.
    """

    signal_id: UUID
    person_id: PersonId
    kind: Kind
    source: Code
    seen_at: datetime
    place: Code | None = None
    towards: PersonId | None = None


@dataclass(frozen=True, slots=True)
class SignalRecorded:
    signal: Signal
