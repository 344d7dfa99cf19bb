"""tessera.membership.feedback.v1: how good members say that one delivery was; not who says so, nor their words."""

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract


class FeedbackContract(Contract):
    """What is said of one delivery: a ritual's occurrence, a gathering, an item of content; the key is the delivery."""

    topic: ClassVar[str] = "tessera.membership.feedback.v1"

    about: Literal["ritual", "gathering", "content"]
    about_id: UUID
    on: date | None = None


class FeedbackGiven(FeedbackContract):
    """Somebody whom it was for said how good it was, once; without a name, whatever they told the staff."""

    rating: int = Field(ge=1, le=5)


class FeedbackChanged(FeedbackContract):
    """One of those who said so thought better of it."""

    before: int = Field(ge=1, le=5)
    after: int = Field(ge=1, le=5)


class FeedbackWithdrawn(FeedbackContract):
    """One of those who said so took it back; the rating counts no more."""

    rating: int = Field(ge=1, le=5)
