"""Who joined, who left, and how access went."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.analytics.community.projections import community_of
from services.analytics.days import From, OfDays, To, window
from services.analytics.retention.projections import Access, Members, access_of, members_of
from shared.http import Caller, needs

router = APIRouter()


class MembersAndAccess(OfDays):
    """Both days included, in the community's zone."""

    members: Members
    access: Access


@router.get("/communities/{community_id}/members", operation_id="read_members")
async def read_members(
    community_id: UUID,
    caller: Annotated[Caller, needs("members.read")],
    first_day: From = None,
    last_day: To = None,
) -> MembersAndAccess:
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return MembersAndAccess(
            **days.named(),
            members=await members_of(connection, community_id, days),
            access=await access_of(connection, community_id, days),
        )
