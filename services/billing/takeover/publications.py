"""What staff are told: that somebody must look at a subscription there."""

from services.billing.takeover import events
from shared.contracts.billing_message import StaffMessageRequested
from shared.event_store import Fact
from shared.feature import Publication


def tell_staff_of_held_up(fact: Fact) -> StaffMessageRequested | None:
    """Once for each trouble; of one that passes by itself nobody is told."""
    held: events.TheirsHeldUp = fact.body
    if held.again or held.code == events.NOT_OVER_YET:
        return None
    return StaffMessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        permission="subscriptions.write",
        template="takeover_held_up",
        values={"subscription": held.subscription, "reason": held.code},
    )


PUBLICATIONS = (Publication(events.TheirsHeldUp, StaffMessageRequested, tell_staff_of_held_up),)
