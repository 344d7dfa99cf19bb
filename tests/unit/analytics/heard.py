"""What analytics hears from the others, written shortly."""

from datetime import UTC, datetime
from uuid import UUID

from shared.contracts.contract import Contract
from shared.event_store import Fact, Meta

community = UUID(int=7)
ada, bob = UUID(int=8), UUID(int=9)
today = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def heard(contract: Contract, stream_id: UUID, *, version: int = 1) -> Fact:
    """The fact that carries `contract`."""
    return Fact(
        source=contract.service(),
        position=0,
        event_id=UUID(int=0),
        stream_id=stream_id,
        community_id=contract.community_id,
        version=version,
        type=contract.type(),
        at=contract.occurred_at,
        recorded_at=contract.occurred_at,
        body=contract,
        meta=Meta(UUID(int=0), UUID(int=0)),
    )
