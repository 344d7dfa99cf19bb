"""What may be asked of a person's preferences."""

from dataclasses import dataclass

from services.membership.preference.events import Channel, Kind, OptOutChannel, Voice
from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class Choice:
    channel: OptOutChannel
    kind: Kind
    wanted: bool


@dataclass(frozen=True, slots=True)
class ChoosePreferences:
    person_id: PersonId
    choices: tuple[Choice, ...]
    by: Voice


@dataclass(frozen=True, slots=True)
class ChooseChannels:
    """`linked` are those by which the person can be reached as of now."""

    person_id: PersonId
    kind: Kind
    channels: frozenset[Channel]
    linked: frozenset[Channel]


PreferenceCommand = ChoosePreferences | ChooseChannels
