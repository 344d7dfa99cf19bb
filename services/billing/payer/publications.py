"""What the payer is told."""

from datetime import UTC, datetime, time

from services.billing.payer import events
from shared.contracts.billing_message import MessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def tell_of_expiry(fact: Fact) -> MessageRequested:
    expiring: events.CardExpiring = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=expiring.person_id,
        template="card_expires",
        values={"good_until": datetime.combine(expiring.good_until, time(), UTC)},
    )


PUBLICATIONS = (Publication(events.CardExpiring, MessageRequested, tell_of_expiry),)
