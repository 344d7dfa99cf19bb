"""What the others hear of tiers."""

from services.membership.tier import events
from shared.contracts import membership_tier as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _defined(fact: Fact) -> contracts.TierDefined:
    event: events.TierDefined = fact.body
    return contracts.TierDefined(
        community_id=fact.community_id,
        occurred_at=fact.at,
        tier_id=fact.stream_id,
        name=event.name,
        paid=event.paid,
    )


def _retired(fact: Fact) -> contracts.TierRetired:
    return contracts.TierRetired(
        community_id=fact.community_id, occurred_at=fact.at, tier_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(of=events.TierDefined, to=contracts.TierDefined, map=_defined),
    Publication(of=events.TierRetired, to=contracts.TierRetired, map=_retired),
)
