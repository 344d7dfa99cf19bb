"""Facts as reactions and publications see them, about nobody in particular."""

from datetime import UTC, datetime
from uuid import UUID

from shared.event_store import Fact, Meta

community_id = UUID(int=100)
event_id = UUID(int=101)
some_stream = UUID(int=102)
noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def fact(body: object, stream_id: UUID = some_stream) -> Fact:
    return Fact(
        source="membership",
        position=1,
        event_id=event_id,
        stream_id=stream_id,
        community_id=community_id,
        version=1,
        type=type(body).__name__,
        at=noon,
        recorded_at=noon,
        body=body,
        meta=Meta(event_id, event_id),
    )
