"""What the others hear of bundles: for whom they are to pack."""

from services.membership.bundle import events
from shared.contracts import membership_bundle as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _asked(fact: Fact) -> contracts.BundleAsked:
    event: events.BundleAsked = fact.body
    return contracts.BundleAsked(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        bundle_id=event.bundle_id,
        number=event.number,
        public_key=event.public_key,
    )


PUBLICATIONS = (Publication(of=events.BundleAsked, to=contracts.BundleAsked, map=_asked),)
