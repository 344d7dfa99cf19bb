"""What may be asked of a person's level."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.member.events import StandingNow
from services.membership.recognition_rules.events import Rules
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class LookAtScore:
    """What the person's activity is worth `at` a moment, by the rules of a version; new rules write to nobody."""

    person_id: PersonId
    member: StandingNow
    score: int
    rules: Rules
    version: int
    by_rules: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class ChooseRecognition:
    person_id: PersonId
    wanted: bool


@dataclass(frozen=True, slots=True)
class EndRecognition:
    """They are no member any more."""

    person_id: PersonId
    cause: Literal["left", "banned", "erased"]


RecognitionCommand = LookAtScore | ChooseRecognition | EndRecognition


@dataclass(frozen=True, slots=True)
class LookAtMembers:
    """Look at everybody as of `due`, and decide on whom it moves."""

    due: datetime
    by_rules: bool
