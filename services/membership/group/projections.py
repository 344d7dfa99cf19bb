"""The groups of a community, as of this very moment."""

from uuid import UUID

from services.membership.group.decider import GROUP, Groups, groups_stream
from shared.service import Service


async def groups_now(service: Service, community_id: UUID) -> tuple[Groups, int]:
    """The groups, and how often they have changed: 0 when there never was one."""
    groups: Groups
    groups, version = await service.handler.state(GROUP, groups_stream(community_id), community_id)
    return groups, version
