"""What may be asked of what members say of one delivery."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.feedback.events import Delivered
from services.membership.member.events import StandingNow
from shared.ids import Label, PersonId
from shared.personal_value import Sealed

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
class GiveFeedback:
    """`people` are all whom they are: themselves first, then whom they have taken in."""

    delivered: Delivered
    occasion: Occasion
    people: tuple[PersonId, ...]
    member: StandingNow
    rating: int
    words: Sealed | None
    named: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class WithdrawFeedback:
    delivered: Delivered
    people: tuple[PersonId, ...]


FeedbackCommand = GiveFeedback | WithdrawFeedback
