"""What may be asked of a change from free to paid."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.membership.transition.events import Plan
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class AnnounceTransition:
    """`fingerprint` is that of the plan with its founders as they are now, `seen` that of the preview."""

    transition_id: UUID
    plan: Plan
    founders: tuple[PersonId, ...]
    fingerprint: UUID
    seen: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class PostponeTransition:
    effective_from: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class CallOffTransition:
    at: datetime


@dataclass(frozen=True, slots=True)
class RecallTransition:
    """It is near, if its day is still this one."""

    transition_id: UUID
    effective_from: datetime


@dataclass(frozen=True, slots=True)
class CarryOutTransition:
    """Its day has come, if it is still this one."""

    transition_id: UUID
    effective_from: datetime


TransitionCommand = (
    AnnounceTransition
    | PostponeTransition
    | CallOffTransition
    | RecallTransition
    | CarryOutTransition
)
