"""What happened to a broadcast, one text to many people at once; organisers call it an announcement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.member.events import Language
from services.membership.tier.events import TierId
from shared.ids import PersonId
from shared.personal_value import Sealed

Access = Literal["any", "live", "none"]


@dataclass(frozen=True, slots=True)
class Text:
    """Subject and Markdown, sealed together under the broadcast's own key: staff may well name somebody in it."""

    language: Language
    words: Sealed


@dataclass(frozen=True, slots=True)
class Segment:
    """Who is meant: all members, or all who hold a ticket of a gathering; less whom a condition leaves out.

    One of the `tiers` is enough. `live` may enter any tier, `none` no tier at all. `joined_from` is the first moment
    that counts, `joined_before` the first that no longer does. `at_risk` are those who may be about to go.
    """

    tiers: tuple[TierId, ...] = ()
    access: Access = "any"
    joined_from: datetime | None = None
    joined_before: datetime | None = None
    gathering_id: UUID | None = None
    at_risk: bool = False


@dataclass(frozen=True, slots=True)
class BroadcastDrafted:
    texts: tuple[Text, ...]
    segment: Segment


@dataclass(frozen=True, slots=True)
class BroadcastRevised:
    texts: tuple[Text, ...]
    segment: Segment


@dataclass(frozen=True, slots=True)
class BroadcastScheduled:
    due: datetime


@dataclass(frozen=True, slots=True)
class BroadcastStarted:
    """It was due: from now on it can be stopped, but not changed."""


@dataclass(frozen=True, slots=True)
class AudienceTaken:
    """Some of those who are meant, fixed: as many as may be written to in a minute."""

    number: int
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class AudienceFixed:
    people: int


@dataclass(frozen=True, slots=True)
class CopiesReleased:
    number: int
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class BroadcastCompleted:
    """Nobody waits any more: each copy has its outcome, or is on its way to one."""


@dataclass(frozen=True, slots=True)
class BroadcastCancelled:
    """Who has not been written to will not be."""


@dataclass(frozen=True, slots=True)
class TextForgotten:
    """Nobody reads it here any more: its key is destroyed."""


BroadcastEvent = (
    BroadcastDrafted
    | BroadcastRevised
    | BroadcastScheduled
    | BroadcastStarted
    | AudienceTaken
    | AudienceFixed
    | CopiesReleased
    | BroadcastCompleted
    | BroadcastCancelled
    | TextForgotten
)
