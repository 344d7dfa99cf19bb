"""Which communities strangers may see, and the gate of every public route about one. docs/adr/0035."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from shared.auth import Principal
from shared.contracts.membership_community import CommunityCreated, Visibility
from shared.contracts.membership_visibility import VisibilityChosen
from shared.decider import NotFound
from shared.event_store import Fact
from shared.feature import Feature
from shared.http import Caller, needs
from shared.projection import Projection


def visibility(created: type, chosen: type) -> Projection:
    """Folded from membership's contracts, or in membership from its own events, whichever of two topics comes first."""

    async def apply(connection: Any, facts: Sequence[Fact]) -> None:
        for fact in facts:
            known = (
                "NOTHING"
                if isinstance(fact.body, created)
                else "UPDATE SET visibility = excluded.visibility"
            )
            await connection.execute(
                f"INSERT INTO visibility_v1 VALUES ($1, $2) ON CONFLICT (community_id) DO {known}",  # noqa: S608
                fact.community_id, fact.body.visibility,
            )  # fmt: skip

    return Projection(
        name="visibility",
        version=1,
        ddl="CREATE TABLE visibility_v1 (community_id uuid PRIMARY KEY, visibility text NOT NULL);",
        tables=("visibility_v1",),
        facts=(created, chosen),
        apply=apply,
    )


VISIBILITY = Feature(
    name="visibility", projections=(visibility(CommunityCreated, VisibilityChosen),)
)
"""What a service mounts that hears of communities from membership."""


async def visibility_of(connection: Any, community_id: UUID) -> Visibility | None:
    """None for a community that does not exist, or was not heard of yet."""
    known: Visibility | None = await connection.fetchval(
        "SELECT visibility FROM visibility_v1 WHERE community_id = $1", community_id
    )
    return known


def belongs(principal: Principal | None, community_id: UUID) -> bool:
    """Whether somebody is a member of the community, of its staff, or of the platform's."""
    if principal is None:
        return False
    is_inside = principal.person_id is not None or bool(principal.roles)
    return principal.is_platform_staff or (principal.community_id == community_id and is_inside)


async def visitor(
    community_id: UUID, response: Response, caller: Annotated[Caller, needs("public")]
) -> Caller:
    """The caller, once they may see the community; NotFound where there is none for them."""
    if belongs(caller.principal, community_id):
        return caller
    async with caller.read(community_id) as connection:
        seen = await visibility_of(connection, community_id)
    if seen is None or seen == "private":
        raise NotFound("community_not_found", "There is no such community.")
    if seen == "unlisted":
        response.headers["X-Robots-Tag"] = "noindex"
    return caller


Visitor = Annotated[Caller, Depends(visitor)]
