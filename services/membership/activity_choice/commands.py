"""What may be asked of people's choices."""

from dataclasses import dataclass

from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class ChooseActivity:
    person_id: PersonId
    recorded: bool
