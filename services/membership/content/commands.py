"""What may be asked of an item of content, and of one person's opening it."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.content.events import ContentId, Item, Kind
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class DraftContent:
    item: Item


@dataclass(frozen=True, slots=True)
class ReviseContent:
    item: Item


@dataclass(frozen=True, slots=True)
class PublishContent:
    """At once, where no moment is named."""

    visible_from: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawContent:
    pass


ContentCommand = DraftContent | ReviseContent | PublishContent | WithdrawContent


@dataclass(frozen=True, slots=True)
class OpenContent:
    """`opens_at` is when it opens to this person, None when never; `recorded`, whether they let what they do be so."""

    person_id: PersonId
    content_id: ContentId
    kind: Kind
    opens_at: datetime | None
    at: datetime
    recorded: bool = True
