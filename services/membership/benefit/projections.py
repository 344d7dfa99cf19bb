"""What each tier gives, put together from what is set up for it: there is no table of it that could be wrong."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.membership.benefit.decider import BENEFIT, Perks, perks_stream
from services.membership.chat_server.projections import chat_server_now
from services.membership.content.projections import opened_by_tier, opened_early_by_tier
from services.membership.group.projections import groups_now
from services.membership.tier.events import TierId
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
)
from shared.event_store import Fact
from shared.http import Caller
from shared.projection import Projection
from shared.service import Service


class ChatRole(BaseModel):
    """A role on the community's chat server while the tier is had."""

    kind: Literal["chat_role"] = "chat_role"


class GroupAccess(BaseModel):
    """The way into so many groups on WhatsApp."""

    kind: Literal["groups"] = "groups"
    groups: int


class ContentAccess(BaseModel):
    """So many published items that are open to the tier, and not to every member."""

    kind: Literal["content"] = "content"
    items: int


class EarlyAccess(BaseModel):
    """So many published items open to the tier before the others, at most so many hours."""

    kind: Literal["early_access"] = "early_access"
    items: int
    hours: int


class Presale(BaseModel):
    """The seats of so many gatherings to come before everybody."""

    kind: Literal["presale"] = "presale"
    gatherings: int


class MemberPrice(BaseModel):
    """The seats of so many gatherings to come for less."""

    kind: Literal["member_price"] = "member_price"
    gatherings: int


class GatheringAccess(BaseModel):
    """The way into so many gatherings to come that are not for everybody."""

    kind: Literal["gathering_access"] = "gathering_access"
    gatherings: int


class CustomPerk(BaseModel):
    """In the organiser's words, and given by them."""

    kind: Literal["perk"] = "perk"
    title: str
    description: str | None


Benefit = Annotated[
    ChatRole
    | GroupAccess
    | ContentAccess
    | EarlyAccess
    | Presale
    | MemberPrice
    | GatheringAccess
    | CustomPerk,
    Field(discriminator="kind"),
]


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case GatheringPublished() as told:
                given = (told.presale, told.member_price)
                early, cheaper = (list(one.tiers) if one else [] for one in given)
                await connection.execute(
                    "INSERT INTO gathering_benefits_v1 VALUES ($1, $2, $3, $4, $5, $6)"
                    " ON CONFLICT DO NOTHING",
                    told.gathering_id, fact.community_id, told.ends_at,
                    early, cheaper, list(told.only_for),
                )  # fmt: skip
            case GatheringRescheduled() as told:
                await connection.execute(
                    "UPDATE gathering_benefits_v1 SET ends_at = $2 WHERE gathering_id = $1",
                    told.gathering_id, told.ends_at,
                )  # fmt: skip
            case GatheringCancelled() as told:
                await connection.execute(
                    "DELETE FROM gathering_benefits_v1 WHERE gathering_id = $1", told.gathering_id
                )


GATHERING_BENEFITS = Projection(
    name="gathering_benefits",
    version=1,
    ddl="""
        CREATE TABLE gathering_benefits_v1 (
            gathering_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            ends_at timestamptz NOT NULL,
            presale uuid[] NOT NULL,
            member_price uuid[] NOT NULL,
            gathering_access uuid[] NOT NULL
        );
        CREATE INDEX gathering_benefits_v1_coming ON gathering_benefits_v1 (community_id, ends_at);
    """,
    tables=("gathering_benefits_v1",),
    facts=(GatheringPublished, GatheringRescheduled, GatheringCancelled),
    apply=apply,
)

_COMING = """
    SELECT tier_id, count(*) FILTER (WHERE tier_id = ANY (presale)) AS presale,
        count(*) FILTER (WHERE tier_id = ANY (member_price)) AS member_price,
        count(*) FILTER (WHERE tier_id = ANY (gathering_access)) AS gathering_access
    FROM gathering_benefits_v1,
        LATERAL (SELECT DISTINCT unnest(presale || member_price || gathering_access) AS tier_id) AS named
    WHERE community_id = $1 AND ends_at > $2 GROUP BY tier_id
"""


async def of_gatherings(
    connection: Any, community_id: UUID, now: datetime
) -> dict[UUID, list[Benefit]]:
    """What each tier gives of gatherings that are still to come, where it gives any."""
    kinds = (Presale, MemberPrice, GatheringAccess)
    return {
        tier_id: [
            kind(gatherings=count) for kind, count in zip(kinds, counts, strict=True) if count
        ]
        for tier_id, *counts in await connection.fetch(_COMING, community_id, now)
    }


async def perks_now(service: Service, community_id: UUID, tier_id: UUID) -> Perks:
    """Read strongly; empty where nobody has written any."""
    perks: Perks
    perks, _ = await service.handler.state(BENEFIT, perks_stream(tier_id), community_id)
    return perks


async def benefits_of(
    caller: Caller, community_id: UUID, tiers: Collection[UUID]
) -> dict[UUID, list[Benefit]]:
    """What each of the tiers gives, as of now: what is enforced first, then what staff give by hand."""
    service = caller.service
    server, _ = await chat_server_now(service, community_id)
    groups, _ = await groups_now(service, community_id)
    async with caller.read(community_id) as connection:
        content = await opened_by_tier(connection, community_id)
        early = await opened_early_by_tier(connection, community_id)
        coming = await of_gatherings(connection, community_id, service.clock.now())
    found: dict[UUID, list[Benefit]] = {}
    for tier_id in map(TierId, tiers):
        given = found.setdefault(tier_id, [])
        if server.server and server.roles_for([tier_id]):
            given.append(ChatRole())
        if opened := groups.open_to([tier_id]):
            given.append(GroupAccess(groups=len(opened)))
        if tier_id in content:
            given.append(ContentAccess(items=content[tier_id]))
        if tier_id in early:
            given.append(EarlyAccess(items=early[tier_id][0], hours=early[tier_id][1]))
        given += coming.get(tier_id, [])
        perks = await perks_now(service, community_id, tier_id)
        given += [CustomPerk(title=perk.title, description=perk.description) for perk in perks]
    return found
