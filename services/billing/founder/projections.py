"""From when on an offer is paid for, and of which offers a person is a founder: read strongly, for a checkout."""

from datetime import datetime
from uuid import UUID

from services.billing.founder.decider import FOUNDER, OFFER_AWAITED, Awaited, Founder
from services.billing.founder.events import awaited_stream, founder_stream
from shared.service import Service


async def free_until(service: Service, community_id: UUID, offer_id: UUID) -> datetime | None:
    """Until when it need not be paid for, because something else is free until then; it may have passed."""
    return (await _awaited(service, community_id, offer_id)).free_until


async def founder_of(service: Service, community_id: UUID, person_id: UUID) -> frozenset[UUID]:
    """The offers that the person has a founder rate of, once somebody says what that is."""
    founder: Founder
    stream = founder_stream(person_id)
    founder, _ = await service.handler.state(FOUNDER, stream, community_id)
    return frozenset(
        [
            offer_id
            for offer_id, transition_id in founder.rates.items()
            if transition_id not in (await _awaited(service, community_id, offer_id)).over
        ]
    )


async def gone_since(service: Service, community_id: UUID, person_id: UUID) -> datetime | None:
    """When the person last left, was banned or was erased: it is kept of everybody, whoever comes back."""
    founder: Founder
    founder, _ = await service.handler.state(FOUNDER, founder_stream(person_id), community_id)
    return founder.gone_at


async def _awaited(service: Service, community_id: UUID, offer_id: UUID) -> Awaited:
    awaited: Awaited
    stream = awaited_stream(offer_id)
    awaited, _ = await service.handler.state(OFFER_AWAITED, stream, community_id)
    return awaited
