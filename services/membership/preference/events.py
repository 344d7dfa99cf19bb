"""What happened to a person's preferences; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import PersonId

Channel = Literal["email", "discord", "whatsapp"]
OptOutChannel = Literal["email"]
"""Only mail comes unasked; by every other channel comes what was chosen."""
Mail = Literal["too", "instead", "never"]
Kind = Literal["transactional", "announcement", "reminder"]
OptionalKind = Literal["announcement", "reminder"]
Voice = Literal["person", "link", "staff", "complaint"]
"""Who said so: the person signed in, who held the link in a letter to them, staff for them, or their mail program."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a message goes just now. `mail`: beside the others, only where none of them took it, or not at all."""

    mail: Mail
    others: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True)
class OptedOut:
    person_id: PersonId
    channel: OptOutChannel
    kind: OptionalKind
    by: Voice


@dataclass(frozen=True, slots=True)
class OptedIn:
    """Everybody is in from the beginning: this is who had opted out and changed their mind."""

    person_id: PersonId
    channel: OptOutChannel
    kind: OptionalKind


@dataclass(frozen=True, slots=True)
class ChannelsChosen:
    """By which channels messages of this kind are to come; until somebody chooses, by e-mail."""

    person_id: PersonId
    kind: Kind
    channels: tuple[Channel, ...]


PreferenceEvent = OptedOut | OptedIn | ChannelsChosen
