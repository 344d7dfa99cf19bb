"""What the others hear of goals: that they were told, and how they went; no word of them."""

from services.membership.goal import events
from shared.contracts import membership_goal as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _set(fact: Fact) -> contracts.GoalSet:
    return contracts.GoalSet(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.body.person_id
    )


def _reviewed(fact: Fact) -> contracts.GoalReviewed:
    return contracts.GoalReviewed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.body.person_id,
        outcome=fact.body.outcome,
    )


PUBLICATIONS = (
    Publication(of=events.GoalSet, to=contracts.GoalSet, map=_set),
    Publication(of=events.GoalReviewed, to=contracts.GoalReviewed, map=_reviewed),
)
