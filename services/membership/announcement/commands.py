"""What may be asked of an announcement, one message to one person, of a circular, one to many, and of the post."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.announcement.events import NOTHING, Content, NotSentReason, Return
from services.membership.preference.events import Channel, Mail
from shared.ids import Code, Label, PersonId
from shared.money import Money
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class DirectMessage:
    person_id: PersonId
    template: Code
    channels: tuple[Channel, ...]
    mail: Mail
    content: Content = NOTHING
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordSent:
    person_id: PersonId
    template: Code
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordNotSent:
    person_id: PersonId
    template: Code
    reason: NotSentReason
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PassOn:
    """An organisation reads no letters; these do in its name."""

    organisation_id: UUID
    template: Code
    content: Content
    tell: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class RecordReturn:
    """A mail system says that the letter came back."""

    kind: Return


AnnouncementCommand = DirectMessage | RecordSent | RecordNotSent | PassOn | RecordReturn


@dataclass(frozen=True, slots=True)
class TakeTurns:
    """These people are written to after those who wait already, so many a minute."""

    template: Code
    content: Content
    people: tuple[PersonId, ...]
    a_minute: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ReleaseTurn:
    number: int


@dataclass(frozen=True, slots=True)
class StopCircular:
    pass


CircularCommand = TakeTurns | ReleaseTurn | StopCircular


@dataclass(frozen=True, slots=True)
class Circulate:
    """A call to see how many may be written to in a minute."""

    circular_id: UUID
    template: Code
    content: Content
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class SendMail:
    """A call to the post. No personal data: the address and `sealed` values are opened when the letter is written.

    It goes `to` an address that was theirs, where that is told.
    """

    message_id: UUID
    person_id: PersonId
    template: Code
    values: tuple[tuple[Code, Label | int | Money], ...]
    link: Label | None
    sealed: tuple[tuple[Code, Sealed], ...] = ()
    to: Sealed | None = None


@dataclass(frozen=True, slots=True)
class SendCopy:
    """A call to the post for one person's copy of a broadcast, at most once."""

    message_id: UUID
    broadcast_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class PostDirected:
    """A call to the post for a message that goes by other channels too, or that none of them took."""

    message_id: UUID
    person_id: PersonId
