"""Tiers that a request names, and that have to be there."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from services.membership.tier.projections import tiers_of
from shared.http import Caller
from shared.problem import error


async def unknown_tiers(caller: Caller, named: Iterable[tuple[str, UUID]]) -> list[dict[str, Any]]:
    """An error for each tier that the community has not, given where in the request (a JSON pointer) it stands."""
    async with caller.read() as connection:
        known = {tier.tier_id for tier in await tiers_of(connection, caller.community_id)}
    return [
        error("tier_not_found", "There is no such tier.", pointer)
        for pointer, tier_id in named
        if tier_id not in known
    ]
