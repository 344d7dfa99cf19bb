"""What the others hear of documents: which version holds from when, and who accepted it."""

from services.membership.document import events
from shared.contracts import membership_document as contracts
from shared.event_store import Fact
from shared.feature import Publication


def published(fact: Fact) -> contracts.DocumentPublished:
    told: events.DocumentPublished = fact.body
    return contracts.DocumentPublished(
        community_id=fact.community_id,
        occurred_at=fact.at,
        kind=told.kind,
        number=told.number,
        sha256=told.sha256,
        effective_at=told.effective_at,
        must_accept=told.must_accept,
        languages=tuple(text.language for text in told.texts),
    )


def accepted(fact: Fact) -> contracts.DocumentAccepted:
    told: events.DocumentAccepted = fact.body
    return contracts.DocumentAccepted(
        community_id=fact.community_id,
        occurred_at=fact.at,
        kind=told.kind,
        number=told.number,
        person_id=told.person_id,
    )


PUBLICATIONS = (
    Publication(of=events.DocumentPublished, to=contracts.DocumentPublished, map=published),
    Publication(of=events.DocumentAccepted, to=contracts.DocumentAccepted, map=accepted),
)
