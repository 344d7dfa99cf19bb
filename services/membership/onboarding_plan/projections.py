"""The steps of a tier, as of this very moment."""

from uuid import UUID

from services.membership.onboarding_plan.decider import ONBOARDING_PLAN, Plan, plan_stream
from shared.service import Service


async def plan_now(service: Service, community_id: UUID, tier_id: UUID) -> Plan:
    """Read strongly; empty where nobody is led in."""
    plan: Plan
    plan, _ = await service.handler.state(ONBOARDING_PLAN, plan_stream(tier_id), community_id)
    return plan
