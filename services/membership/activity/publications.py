"""What the others hear of activity: who, what kind, when; never a word of it."""

from services.membership.activity.events import SignalRecorded
from shared.contracts import membership_activity as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _recorded(fact: Fact) -> contracts.ActivityRecorded:
    event: SignalRecorded = fact.body
    return contracts.ActivityRecorded(
        community_id=fact.community_id,
        occurred_at=event.signal.seen_at,
        person_id=event.signal.person_id,
        kind=event.signal.kind,
        source=event.signal.source,
    )


PUBLICATIONS = (Publication(of=SignalRecorded, to=contracts.ActivityRecorded, map=_recorded),)
