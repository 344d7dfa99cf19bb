"""What the others hear of the spotlight."""

from services.membership.spotlight.events import SpotlightGiven
from shared.contracts import membership_recognition as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _given(fact: Fact) -> contracts.SpotlightGiven:
    event: SpotlightGiven = fact.body
    return contracts.SpotlightGiven(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        on=event.on,
    )


PUBLICATIONS = (Publication(of=SpotlightGiven, to=contracts.SpotlightGiven, map=_given),)
