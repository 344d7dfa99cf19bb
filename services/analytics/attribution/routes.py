"""Which links bring people who pay."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.analytics.attribution.projections import (
    LinkReach,
    OfLink,
    links_of,
    links_owned_by,
    reach_of,
)
from services.analytics.community.projections import community_of
from services.analytics.days import From, OfDays, To, window
from shared.http import Caller, needs
from shared.merging.persons import all_of

router = APIRouter()


class WhereBuyersComeFrom(OfDays):
    """Both days included, in the community's zone; only of who agreed to be counted."""

    links: list[OfLink]


@router.get("/communities/{community_id}/attribution", operation_id="read_attributed_sales")
async def read_attributed_sales(
    community_id: UUID,
    caller: Annotated[Caller, needs("revenue.read")],
    first_day: From = None,
    last_day: To = None,
) -> WhereBuyersComeFrom:
    """What was paid while a link counted, to the credit of the last link before it."""
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        return WhereBuyersComeFrom(
            **days.named(),
            links=await links_of(connection, community_id, days),
        )


class WhomMyLinksBring(OfDays):
    """Both days included, in the community's zone; only of who agreed to be counted. Who they are is not in it."""

    links: list[LinkReach]


@router.get("/communities/{community_id}/attribution/mine", operation_id="read_reach_of_my_links")
async def read_reach_of_my_links(
    community_id: UUID,
    caller: Annotated[Caller, needs("links.own")],
    first_day: From = None,
    last_day: To = None,
) -> WhomMyLinksBring:
    """Of an affiliate's own links, those that brought somebody; billing has what they earned by it."""
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        owners = await all_of(connection, caller.person_id)
        links = await links_of(connection, community_id, days)
        mine = links_owned_by(links, owners)
        return WhomMyLinksBring(**days.named(), links=reach_of(links, mine))
