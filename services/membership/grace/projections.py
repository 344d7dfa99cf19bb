"""The grace that a community gives, as of this very moment."""

from uuid import UUID

from services.membership.grace.decider import GRACE, grace_stream
from services.membership.grace.events import Grace
from shared.service import Service


async def grace_now(service: Service, community_id: UUID) -> Grace:
    """Read strongly; none where the community has set none."""
    grace: Grace
    grace, _ = await service.handler.state(GRACE, grace_stream(community_id), community_id)
    return grace
