"""One look at a community: this month so far."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.analytics.community.projections import community_of
from services.analytics.days import window
from services.analytics.recurring.projections import (
    RecurringRevenue,
    Subscriptions,
    recurring_revenue_of,
    subscriptions_of,
)
from services.analytics.retention.projections import Access, Members, access_of, members_of
from services.analytics.revenue.projections import Taking, takings_of
from shared.http import Caller, needs

router = APIRouter()


class Dashboard(BaseModel):
    """From the first of the month until now, in the community's zone."""

    community_id: UUID
    mode: str
    currency: str
    time_zone: str
    month: date
    now: datetime
    recurring: list[RecurringRevenue]
    subscriptions: Subscriptions
    takings: list[Taking]
    members: Members
    access: Access


@router.get("/communities/{community_id}/dashboard", operation_id="read_dashboard")
async def read_dashboard(
    community_id: UUID, caller: Annotated[Caller, needs("revenue.read")]
) -> Dashboard:
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, None, None, caller.now)
        return Dashboard(
            community_id=community_id,
            mode=community.mode,
            currency=community.currency,
            time_zone=community.time_zone,
            month=days.first_day,
            now=caller.now,
            recurring=await recurring_revenue_of(connection, [community_id], days),
            subscriptions=await subscriptions_of(connection, [community_id]),
            takings=await takings_of(connection, [community_id], days),
            members=await members_of(connection, community_id, days),
            access=await access_of(connection, community_id, days),
        )
