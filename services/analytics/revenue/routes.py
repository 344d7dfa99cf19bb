"""What a community earns, and what the whole platform's live communities do."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter

from services.analytics.community.projections import community_of, live_communities
from services.analytics.days import From, OfDays, To, Window, window
from services.analytics.recurring.projections import (
    RecurringRevenue,
    Subscriptions,
    recurring_revenue_of,
    subscriptions_of,
)
from services.analytics.revenue.projections import Taking, takings_of
from shared.http import Caller, needs

router = APIRouter()


class Revenue(OfDays):
    """Both days included, in the zone named; `subscriptions` says how they stand now."""

    recurring: list[RecurringRevenue]
    subscriptions: Subscriptions
    takings: list[Taking]


@router.get("/communities/{community_id}/revenue", operation_id="read_revenue")
async def read_revenue(
    community_id: UUID,
    caller: Annotated[Caller, needs("revenue.read")],
    first_day: From = None,
    last_day: To = None,
) -> Revenue:
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return await _revenue(connection, [community_id], days)


@router.get("/platform/revenue", operation_id="read_platform_revenue")
async def read_platform_revenue(
    caller: Annotated[Caller, needs("platform.read")], first_day: From = None, last_day: To = None
) -> Revenue:
    async with caller.read_all() as connection:
        days = window("UTC", first_day, last_day, caller.now)
        return await _revenue(connection, await live_communities(connection), days)


async def _revenue(connection: Any, communities: Collection[UUID], days: Window) -> Revenue:
    return Revenue(
        **days.named(),
        recurring=await recurring_revenue_of(connection, communities, days),
        subscriptions=await subscriptions_of(connection, communities),
        takings=await takings_of(connection, communities, days),
    )
