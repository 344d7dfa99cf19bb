"""What a member came for, as they say it themselves, and what became of it; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import PersonId
from shared.personal_value import Sealed

Outcome = Literal["reached", "partly", "not_reached"]
Asks = Literal["goal", "review"]


@dataclass(frozen=True, slots=True)
class GoalSet:
    """The `number`th they have told; it takes the place of the one before."""

    person_id: PersonId
    number: int
    words: Sealed


@dataclass(frozen=True, slots=True)
class GoalReviewAsked:
    """Ninety days are over, and they are asked how it went."""

    person_id: PersonId
    number: int


@dataclass(frozen=True, slots=True)
class GoalReviewed:
    person_id: PersonId
    number: int
    outcome: Outcome
    words: Sealed | None


@dataclass(frozen=True, slots=True)
class GoalDropped:
    """They would rather not say, or are no member any more."""

    person_id: PersonId


GoalEvent = GoalSet | GoalReviewAsked | GoalReviewed | GoalDropped
