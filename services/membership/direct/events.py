"""What became of a message by a channel other than mail; the stream is derived from the message."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.membership.preference.events import Channel, Mail
from shared.ids import Code, PersonId

DirectReason = Literal[
    "account_gone",
    "cancelled",
    "held_back",
    "incomplete_values",
    "messages_closed",
    "messages_stopped",
    "no_word",
    "not_linked",
    "number_refused",
    "number_unreachable",
    "refused",
    "text_gone",
    "unknown_person",
    "unknown_template",
]


@dataclass(frozen=True, slots=True)
class DirectAsked:
    """By which channels it is to go; `broadcast_id` when it is a copy of what goes to many."""

    person_id: PersonId
    message_id: UUID
    template: Code
    channels: tuple[Channel, ...]
    mail: Mail
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DirectSent:
    """`sure` when whoever carries it said that they have it."""

    person_id: PersonId
    message_id: UUID
    channel: Channel
    template: Code
    broadcast_id: UUID | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class DirectDelivered:
    """Whoever carried it reports that it arrived."""

    person_id: PersonId
    message_id: UUID
    channel: Channel


@dataclass(frozen=True, slots=True)
class DirectNotSent:
    person_id: PersonId
    message_id: UUID
    channel: Channel
    template: Code
    reason: DirectReason
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MailInsteadAsked:
    """None of the channels that the person chose took it."""

    person_id: PersonId
    message_id: UUID


DirectEvent = DirectAsked | DirectSent | DirectDelivered | DirectNotSent | MailInsteadAsked
