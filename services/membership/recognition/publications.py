"""What the others hear of levels: who reached or lost which, by how many points and which rules."""

from services.membership.recognition import events
from shared.contracts import membership_recognition as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _reached(fact: Fact) -> contracts.LevelReached:
    event: events.LevelReached = fact.body
    return contracts.LevelReached(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        level=event.badge.level,
        label=event.badge.label,
        rank=event.badge.rank,
        score=event.score,
        rules_version=event.rules,
    )


def _lost(fact: Fact) -> contracts.LevelLost:
    event: events.LevelLost = fact.body
    return contracts.LevelLost(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        level=event.lost.level,
        left=event.left.level if event.left else None,
        cause=event.cause,
        score=event.score,
        rules_version=event.rules,
    )


PUBLICATIONS = (
    Publication(of=events.LevelReached, to=contracts.LevelReached, map=_reached),
    Publication(of=events.LevelLost, to=contracts.LevelLost, map=_lost),
)
