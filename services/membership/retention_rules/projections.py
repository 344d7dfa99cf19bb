"""The rules by which a community keeps people, as of this very moment."""

from uuid import UUID

from services.membership.retention_rules.decider import RETENTION_RULES, Keeping, keeping_stream
from shared.service import Service


async def keeping_now(service: Service, community_id: UUID) -> Keeping:
    """Read strongly; version 0, and everybody is kept, where nobody has written any."""
    keeping: Keeping
    stream = keeping_stream(community_id)
    keeping, _ = await service.handler.state(RETENTION_RULES, stream, community_id)
    return keeping
