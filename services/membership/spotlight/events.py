"""When a person was in the spotlight; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import date

from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class SpotlightGiven:
    """Staff showed the community what this member does, on this day (UTC)."""

    person_id: PersonId
    on: date


SpotlightEvent = SpotlightGiven
