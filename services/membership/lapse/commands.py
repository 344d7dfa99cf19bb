"""What may be asked of what is kept of somebody who is gone."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.lapse.events import Holding
from services.membership.retention_rules.events import Ground, KeepingRules
from shared.ids import Code, PersonId
from shared.personal_value import Sealed


@dataclass(frozen=True, slots=True)
class Absence:
    """Why they are gone, and since when."""

    ground: Ground
    since: datetime


@dataclass(frozen=True, slots=True)
class LookAtAbsence:
    """How they stand `at` a moment: gone or here, and what keeps them; by the rules of a version.

    `way` and `mark` are for whom it foretells something.
    """

    person_id: PersonId
    absence: Absence | None
    held_by: Holding | None
    rules: KeepingRules
    version: int
    at: datetime
    way: Sealed | None = None
    mark: Code | None = None


LapseCommand = LookAtAbsence


@dataclass(frozen=True, slots=True)
class LookAtAbsent:
    """Look at everybody who is gone as of `due`, and decide on whom it moves; over once the rules are others."""

    due: datetime
    version: int
