"""What the others hear of links: whose they are, not what they are called."""

from services.membership.link import events
from shared.contracts import membership_link as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _made(fact: Fact) -> contracts.LinkMade:
    made: events.LinkMade = fact.body
    return contracts.LinkMade(
        community_id=fact.community_id,
        occurred_at=fact.at,
        link_id=fact.stream_id,
        kind=made.kind,
        owner_id=made.owner,
    )


def _retired(fact: Fact) -> contracts.LinkRetired:
    return contracts.LinkRetired(
        community_id=fact.community_id, occurred_at=fact.at, link_id=fact.stream_id
    )


PUBLICATIONS = (
    Publication(of=events.LinkMade, to=contracts.LinkMade, map=_made),
    Publication(of=events.LinkRetired, to=contracts.LinkRetired, map=_retired),
)
