"""What others publish, as it comes to a service's inbox."""

from uuid import UUID

from shared.consumer import Arrival
from shared.contracts.contract import Contract
from shared.envelope import SOURCE, seal
from shared.event_store import Fact, Meta
from shared.ids import random_id


def arrival_of(contract: Contract, stream_id: UUID | None = None) -> Arrival:
    """What the inbox is given when this was published."""
    event_id = random_id()
    fact = Fact(
        source=contract.service(),
        position=1,
        event_id=event_id,
        stream_id=stream_id or random_id(),
        community_id=contract.community_id,
        version=1,
        type=type(contract).__name__,
        at=contract.occurred_at,
        recorded_at=contract.occurred_at,
        body=contract,
        meta=Meta(event_id, event_id),
    )
    record = seal(fact, contract, 0)
    return Arrival(
        source=SOURCE + contract.service(),
        event_id=event_id,
        position=1,
        topic=record.topic,
        key=record.key.decode(),
        type=contract.type(),
        community_id=contract.community_id,
        value=record.value.decode(),
    )
