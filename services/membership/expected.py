"""Where an address waits for somebody, under a key that is not theirs: in an invitation, and for a seat."""

import asyncio
from uuid import UUID

from services.membership.seat.projections import plans_waited_for
from shared.event_store import Lookup
from shared.ids import PersonId
from shared.service import Service

INVITED = "invited"
SEATED = "seated"


def seated(service: Service, community_id: UUID, plan: UUID, email: str, who: PersonId) -> Lookup:
    """By what a seat of a subscription is found by the address that it was given to."""
    return service.vault.lookup(SEATED, community_id, _seat(plan, email), who)


def _seat(subscription_id: UUID, email: str) -> str:
    return f"{subscription_id} {email}"


async def addressees_at(service: Service, community_id: UUID, email: str) -> list[PersonId]:
    """Whose keys seal the address while it waits: nobody yet, or somebody who came in another way."""
    async with service.pool.acquire() as connection:
        plans = await plans_waited_for(connection, community_id)
    texts = [(INVITED, email), *((SEATED, _seat(plan, email)) for plan in plans)]
    find = service.vault.find
    found = await asyncio.gather(*(find(kind, community_id, text) for kind, text in texts))
    return [PersonId(one) for one in found if one is not None]
