"""What a seller offers to who is about to leave, and who was shown it and accepted it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.billing.exit_survey.events import ExitReason
from shared.ids import PersonId, derive

StayKind = Literal["reduction", "pause"]


def stay_rules_stream(community_id: UUID) -> UUID:
    """The stream of what a community offers."""
    return derive(community_id, "stay rules")


def stay_stream(person_id: UUID) -> UUID:
    """The stream of what one person was shown and accepted."""
    return derive(person_id, "stay")


@dataclass(frozen=True, slots=True)
class StayRule:
    """So many `percent` off the next `periods`, or a pause of at most so many `days`.

    For who leaves for one of these `reasons` (for any, where there are none) and has subscribed for `older_than_days`.
    """

    kind: StayKind
    percent: int = 0
    periods: int = 0
    days: int = 0
    reasons: tuple[ExitReason, ...] = ()
    older_than_days: int = 0


@dataclass(frozen=True, slots=True)
class StayRulesSet:
    """In the order in which they are shown; nobody accepts two within so many months."""

    rules: tuple[StayRule, ...]
    once_in_months: int


StayRulesEvent = StayRulesSet


@dataclass(frozen=True, slots=True)
class StayShown:
    """They were about to leave, and saw what is offered."""

    person_id: PersonId
    subscription_id: UUID


@dataclass(frozen=True, slots=True)
class StayAccepted:
    person_id: PersonId
    subscription_id: UUID
    rule: StayRule
    at: datetime


StayEvent = StayShown | StayAccepted
