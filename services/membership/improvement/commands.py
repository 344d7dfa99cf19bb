"""What may be asked of an improvement."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.improvement.events import Made
from services.membership.member.events import StandingNow
from shared.ids import AccountId, PersonId


@dataclass(frozen=True, slots=True)
class RecordImprovement:
    """`is_counted`: the poll it names has been; `is_heard`: staff have seen what is said of the delivery it names."""

    made: Made
    is_counted: bool
    by: AccountId
    at: datetime
    is_heard: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose word it may have been, and what they are in the community by now."""

    person_id: PersonId
    member: StandingNow


@dataclass(frozen=True, slots=True)
class TellAskers:
    askers: tuple[Asker, ...]


@dataclass(frozen=True, slots=True)
class WithdrawImprovement:
    pass


ImprovementCommand = RecordImprovement | TellAskers | WithdrawImprovement


@dataclass(frozen=True, slots=True)
class FindAskers:
    """A call to see who is to be told, as of now."""

    improvement_id: UUID
