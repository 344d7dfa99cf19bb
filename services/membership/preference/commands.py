"""What may be asked of a person's preferences."""

from dataclasses import dataclass

from services.membership.preference.events import Channel, Kind, Voice
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class Choice:
    channel: Channel
    kind: Kind
    wanted: bool


@dataclass(frozen=True, slots=True)
class ChoosePreferences:
    person_id: PersonId
    choices: tuple[Choice, ...]
    by: Voice


PreferenceCommand = ChoosePreferences
