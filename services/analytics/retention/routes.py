"""Who joined, who left, and how access went."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.analytics.community.projections import Day, community_of, window
from services.analytics.retention.projections import Access, Members, access_of, members_of
from shared.http import Caller, needs

router = APIRouter()


class MembersAndAccess(BaseModel):
    """Both days included, in the community's zone."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: date = Field(serialization_alias="from")
    last_day: date = Field(serialization_alias="to")
    time_zone: str
    members: Members
    access: Access


@router.get("/communities/{community_id}/members", operation_id="read_members")
async def read_members(
    community_id: UUID,
    caller: Annotated[Caller, needs("members.read")],
    first_day: Annotated[Day | None, Query(alias="from")] = None,
    last_day: Annotated[Day | None, Query(alias="to")] = None,
) -> MembersAndAccess:
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return MembersAndAccess(
            first_day=days.first_day,
            last_day=days.last_day,
            time_zone=days.time_zone,
            members=await members_of(connection, community_id, days),
            access=await access_of(connection, community_id, days),
        )
