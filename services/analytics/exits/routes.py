"""Why subscriptions end."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.analytics.community.projections import Day, community_of, window
from services.analytics.exits.projections import Exits, exits_of
from shared.http import Caller, needs

router = APIRouter()


class WhyPeopleLeave(BaseModel):
    """Both days included, in the community's zone."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: date = Field(serialization_alias="from")
    last_day: date = Field(serialization_alias="to")
    time_zone: str
    exits: Exits


@router.get("/communities/{community_id}/exits", operation_id="read_exits")
async def read_exits(
    community_id: UUID,
    caller: Annotated[Caller, needs("revenue.read")],
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
) -> WhyPeopleLeave:
    """Paying subscriptions that ended: what ended them, and what their people said of it."""
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return WhyPeopleLeave(
            first_day=days.first_day,
            last_day=days.last_day,
            time_zone=days.time_zone,
            exits=await exits_of(connection, community_id, days),
        )
