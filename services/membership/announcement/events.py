"""What became of an announcement, one message to one person; and of a circular, one letter to many."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.preference.events import Channel, Mail
from shared.ids import Code, Label, PersonId
from shared.money import Money
from shared.personal_value import Sealed

NotSentReason = Literal[
    "unknown_person",
    "unknown_template",
    "incomplete_values",
    "refused_by_mail_server",
    "address_refused",
    "opted_out",
    "bounced",
    "not_a_member",
    "outcome_unknown",
    "cancelled",
    "text_gone",
]
"""`address_refused` is what makes an address one that has `bounced`; `outcome_unknown` may have arrived."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says beside its template."""

    values: tuple[tuple[Code, Label | int | Money], ...] = ()
    link: Label | None = None
    sealed: tuple[tuple[Code, Sealed], ...] = ()


NOTHING = Content()


@dataclass(frozen=True, slots=True)
class MessageDirected:
    """Of who chose other channels than mail: by which of them the message goes, and whether by mail too."""

    person_id: PersonId
    template: Code
    channels: tuple[Channel, ...]
    mail: Mail
    content: Content
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MessageSent:
    """By e-mail; `broadcast_id` when it was a copy of what went to many."""

    person_id: PersonId
    template: Code
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MessageNotSent:
    person_id: PersonId
    template: Code
    reason: NotSentReason
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MessagePassedOn:
    """It was for an organisation: each of those who represent it has a letter of their own."""

    organisation_id: UUID
    template: Code
    content: Content
    tell: tuple[PersonId, ...]


Return = Literal["bounced", "complained"]


@dataclass(frozen=True, slots=True)
class MessageReturned:
    """What was sent came back later: their mail server does not take it after all, or they called it unwanted."""

    person_id: PersonId
    template: Code
    kind: Return


AnnouncementEvent = (
    MessageDirected | MessageSent | MessageNotSent | MessagePassedOn | MessageReturned
)


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """These people are to be written to once it is `due`: as many as may be in a minute."""

    number: int
    template: Code
    content: Content
    people: tuple[PersonId, ...]
    due: datetime


@dataclass(frozen=True, slots=True)
class TurnReleased:
    number: int
    template: Code
    content: Content
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class CircularStopped:
    """Who has not been written to will not be."""


CircularEvent = TurnTaken | TurnReleased | CircularStopped
