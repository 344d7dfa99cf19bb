"""What the others hear of gatherings."""

from services.events.gathering import events
from services.events.gathering.projections import told_terms
from shared.contracts import events_gathering as contracts
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


def published(fact: Fact) -> contracts.GatheringPublished:
    gathering: events.GatheringPublished = fact.body
    return contracts.GatheringPublished(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=fact.stream_id,
        name=gathering.name,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        capacity=gathering.capacity,
        price=MoneyValue.of(gathering.price),
        **told_terms(gathering.member_terms),
    )


def rescheduled(fact: Fact) -> contracts.GatheringRescheduled:
    return contracts.GatheringRescheduled(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=fact.stream_id,
        starts_at=fact.body.starts_at,
        ends_at=fact.body.ends_at,
    )


def cancelled(fact: Fact) -> contracts.GatheringCancelled:
    return contracts.GatheringCancelled(
        community_id=fact.community_id, occurred_at=fact.at, gathering_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(events.GatheringPublished, contracts.GatheringPublished, published),
    Publication(events.GatheringRescheduled, contracts.GatheringRescheduled, rescheduled),
    Publication(events.GatheringCancelled, contracts.GatheringCancelled, cancelled),
)
