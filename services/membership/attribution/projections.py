"""How a person came, as of now."""

from uuid import UUID

from services.membership.attribution.decider import ATTRIBUTION, Attribution, attribution_stream
from shared.ids import PersonId
from shared.service import Service

FARTHEST = 20
"""So many senders back a circle is looked for."""


async def attribution_now(service: Service, community_id: UUID, person_id: PersonId) -> Attribution:
    """Read strongly; None for who came by themselves, or would not say."""
    attribution: Attribution
    attribution, _ = await service.handler.state(
        ATTRIBUTION, attribution_stream(person_id), community_id
    )
    return attribution


async def senders_of(
    service: Service, community_id: UUID, person_id: PersonId | None
) -> tuple[PersonId, ...]:
    """Who sent the person, who sent that one, and so on."""
    senders: list[PersonId] = []
    while person_id is not None and len(senders) < FARTHEST:
        attribution = await attribution_now(service, community_id, person_id)
        person_id = attribution.owner if attribution else None
        if person_id is not None:
            senders.append(person_id)
    return tuple(senders)
