"""What happened to a person's level; the stream is derived from the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId

LostBecause = Literal["score", "rules", "own_wish", "left", "banned", "erased"]


@dataclass(frozen=True, slots=True)
class Badge:
    """A level as somebody holds it; `rank` counts from the lowest, and `tiers` are all that it opens."""

    level: Code
    label: Label
    rank: int
    tiers: tuple[TierId, ...]


@dataclass(frozen=True, slots=True)
class LevelReached:
    """The `spell`th time they hold any; `before` is the rank they had.

    `earned`: it is the first time, and it is they who moved and not the rules.
    """

    person_id: PersonId
    spell: int
    badge: Badge
    before: int
    score: int
    rules: int
    earned: bool


@dataclass(frozen=True, slots=True)
class LevelRevised:
    """The rules call it otherwise now, or let it open something else; the person holds it as before."""

    person_id: PersonId
    spell: int
    badge: Badge
    rules: int


@dataclass(frozen=True, slots=True)
class LevelEndangered:
    """The points are too few for it; unless there are enough again, it ends at `ends_at`."""

    person_id: PersonId
    label: Label
    ends_at: datetime
    score: int
    rules: int


@dataclass(frozen=True, slots=True)
class LevelKept:
    """There were enough again in time."""

    person_id: PersonId
    score: int
    rules: int


@dataclass(frozen=True, slots=True)
class LevelLost:
    """`left` is the level they hold instead; without one the spell is over. No score where none decided."""

    person_id: PersonId
    spell: int
    lost: Badge
    left: Badge | None
    cause: LostBecause
    score: int | None
    rules: int


@dataclass(frozen=True, slots=True)
class RecognitionDeclined:
    """They would rather have no level."""

    person_id: PersonId


@dataclass(frozen=True, slots=True)
class RecognitionWelcomed:
    """Whoever had declined changed their mind."""

    person_id: PersonId


RecognitionEvent = (
    LevelReached
    | LevelRevised
    | LevelEndangered
    | LevelKept
    | LevelLost
    | RecognitionDeclined
    | RecognitionWelcomed
)
