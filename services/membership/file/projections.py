"""What a file is, read strongly from its own stream."""

from uuid import UUID

from services.membership.file.decider import FILE, State
from shared.service import Service


async def file_now(service: Service, community_id: UUID, file_id: UUID) -> State | None:
    """As of now; None when nobody announced it, or not for this community."""
    state: State | None
    state, _ = await service.handler.state(FILE, file_id, community_id)
    return state
