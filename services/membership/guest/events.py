"""What happened to a guest, who gives and does nothing else."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from services.membership.member.events import Language
from shared.ids import PersonId, derive
from shared.personal_value import Sealed

Ground = Literal["asked", "nothing_given"]


def guest_of(person_id: UUID) -> UUID:
    """The stream of the guest that a person is; that of the person tells of members."""
    return derive(person_id, "guest")


@dataclass(frozen=True, slots=True)
class GuestReceived:
    """Letters about what they give go to this address; they are in no list of members."""

    email: Sealed
    language: Language


@dataclass(frozen=True, slots=True)
class GuestNamedAgain:
    """Of whom nothing has come yet, another pass was given: the `times`-th."""

    person_id: PersonId
    times: int


@dataclass(frozen=True, slots=True)
class GuestGave:
    """The first money of theirs has come."""


@dataclass(frozen=True, slots=True)
class GuestForgotten:
    """They said so by the link of their letter, or a stranger named the address and gave nothing."""

    person_id: PersonId
    ground: Ground


GuestEvent = GuestReceived | GuestNamedAgain | GuestGave | GuestForgotten
