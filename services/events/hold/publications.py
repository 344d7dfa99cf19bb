"""What the others hear of money that met no seats."""

from services.events.hold import events
from shared.contracts.events_sale import SeatDenied
from shared.event_store import Fact
from shared.feature import Publication
from shared.ids import PLATFORM


def unmatched(fact: Fact) -> SeatDenied:
    payment: events.PaymentUnmatched = fact.body
    return SeatDenied(
        community_id=fact.community_id,
        occurred_at=fact.at,
        gathering_id=PLATFORM,
        hold_id=payment.hold_id,
        person_id=payment.person_id,
        reason="unknown_hold",
    )


PUBLICATIONS = (Publication(events.PaymentUnmatched, SeatDenied, unmatched),)
