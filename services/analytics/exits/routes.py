"""Why subscriptions end."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.analytics.community.projections import community_of
from services.analytics.days import From, OfDays, To, window
from services.analytics.exits.projections import Exits, exits_of
from shared.http import Caller, needs

router = APIRouter()


class WhyPeopleLeave(OfDays):
    """Both days included, in the community's zone."""

    exits: Exits


@router.get("/communities/{community_id}/exits", operation_id="read_exits")
async def read_exits(
    community_id: UUID,
    caller: Annotated[Caller, needs("revenue.read")],
    first_day: From = None,
    last_day: To = None,
) -> WhyPeopleLeave:
    """Paying subscriptions that ended: what ended them, and what their people said of it."""
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return WhyPeopleLeave(
            **days.named(),
            exits=await exits_of(connection, community_id, days),
        )
