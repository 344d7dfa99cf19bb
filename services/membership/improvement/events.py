"""What happened to an improvement: what was done, after what was said, and who was told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.membership.feedback.events import Delivered
from shared.ids import AccountId, Label, PersonId

ExitReason = Literal[
    "too_expensive",
    "too_little_used",
    "not_what_was_expected",
    "missed_something",
    "too_much_noise",
    "went_elsewhere",
    "circumstances_changed",
    "other",
]


@dataclass(frozen=True, slots=True)
class Polled:
    """Said in a poll, under this title."""

    poll_id: UUID
    title: Label


@dataclass(frozen=True, slots=True)
class Leaving:
    """Said by who left for this reason, from `since` on and before `until`."""

    reason: ExitReason
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Spoken:
    """Said of one delivery, which is called that."""

    delivered: Delivered
    name: Label


@dataclass(frozen=True, slots=True)
class Made:
    """What was done, in the staff's words, and where it can be seen, after what was said.

    One of `polled`, `leaving` and `spoken` is there.
    """

    words: Label
    link: Label | None = None
    polled: Polled | None = None
    leaving: Leaving | None = None
    spoken: Spoken | None = None


@dataclass(frozen=True, slots=True)
class ImprovementRecorded:
    made: Made
    by: AccountId


@dataclass(frozen=True, slots=True)
class AskersTold:
    """Some of those who are written to; after an anonymous poll everybody it asked, whether they voted or not."""

    made: Made
    people: tuple[PersonId, ...]


@dataclass(frozen=True, slots=True)
class ImprovementWithdrawn:
    """It is shown no more; who has been written to has been."""


ImprovementEvent = ImprovementRecorded | AskersTold | ImprovementWithdrawn
