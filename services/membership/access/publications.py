"""What the others hear of access: every reason that begins or ends, and whether it was the first or the last."""

from services.membership.access import events
from shared.contracts import membership_access as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _granted(fact: Fact) -> contracts.AccessGranted:
    event: events.AccessGranted = fact.body
    return contracts.AccessGranted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        tier_id=event.tier_id,
        reason_kind=event.kind,
        reason_id=event.reason_id,
        first=event.first,
    )


def _revoked(fact: Fact) -> contracts.AccessRevoked:
    event: events.AccessRevoked = fact.body
    return contracts.AccessRevoked(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        tier_id=event.tier_id,
        reason_kind=event.kind,
        reason_id=event.reason_id,
        last=event.last,
    )


def _content_granted(fact: Fact) -> contracts.ContentGranted:
    event: events.ContentGranted = fact.body
    return contracts.ContentGranted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        content_id=event.content_id,
        reason_kind=event.kind,
        reason_id=event.reason_id,
        first=event.first,
    )


def _content_revoked(fact: Fact) -> contracts.ContentRevoked:
    event: events.ContentRevoked = fact.body
    return contracts.ContentRevoked(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        content_id=event.content_id,
        reason_kind=event.kind,
        reason_id=event.reason_id,
        last=event.last,
    )


PUBLICATIONS = (
    Publication(of=events.AccessGranted, to=contracts.AccessGranted, map=_granted),
    Publication(of=events.AccessRevoked, to=contracts.AccessRevoked, map=_revoked),
    Publication(of=events.ContentGranted, to=contracts.ContentGranted, map=_content_granted),
    Publication(of=events.ContentRevoked, to=contracts.ContentRevoked, map=_content_revoked),
)
