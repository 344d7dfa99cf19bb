"""What the others hear of how people came."""

from services.membership.attribution import events
from shared.contracts import membership_attribution as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _attributed(fact: Fact) -> contracts.PersonAttributed:
    attributed: events.PersonAttributed = fact.body
    return contracts.PersonAttributed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=attributed.person_id,
        link_id=attributed.link_id,
        kind=attributed.kind,
        owner_id=attributed.owner,
        until=attributed.until,
        since=attributed.since,
    )


def _withdrawn(fact: Fact) -> contracts.AttributionWithdrawn:
    return contracts.AttributionWithdrawn(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=fact.body.person_id,
        link_id=fact.body.link_id,
    )


PUBLICATIONS = (
    Publication(of=events.PersonAttributed, to=contracts.PersonAttributed, map=_attributed),
    Publication(of=events.AttributionWithdrawn, to=contracts.AttributionWithdrawn, map=_withdrawn),
)
