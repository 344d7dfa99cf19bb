"""What the others hear of ideas: that they were had, backed and answered; no word of them."""

from services.membership.idea import events
from shared.contracts import membership_idea as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _posted(fact: Fact) -> contracts.IdeaPosted:
    return contracts.IdeaPosted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        idea_id=fact.stream_id,
        person_id=fact.body.author,
    )


def _backed(fact: Fact) -> contracts.IdeaBacked:
    return contracts.IdeaBacked(
        community_id=fact.community_id,
        occurred_at=fact.at,
        idea_id=fact.stream_id,
        person_id=fact.body.person_id,
    )


def _answered(fact: Fact) -> contracts.IdeaAnswered:
    return contracts.IdeaAnswered(
        community_id=fact.community_id,
        occurred_at=fact.at,
        idea_id=fact.stream_id,
        answer=fact.body.answer,
    )


PUBLICATIONS = (
    Publication(of=events.IdeaPosted, to=contracts.IdeaPosted, map=_posted),
    Publication(of=events.IdeaBacked, to=contracts.IdeaBacked, map=_backed),
    Publication(of=events.IdeaAnswered, to=contracts.IdeaAnswered, map=_answered),
)
