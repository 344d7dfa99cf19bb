"""What staff are told: that the processor and our book still differ when somebody could have put it right."""

from services.billing.reconciliation import events
from shared.contracts.billing_message import StaffMessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def tell_staff_of_drifts(fact: Fact) -> StaffMessageRequested | None:
    stand: events.DriftsStand = fact.body
    if not stand.is_news:
        return None
    return StaffMessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        permission="refunds.write",
        template="payments_drift",
        values={"drifts": stand.drifts},
    )


PUBLICATIONS = (Publication(events.DriftsStand, StaffMessageRequested, tell_staff_of_drifts),)
