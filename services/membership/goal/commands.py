"""What may be asked of a member's goal."""

from dataclasses import dataclass

from services.membership.goal.events import Outcome
from services.membership.member.events import StandingNow
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class SetGoal:
    person_id: PersonId
    words: Sealed
    member: StandingNow


@dataclass(frozen=True, slots=True)
class AskForReview:
    number: int


@dataclass(frozen=True, slots=True)
class ReviewGoal:
    outcome: Outcome
    words: Sealed | None


@dataclass(frozen=True, slots=True)
class DropGoal:
    pass


GoalCommand = SetGoal | AskForReview | ReviewGoal | DropGoal
