"""Who wants nothing recorded of what they do; the stream is derived from the community."""

from dataclasses import dataclass

from shared.ids import PersonId


@dataclass(frozen=True, slots=True)
class ActivityDeclined:
    """From now on no signal of theirs is recorded, wherever it comes from; what was recorded before stays."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class ActivityWelcomed:
    """Everybody is in from the beginning: this is who had declined and changed their mind."""

    person_id: PersonId


ActivityChoiceEvent = ActivityDeclined | ActivityWelcomed
