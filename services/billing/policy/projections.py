"""The policy of a community as of now, for whoever has to apply it."""

from uuid import UUID

from services.billing.policy.decider import POLICY
from services.billing.policy.events import Policy
from shared.ids import derive
from shared.service import Service


def policy_stream(community_id: UUID) -> UUID:
    """The stream of a community's one policy."""
    return derive(community_id, "policy")


async def policy_now(service: Service, community_id: UUID) -> Policy:
    """Read strongly; the defaults where the community has set nothing."""
    policy: Policy
    policy, _ = await service.handler.state(POLICY, policy_stream(community_id), community_id)
    return policy
