"""What may be asked about a person's risk."""

from dataclasses import dataclass

from services.analytics.risk.events import Cause
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class NoteCause:
    person_id: PersonId
    cause: Cause


@dataclass(frozen=True, slots=True)
class DropCauses:
    """What speaks for it no more; of a subscription that ended, all of its."""

    person_id: PersonId
    causes: tuple[Cause, ...]


@dataclass(frozen=True, slots=True)
class EndRisk:
    """They are somebody else from now on."""

    person_id: PersonId


RiskCommand = NoteCause | DropCauses | EndRisk
