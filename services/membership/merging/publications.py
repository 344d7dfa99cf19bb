"""What the others hear of who is one with whom."""

from services.membership.merging import events
from shared.contracts import membership_merging as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _merged(fact: Fact) -> contracts.MemberMerged:
    event: events.MemberMerged = fact.body
    return contracts.MemberMerged(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        taken_in=event.taken_in,
    )


PUBLICATIONS = (Publication(of=events.MemberMerged, to=contracts.MemberMerged, map=_merged),)
