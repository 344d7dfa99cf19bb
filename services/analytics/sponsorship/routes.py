"""What a sponsor's placements bring, for who looks at it for the sponsor."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.analytics.attribution.projections import LinkReach, links_of, reach_of
from services.analytics.community.projections import community_of
from services.analytics.days import From, OfDays, To, window
from services.analytics.sponsorship.projections import placements_seen_by
from shared.http import Caller, needs

router = APIRouter()


class SponsorshipReach(BaseModel):
    sponsorship_id: UUID
    placements: list[LinkReach]


class ReachOfSponsorships(OfDays):
    """Both days included, in the community's zone; only of who agreed to be counted. Money is not in it."""

    sponsorships: list[SponsorshipReach]


@router.get(
    "/communities/{community_id}/sponsorships/mine", operation_id="read_reach_of_my_sponsorships"
)
async def read_reach_of_my_sponsorships(
    community_id: UUID,
    caller: Annotated[Caller, needs("placements.own")],
    first_day: From = None,
    last_day: To = None,
) -> ReachOfSponsorships:
    """Of those whose contact one is; membership has how often they were followed."""
    async with caller.read() as connection:
        community = await community_of(connection, community_id)
        days = window(community.time_zone, first_day, last_day, caller.now)
        seen = await placements_seen_by(connection, community_id, caller.account_id)
        links = await links_of(connection, community_id, days)
        return ReachOfSponsorships(
            **days.named(),
            sponsorships=[
                SponsorshipReach(
                    sponsorship_id=sponsorship_id,
                    placements=reach_of(links, placements),
                )
                for sponsorship_id, placements in seen.items()
            ],
        )
