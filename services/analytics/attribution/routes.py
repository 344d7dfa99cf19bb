"""Which links bring people who pay."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.analytics.attribution.projections import OfLink, links_of
from services.analytics.community.projections import Day, community_of, window
from shared.http import Caller, needs

router = APIRouter()


class WhereBuyersComeFrom(BaseModel):
    """Both days included, in the community's zone; only of who agreed to be counted."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: date = Field(serialization_alias="from")
    last_day: date = Field(serialization_alias="to")
    time_zone: str
    links: list[OfLink]


@router.get("/communities/{community_id}/attribution", operation_id="read_attributed_sales")
async def read_attributed_sales(
    community_id: UUID,
    caller: Annotated[Caller, needs("revenue.read")],
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
) -> WhereBuyersComeFrom:
    """What was paid while a link counted, to the credit of the last link before it."""
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return WhereBuyersComeFrom(
            first_day=days.first_day,
            last_day=days.last_day,
            time_zone=days.time_zone,
            links=await links_of(connection, community_id, days),
        )
