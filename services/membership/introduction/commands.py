"""What may be asked of an introduction."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.introduction.events import EndedBecause
from services.membership.member.events import StandingNow
from shared.ids import PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class AskIntroduction:
    """`is_shown` when the other lets themselves be found in the directory."""

    asker: PersonId
    asked: PersonId
    words: Sealed | None
    at: datetime
    member: StandingNow
    is_shown: bool


@dataclass(frozen=True, slots=True)
class AnswerIntroduction:
    person_id: PersonId
    agreed: bool


@dataclass(frozen=True, slots=True)
class WithdrawIntroduction:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class LapseIntroduction:
    number: int


@dataclass(frozen=True, slots=True)
class EndIntroduction:
    cause: EndedBecause


IntroductionCommand = (
    AskIntroduction
    | AnswerIntroduction
    | WithdrawIntroduction
    | LapseIntroduction
    | EndIntroduction
)
