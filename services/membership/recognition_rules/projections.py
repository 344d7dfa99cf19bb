"""The rules by which a community recognises its members, as of this very moment."""

from uuid import UUID

from services.membership.recognition_rules.decider import RECOGNITION_RULES, Decided, rules_stream
from shared.service import Service


async def rules_now(service: Service, community_id: UUID) -> Decided:
    """Read strongly; version 0 and no levels where nobody has written any."""
    decided: Decided
    stream = rules_stream(community_id)
    decided, _ = await service.handler.state(RECOGNITION_RULES, stream, community_id)
    return decided
