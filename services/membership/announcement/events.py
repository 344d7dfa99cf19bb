"""What became of an announcement, one message to one person."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import Code, PersonId

NotSentReason = Literal[
    "unknown_person",
    "unknown_template",
    "incomplete_values",
    "refused_by_mail_server",
    "address_refused",
    "opted_out",
]


@dataclass(frozen=True, slots=True)
class MessageSent:
    person_id: PersonId
    template: Code


@dataclass(frozen=True, slots=True)
class MessageNotSent:
    person_id: PersonId
    template: Code
    reason: NotSentReason


AnnouncementEvent = MessageSent | MessageNotSent
