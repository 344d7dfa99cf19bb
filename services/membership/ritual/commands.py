"""What may be asked of a ritual, a recurring promise of a community."""

from dataclasses import dataclass
from datetime import date, datetime

from services.membership.ritual.events import Plan, SkipReason
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class PromiseRitual:
    """`others` is how many the community has that have not ended."""

    plan: Plan
    others: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangeRitual:
    plan: Plan
    at: datetime


@dataclass(frozen=True, slots=True)
class PauseRitual:
    at: datetime


@dataclass(frozen=True, slots=True)
class ResumeRitual:
    at: datetime


@dataclass(frozen=True, slots=True)
class EndRitual:
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldOccurrence:
    """Without a number, as many attended as people are named."""

    on: date
    attended: int | None
    people: tuple[PersonId, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class SkipOccurrence:
    on: date
    reason: SkipReason
    at: datetime


@dataclass(frozen=True, slots=True)
class ReachMoment:
    """The clock has come to a moment at which something was due."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RemindStaff:
    on: date
    planned_at: datetime


RitualCommand = (
    PromiseRitual
    | ChangeRitual
    | PauseRitual
    | ResumeRitual
    | EndRitual
    | HoldOccurrence
    | SkipOccurrence
    | ReachMoment
    | RemindStaff
)
