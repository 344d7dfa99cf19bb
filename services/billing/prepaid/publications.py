"""What who paid elsewhere is told: that it runs out, or has, and where a card is given."""

from services.billing.prepaid import events
from shared.contracts.billing_message import MessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def _told(fact: Fact) -> MessageRequested:
    """What they have paid for ends: this is no reminder that anybody may turn off, so its name does not say so."""
    told: events.PrepaidTold = fact.body
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=told.person_id,
        template="prepaid_over" if told.occasion == "over" else "prepaid_ends",
        values={"offer": told.offer, "until": told.until},
        link=f"/cards/{told.link}",
    )


PUBLICATIONS = (Publication(events.PrepaidTold, MessageRequested, _told),)
