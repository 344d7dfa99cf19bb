"""tessera.billing.exit_survey.v1: why people say they leave."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import Contract

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


class ExitSurveyContract(Contract):
    """A fact about one answer; the key is the answer, of which a subscription has one at most."""

    topic: ClassVar[str] = "tessera.billing.exit_survey.v1"

    subscription_id: UUID
    person_id: UUID


class ExitAnswered(ExitSurveyContract):
    """Who cancelled said why; said again, the last answer counts."""

    version: ClassVar[int] = 2

    reason: ExitReason
    tell_me: bool = False


class ExitAnswerDropped(ExitSurveyContract):
    """They stay after all, and their answer does not count."""
