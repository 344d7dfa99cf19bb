"""What happened to an idea: who had it, who backs it, and what the staff made of it."""

from dataclasses import dataclass
from typing import Literal

from shared.ids import AccountId, Label, PersonId
from shared.personal_value import Sealed

Answer = Literal["planned", "done", "declined"]
Closed = Literal["withdrawn", "hidden"]


@dataclass(frozen=True, slots=True)
class IdeaPosted:
    """Its author backs it."""

    author: PersonId
    title: Sealed
    text: Sealed | None


@dataclass(frozen=True, slots=True)
class IdeaBacked:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class BackingWithdrawn:
    person_id: PersonId


@dataclass(frozen=True, slots=True)
class IdeaAnswered:
    """You said, we did: `words` are the staff's."""

    number: int
    answer: Answer
    words: Label
    by: AccountId


@dataclass(frozen=True, slots=True)
class BackersTold:
    """Some of those who asked for it are written to."""

    answer: Answer
    words: Label
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class IdeaClosed:
    """Its author took it back, or staff took it down."""

    cause: Closed


IdeaEvent = IdeaPosted | IdeaBacked | BackingWithdrawn | IdeaAnswered | BackersTold | IdeaClosed
