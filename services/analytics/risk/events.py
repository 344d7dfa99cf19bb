"""What was seen of a person who may be about to go, and when all were looked at; streams are derived."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.ids import PersonId

Reason = Literal["payment_failing", "leaving"]


@dataclass(frozen=True, slots=True)
class Cause:
    subscription_id: UUID
    reason: Reason


@dataclass(frozen=True, slots=True)
class Lull:
    """They were there on `recent` of twenty-eight days, and on `usual` of them before."""

    recent: int
    usual: int


@dataclass(frozen=True, slots=True)
class AtRiskSeen:
    """All that speaks for it from now on, in the order in which it was noticed."""

    person_id: PersonId
    causes: tuple[Cause, ...]
    lull: Lull | None = None


@dataclass(frozen=True, slots=True)
class RiskOver:
    person_id: PersonId


RiskEvent = AtRiskSeen | RiskOver


@dataclass(frozen=True, slots=True)
class RiskRoundBegun:
    """All members are looked at as of `due`, and again at `next_due`."""

    number: int
    due: datetime
    next_due: datetime


@dataclass(frozen=True, slots=True)
class RiskWatchEnded:
    """The community does not want to know any more: nobody is at risk for doing less."""


RiskRoundEvent = RiskRoundBegun | RiskWatchEnded
