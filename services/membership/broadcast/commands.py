"""What may be asked of a broadcast, one text to many people at once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.broadcast.events import Segment, Text
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class DraftBroadcast:
    texts: tuple[Text, ...]
    segment: Segment


@dataclass(frozen=True, slots=True)
class ReviseBroadcast:
    texts: tuple[Text, ...]
    segment: Segment


@dataclass(frozen=True, slots=True)
class ScheduleBroadcast:
    due: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class StartBroadcast:
    """It is due, unless it was scheduled anew meanwhile."""

    due: datetime


@dataclass(frozen=True, slots=True)
class FixAudience:
    people: tuple[PersonId, ...]
    a_minute: int


@dataclass(frozen=True, slots=True)
class ReleaseCopies:
    number: int


@dataclass(frozen=True, slots=True)
class CancelBroadcast:
    pass


@dataclass(frozen=True, slots=True)
class ForgetText:
    pass


BroadcastCommand = (
    DraftBroadcast
    | ReviseBroadcast
    | ScheduleBroadcast
    | StartBroadcast
    | FixAudience
    | ReleaseCopies
    | CancelBroadcast
    | ForgetText
)


@dataclass(frozen=True, slots=True)
class TakeAudience:
    """A call to see who is meant, as of now."""

    broadcast_id: UUID
