"""What happened between two members, one of whom would like to know the other; the stream is derived from the pair."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.ids import PersonId, derive
from shared.personal_value import Sealed

EndedBecause = Literal["left", "banned", "erased"]


def introduction_of(one: UUID, other: UUID) -> UUID:
    """There is one between two people, whoever asks."""
    first, second = sorted((one, other))
    return derive(first, "introduction", str(second))


@dataclass(frozen=True, slots=True)
class IntroductionAsked:
    """The `number`th time; unanswered it lapses at `lapses_at`, and may be asked again at `again_at`."""

    number: int
    asker: PersonId
    asked: PersonId
    words: Sealed | None
    lapses_at: datetime
    again_at: datetime


@dataclass(frozen=True, slots=True)
class IntroductionAgreed:
    """Both want it: from now on each knows the other's name and address."""

    asker: PersonId
    asked: PersonId


@dataclass(frozen=True, slots=True)
class IntroductionDeclined:
    """Whoever asked is not told: to them it is unanswered."""

    UNTOLD: ClassVar[tuple[str, ...]] = ("asker",)

    asker: PersonId
    asked: PersonId


@dataclass(frozen=True, slots=True)
class IntroductionWithdrawn:
    asker: PersonId


@dataclass(frozen=True, slots=True)
class IntroductionLapsed:
    """Its time is over, answered by a no or not at all."""

    asker: PersonId


@dataclass(frozen=True, slots=True)
class IntroductionEnded:
    """One of the two is no member any more."""

    cause: EndedBecause


IntroductionEvent = (
    IntroductionAsked
    | IntroductionAgreed
    | IntroductionDeclined
    | IntroductionWithdrawn
    | IntroductionLapsed
    | IntroductionEnded
)
