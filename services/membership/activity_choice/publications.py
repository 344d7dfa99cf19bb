"""What the others hear: of whom silence says nothing."""

from services.membership.activity_choice import events
from shared.contracts import membership_activity_choice as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _declined(fact: Fact) -> contracts.ActivityDeclined:
    return contracts.ActivityDeclined(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.body.person_id
    )


def _welcomed(fact: Fact) -> contracts.ActivityWelcomed:
    return contracts.ActivityWelcomed(
        community_id=fact.community_id, occurred_at=fact.at, person_id=fact.body.person_id
    )


PUBLICATIONS = (
    Publication(of=events.ActivityDeclined, to=contracts.ActivityDeclined, map=_declined),
    Publication(of=events.ActivityWelcomed, to=contracts.ActivityWelcomed, map=_welcomed),
)
