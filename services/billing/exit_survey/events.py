"""What somebody said of why they leave; the stream follows from their subscription."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.ids import Code, Label, PersonId
from shared.personal_value import Sealed

ExitReason = Literal[
    "too_expensive",
    "too_little_used",
    "not_what_was_expected",
    "missed_something",
    "too_much_noise",
    "went_elsewhere",
    "circumstances_changed",
    "other",
]


@dataclass(frozen=True, slots=True)
class ExitAnswered:
    """The last answer counts; `comment` is in the person's own words. `tell_me`: they wish to hear if it changes."""

    subscription_id: UUID
    person_id: PersonId
    reason: ExitReason
    comment: Sealed | None = None
    tell_me: bool = False


@dataclass(frozen=True, slots=True)
class ExitAnswerDropped:
    """They stay after all."""

    subscription_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ExitQuestionDue:
    """They had time to say why by themselves: it is looked at whether to ask."""

    subscription_id: UUID
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ExitQuestionAsked:
    """They are asked by letter, of this offer; by `link` they answer without signing in."""

    subscription_id: UUID
    person_id: PersonId
    offer: Label
    link: Code


ExitSurveyEvent = ExitAnswered | ExitAnswerDropped | ExitQuestionDue | ExitQuestionAsked
