"""The rules of commissions, for whoever has to apply them."""

from datetime import datetime
from uuid import UUID

from services.billing.commission_rules.decider import COMMISSION_RULES, Versions, in_force
from services.billing.commission_rules.events import CommissionRulesSet
from shared.ids import derive
from shared.service import Service


def commission_rules_stream(community_id: UUID) -> UUID:
    """The stream of a community's rules, with every version."""
    return derive(community_id, "commission rules")


async def commission_rules_at(
    service: Service, community_id: UUID, at: datetime
) -> CommissionRulesSet | None:
    """Those of that moment, read strongly; None where there were none."""
    versions: Versions
    versions, _ = await service.handler.state(
        COMMISSION_RULES, commission_rules_stream(community_id), community_id
    )
    return in_force(versions, at)
