"""What happened to a person's preferences; the stream is derived from the person."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import PersonId

Channel = Literal["email"]
Kind = Literal["transactional", "announcement", "reminder"]
OptionalKind = Literal["announcement", "reminder"]
Voice = Literal["person", "link", "staff"]
"""Who said so: the person signed in, whoever held the link in a letter to them, or staff for them."""


@dataclass(frozen=True, slots=True)
class OptedOut:
    person_id: PersonId
    channel: Channel
    kind: OptionalKind
    by: Voice


@dataclass(frozen=True, slots=True)
class OptedIn:
    """Everybody is in from the beginning: this is who had opted out and changed their mind."""

    person_id: PersonId
    channel: Channel
    kind: OptionalKind


PreferenceEvent = OptedOut | OptedIn
