"""What was seen of a person who may be about to go; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.ids import PersonId

Reason = Literal["payment_failing", "leaving"]


@dataclass(frozen=True, slots=True)
class Cause:
    subscription_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True)
class AtRiskSeen:
    """All that speaks for it from now on, in the order in which it was noticed."""

    person_id: PersonId
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class RiskOver:
    person_id: PersonId


RiskEvent = AtRiskSeen | RiskOver
