"""Who pays what with which card in billing's tests."""

from datetime import UTC, datetime
from uuid import UUID

from services.billing.payer.events import Instrument
from shared.event_store import Fact, Meta
from shared.ids import Code, PersonId
from shared.money import Money

noon = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
community_id, event_id, stream_id = UUID(int=100), UUID(int=101), UUID(int=102)

visa = Instrument(Code("pm_visa"), Code("cus_ada"), None)
amex = Instrument(Code("pm_amex"), Code("cus_ada"), None)


def euros(amount: int) -> Money:
    return Money(amount * 100, "EUR")


def fact(body: object, stream_id: UUID = stream_id, at: datetime = noon) -> Fact:
    """What reactions and publications see."""
    return Fact(
        source="billing",
        position=1,
        event_id=event_id,
        stream_id=stream_id,
        community_id=community_id,
        version=1,
        type=type(body).__name__,
        at=at,
        recorded_at=at,
        body=body,
        meta=Meta(event_id, event_id),
    )
