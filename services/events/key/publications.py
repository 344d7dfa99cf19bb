"""What the others verify our quotes with."""

from services.events.key import events
from shared.contracts.events_key import QuoteKeyPublished
from shared.event_store import Fact
from shared.feature import Publication


def published(fact: Fact) -> QuoteKeyPublished:
    key: events.KeyAnnounced = fact.body
    return QuoteKeyPublished(
        community_id=fact.community_id, occurred_at=fact.at, kid=key.kid, x=key.x
    )


PUBLICATIONS = (Publication(events.KeyAnnounced, QuoteKeyPublished, published),)
