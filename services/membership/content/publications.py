"""What the others hear of content: that it is there to be opened or granted, and that somebody opened it."""

from services.membership.content import events
from shared.contracts import membership_activity as activity
from shared.contracts import membership_content as contracts
from shared.event_store import Fact
from shared.feature import Publication


def _published(fact: Fact) -> contracts.ContentPublished:
    event: events.ContentPublished = fact.body
    return contracts.ContentPublished(
        community_id=fact.community_id,
        occurred_at=fact.at,
        content_id=fact.stream_id,
        kind=event.kind,
        audience=event.audience,
        visible_from=event.visible_from,
    )


def _withdrawn(fact: Fact) -> contracts.ContentWithdrawn:
    return contracts.ContentWithdrawn(
        community_id=fact.community_id, occurred_at=fact.at, content_id=fact.stream_id
    )


def _opened(fact: Fact) -> activity.ActivityRecorded:
    event: events.ContentOpened = fact.body
    return activity.ActivityRecorded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=event.person_id,
        kind="content_opened",
        source="content",
    )


PUBLICATIONS = (
    Publication(of=events.ContentPublished, to=contracts.ContentPublished, map=_published),
    Publication(of=events.ContentWithdrawn, to=contracts.ContentWithdrawn, map=_withdrawn),
    Publication(of=events.ContentOpened, to=activity.ActivityRecorded, map=_opened),
)
