"""A member says once, in time, how a delivery of theirs was, may think better of it, and is not found out by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.membership.feedback import commands, events
from services.membership.feedback.events import Delivered
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive
from shared.personal_value import Sealed

BEST = 5
LATEST = timedelta(days=30)
SETTLES = timedelta(days=14)
FEWEST = 5
"""What is said without a name is shown by so many at a time: fewer would say too much of who said it."""


@dataclass(frozen=True, slots=True)
class Said:
    rating: int
    named: bool
    has_words: bool
    settles_at: datetime


@dataclass(frozen=True, slots=True)
class Feedback:
    """What each person says of one delivery."""

    said: Mapping[PersonId, Said] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one person says, as it is kept."""

    person_id: PersonId
    rating: int
    words: Sealed | None
    named: bool
    given_at: datetime
    closes_at: datetime | None


def feedback_stream(delivered: Delivered) -> UUID:
    day = delivered.on.isoformat() if delivered.on else ""
    return derive(delivered.about_id, "feedback", delivered.about, day)


def decide(command: commands.FeedbackCommand, feedback: Feedback) -> list[events.FeedbackEvent]:
    match command:
        case commands.GiveFeedback():
            return _give(command, feedback)
        case commands.WithdrawFeedback():
            return _withdraw(command, feedback)
        case _:
            assert_never(command)


def _give(give: commands.GiveFeedback, feedback: Feedback) -> list[events.FeedbackEvent]:
    if give.occasion.standing == "unknown":
        raise NotFound("delivery_not_found", "There is nothing of the kind.")
    if give.member != "joined":
        raise Rejected("not_a_member", "What members say of it is the members' own.")
    if not 1 <= give.rating <= BEST:
        wrong = f"From 1, poor, to {BEST}, very good."
        raise Rejected("rating_out_of_range", wrong, pointer="/rating", most=BEST)
    speaker = next((one for one in give.people if one in feedback.said), None)
    if speaker is not None:
        return _change(give, speaker, feedback.said[speaker])
    closes_at = _check(give.occasion, give)
    return [
        events.FeedbackGiven(
            give.delivered, give.people[0], give.rating, give.words, give.named,
            give.at + SETTLES, closes_at,
        )
    ]  # fmt: skip


def _check(occasion: events.Occasion, give: commands.GiveFeedback) -> datetime | None:
    """Until when it may be said: of content as long as it is open."""
    match occasion.standing:
        case "cancelled":
            raise Rejected("delivery_cancelled", "It did not take place.")
        case "missed":
            raise Rejected("delivery_missed", "Nobody said that it took place.")
        case "to_come":
            raise Rejected(
                "delivery_to_come", "It is still to come, or nobody said yet that it was."
            )
    if not occasion.is_theirs or occasion.at is None:
        raise Rejected("delivery_of_others", "It was for others.")
    if give.delivered.about == "content":
        return None
    closes_at = occasion.at + LATEST
    if give.at >= closes_at:
        raise Rejected("feedback_too_late", f"It could be said for {LATEST.days} days.")
    return closes_at


def _change(
    give: commands.GiveFeedback, speaker: PersonId, before: Said
) -> list[events.FeedbackEvent]:
    says_nothing = give.words is None and not before.has_words
    if says_nothing and (before.rating, before.named) == (give.rating, give.named):
        return []
    if give.at >= before.settles_at:
        raise Rejected("feedback_settled", f"It could be changed for {SETTLES.days} days.")
    return [
        events.FeedbackChanged(
            give.delivered, speaker, give.rating, give.words, give.named, before.rating
        )
    ]


def _withdraw(
    withdraw: commands.WithdrawFeedback, feedback: Feedback
) -> list[events.FeedbackEvent]:
    said = {one: feedback.said[one] for one in withdraw.people if one in feedback.said}
    if not said:
        raise NotFound("feedback_not_found", "Nothing was said of it.")
    return [
        events.FeedbackWithdrawn(withdraw.delivered, person_id, one.rating)
        for person_id, one in said.items()
    ]


def insist_on_known(heard: Sequence[Heard], occasion: events.Occasion) -> None:
    """What has been spoken of is known, whatever became of it since."""
    if not heard and occasion.standing == "unknown":
        raise NotFound("delivery_not_found", "There is nothing of the kind.")


def shown(heard: Sequence[Heard], at: datetime) -> list[Heard]:
    """What staff see of it: all that was said by name, and of the rest, oldest first, as many as hide one another.

    The last of those are seen with them when nobody can say or change anything any more.
    """
    unnamed = sorted((one for one in heard if not one.named), key=lambda one: one.given_at)
    is_over = all(one.closes_at and one.closes_at + SETTLES <= at for one in heard)
    rest = 0 if is_over and len(unnamed) >= FEWEST else len(unnamed) % FEWEST
    return [one for one in heard if one.named] + unnamed[: len(unnamed) - rest]


def evolve(feedback: Feedback, event: events.FeedbackEvent) -> Feedback:
    match event:
        case events.FeedbackGiven(_, person_id, rating, words, named, settles_at):
            given = Said(rating, named, words is not None, settles_at)
            return Feedback({**feedback.said, person_id: given})
        case events.FeedbackChanged(_, person_id, rating, words, named):
            changed = replace(
                feedback.said[person_id], rating=rating, named=named, has_words=words is not None
            )
            return Feedback({**feedback.said, person_id: changed})
        case events.FeedbackWithdrawn(_, gone):
            kept = {person: said for person, said in feedback.said.items() if person != gone}
            return Feedback(kept)
        case _:
            assert_never(event)


FEEDBACK: Decider[commands.FeedbackCommand, Feedback, events.FeedbackEvent] = Decider(
    "feedback",
    initial=Feedback(),
    decide=decide,
    evolve=evolve,
    commands=commands.FeedbackCommand,
    events=events.FeedbackEvent,
)
