"""What the others hear of what members say: how good it was, and of what; no word of it, and not by whom."""

from services.membership.feedback import events
from shared.contracts import membership_feedback as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _given(fact: Fact) -> contracts.FeedbackGiven:
    given: events.FeedbackGiven = fact.body
    return contracts.FeedbackGiven(
        community_id=fact.community_id,
        occurred_at=fact.at,
        about=given.delivered.about,
        about_id=given.delivered.about_id,
        on=given.delivered.on,
        rating=given.rating,
    )


def _changed(fact: Fact) -> contracts.FeedbackChanged | None:
    changed: events.FeedbackChanged = fact.body
    if changed.rating == changed.before:
        return None
    return contracts.FeedbackChanged(
        community_id=fact.community_id,
        occurred_at=fact.at,
        about=changed.delivered.about,
        about_id=changed.delivered.about_id,
        on=changed.delivered.on,
        before=changed.before,
        after=changed.rating,
    )


def _withdrawn(fact: Fact) -> contracts.FeedbackWithdrawn:
    withdrawn: events.FeedbackWithdrawn = fact.body
    return contracts.FeedbackWithdrawn(
        community_id=fact.community_id,
        occurred_at=fact.at,
        about=withdrawn.delivered.about,
        about_id=withdrawn.delivered.about_id,
        on=withdrawn.delivered.on,
        rating=withdrawn.rating,
    )


PUBLICATIONS = (
    Publication(of=events.FeedbackGiven, to=contracts.FeedbackGiven, map=_given),
    Publication(of=events.FeedbackChanged, to=contracts.FeedbackChanged, map=_changed),
    Publication(of=events.FeedbackWithdrawn, to=contracts.FeedbackWithdrawn, map=_withdrawn),
)
