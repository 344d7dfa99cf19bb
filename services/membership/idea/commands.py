"""What may be asked of an idea."""

from dataclasses import dataclass

from services.membership.idea.events import Answer
from services.membership.member.events import StandingNow
from shared.ids import AccountId, Label, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class PostIdea:
    author: PersonId
    title: Sealed
    text: Sealed | None
    member: StandingNow


@dataclass(frozen=True, slots=True)
class BackIdea:
    person_id: PersonId
    member: StandingNow


@dataclass(frozen=True, slots=True)
class WithdrawBacking:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class AnswerIdea:
    answer: Answer
    words: Label
    by: AccountId


@dataclass(frozen=True, slots=True)
class WithdrawIdea:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class HideIdea:
    pass


IdeaCommand = PostIdea | BackIdea | WithdrawBacking | AnswerIdea | WithdrawIdea | HideIdea
