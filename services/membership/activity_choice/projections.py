"""Of whom nothing is recorded, as of this very moment."""

from uuid import UUID

from services.membership.activity_choice.decider import ACTIVITY_CHOICE, Choices, choices_of
from shared.ids import PersonId
from shared.service import Service


async def declined_now(service: Service, community_id: UUID) -> frozenset[PersonId]:
    """Read strongly: a no counts for the very next signal."""
    choices: Choices
    stream = choices_of(community_id)
    choices, _ = await service.handler.state(ACTIVITY_CHOICE, stream, community_id)
    return choices.declined
