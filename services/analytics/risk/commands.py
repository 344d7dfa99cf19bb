"""What may be asked about a person's risk, and about the rounds in which all are looked at."""

from dataclasses import dataclass
from datetime import datetime

from services.analytics.risk.events import Cause
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class NoteCause:
    person_id: PersonId
    cause: Cause


@dataclass(frozen=True, slots=True)
class Activity:
    """On how many days they did something: of the last 28, of the 28 before, and in 28 of the 84 before the last 28.

    `known` is for how many days anything is known of them. It is nothing of who wants nothing recorded.
    """

    recent: int = 0
    before: int = 0
    usual: int = 0
    known: int = 0


@dataclass(frozen=True, slots=True)
class SeeRisk:
    """`causes` is all that their subscriptions say; `is_watched`: the community wants to know who does less."""

    person_id: PersonId
    causes: tuple[Cause, ...]
    activity: Activity
    is_member: bool
    is_watched: bool
    is_recorded: bool = True


@dataclass(frozen=True, slots=True)
class DropCauses:
    """What speaks for it no more; of a subscription that ended, all of its."""

    person_id: PersonId
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class EndRisk:
    """They are gone, or somebody else from now on."""

    person_id: PersonId


RiskCommand = NoteCause | SeeRisk | DropCauses | EndRisk


@dataclass(frozen=True, slots=True)
class BeginWatch:
    at: datetime


@dataclass(frozen=True, slots=True)
class EndWatch:
    pass


@dataclass(frozen=True, slots=True)
class BeginRiskRound:
    due: datetime


RiskRoundCommand = BeginWatch | EndWatch | BeginRiskRound


@dataclass(frozen=True, slots=True)
class LookAtEverybody:
    """An action: see of each member how they stand, as of `due`."""

    due: datetime
    is_watched: bool
