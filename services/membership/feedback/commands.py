"""What may be asked of what members say of one delivery."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.feedback.events import Delivered, Occasion
from services.membership.member.events import StandingNow
from shared.ids import PersonId
from shared.personal_value import Sealed


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
