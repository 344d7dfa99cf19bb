"""What happened to a ritual, a recurring promise of a community, and to its occurrences, one on a day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NewType
from uuid import UUID

from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId

RitualId = NewType("RitualId", UUID)

SkipReason = Literal[
    "holiday", "host_unavailable", "place_unavailable", "technical", "replaced", "other"
]
EndCause = Literal["staff", "completed"]


@dataclass(frozen=True, slots=True)
class Plan:
    """`rule` is an RFC 5545 RRULE, `local_time` HH:MM by the wall clock of `time_zone`; no tiers are all members.

    Everybody may know of it when `public`; `reminded` when its staff want a letter the day before.
    """

    name: Label
    rule: Code
    local_time: Code
    time_zone: Code
    starts_on: date
    until: date | None
    grace_hours: int
    tiers: tuple[TierId, ...] = ()
    public: bool = False
    reminded: bool = False


@dataclass(frozen=True, slots=True)
class RitualPromised:
    plan: Plan


@dataclass(frozen=True, slots=True)
class RitualChanged:
    """What has not begun is planned anew; what has keeps its plan."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class RitualPaused:
    """What was planned next is called off, and counts neither way."""


@dataclass(frozen=True, slots=True)
class RitualResumed:
    pass


@dataclass(frozen=True, slots=True)
class RitualEnded:
    """By its staff, or because its rule falls on no more days."""

    cause: EndCause


@dataclass(frozen=True, slots=True)
class OccurrencePlanned:
    """The next one. Who says by `closes_at` that it was held keeps the promise; no `remind_at`, no letter."""

    on: date
    planned_at: datetime
    closes_at: datetime
    remind_at: datetime | None


@dataclass(frozen=True, slots=True)
class OccurrenceBegan:
    """Its time has come: from now on it is held or missed."""

    on: date


@dataclass(frozen=True, slots=True)
class OccurrenceSkipped:
    """Announced beforehand: neither kept nor missed."""

    on: date
    planned_at: datetime
    reason: SkipReason


@dataclass(frozen=True, slots=True)
class OccurrenceHeld:
    """`people` are those of the `attended` who are known; `corrected` when it had been told missed."""

    on: date
    planned_at: datetime
    attended: int
    people: tuple[PersonId, ...]
    corrected: bool


@dataclass(frozen=True, slots=True)
class OccurrenceMissed:
    on: date
    planned_at: datetime


@dataclass(frozen=True, slots=True)
class StaffReminded:
    """The day before, unless it was called off meanwhile."""

    name: Label
    on: date
    planned_at: datetime


RitualEvent = (
    RitualPromised
    | RitualChanged
    | RitualPaused
    | RitualResumed
    | RitualEnded
    | OccurrencePlanned
    | OccurrenceBegan
    | OccurrenceSkipped
    | OccurrenceHeld
    | OccurrenceMissed
    | StaffReminded
)
