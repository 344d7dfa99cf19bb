"""What happened to a member's ballot in a poll."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from services.membership.poll.events import Answer
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class BallotCast:
    """By name; the last one counts. `words` are their own."""

    poll_id: UUID
    person_id: PersonId
    answers: tuple[Answer, ...]
    words: Sealed | None = None


@dataclass(frozen=True, slots=True)
class SealedBallotCast:
    """Who voted is known. How is sealed under the key of the poll's urn, which is destroyed once it is counted.

    It is told to nobody, not to themselves: who can show how they voted can be asked to.
    """

    UNTOLD: ClassVar[tuple[str, ...]] = ("answers",)

    poll_id: UUID
    person_id: PersonId
    answers: Sealed


BallotEvent = BallotCast | SealedBallotCast
