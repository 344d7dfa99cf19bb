"""What was said of one delivery, by whom; the stream is derived from the delivery, which tells nothing of a person."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.ids import Label, PersonId
from shared.personal_value import Sealed

About = Literal["ritual", "gathering", "content"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A ritual's occurrence on its day, a gathering, or an item of content; `on` is of rituals alone."""

    about: About
    about_id: UUID
    on: date | None = None


Standing = Literal["unknown", "to_come", "missed", "cancelled", "delivered"]


@dataclass(frozen=True, slots=True)
class Occasion:
    """How it stands with what is called `name`, `at` when it was over, or opened.

    `is_theirs` if it was for who speaks of it.
    """

    standing: Standing
    at: datetime | None = None
    is_theirs: bool = False
    name: Label | None = None


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """How it was for them, 1 to 5. Staff may know whose it is if it is `named`.

    They may think better of it before `settles_at`; before `closes_at` others may say how it was, where that ends.
    """

    delivered: Delivered
    person_id: PersonId
    rating: int
    words: Sealed | None
    named: bool
    settles_at: datetime
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class FeedbackChanged:
    """They thought better of it; `before` is the rating that no longer counts."""

    delivered: Delivered
    person_id: PersonId
    rating: int
    words: Sealed | None
    named: bool
    before: int


@dataclass(frozen=True, slots=True)
class FeedbackWithdrawn:
    """They took it back: the rating counts no more, and nobody is shown the words."""

    delivered: Delivered
    person_id: PersonId
    rating: int


FeedbackEvent = FeedbackGiven | FeedbackChanged | FeedbackWithdrawn
