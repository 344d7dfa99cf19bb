"""What became of an announcement, one message to one person."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.ids import Code, PersonId

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
class MessageSent:
    """`broadcast_id` when it was a copy of what went to many."""

    person_id: PersonId
    template: Code
    broadcast_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class MessageNotSent:
    person_id: PersonId
    template: Code
    reason: NotSentReason
    broadcast_id: UUID | None = None


AnnouncementEvent = MessageSent | MessageNotSent
