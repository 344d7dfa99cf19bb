"""What each tier gives, put together from what is set up for it: there is no table of it that could be wrong."""

from collections.abc import Collection
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.membership.benefit.decider import BENEFIT, Perks, perks_stream
from services.membership.chat_server.projections import chat_server_now
from services.membership.content.projections import opened_by_tier, opened_early_by_tier
from services.membership.group.projections import groups_now
from services.membership.tier.events import TierId
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


class CustomPerk(BaseModel):
    """In the organiser's words, and given by them."""

    kind: Literal["perk"] = "perk"
    title: str
    description: str | None


Benefit = Annotated[
    ChatRole | GroupAccess | ContentAccess | EarlyAccess | CustomPerk, Field(discriminator="kind")
]


async def perks_now(service: Service, community_id: UUID, tier_id: UUID) -> Perks:
    """Read strongly; empty where nobody has written any."""
    perks: Perks
    perks, _ = await service.handler.state(BENEFIT, perks_stream(tier_id), community_id)
    return perks


async def benefits_of(
    service: Service, connection: Any, community_id: UUID, tiers: Collection[UUID]
) -> dict[UUID, list[Benefit]]:
    """What each of the tiers gives, as of now: what is enforced first, then what staff give by hand."""
    server, _ = await chat_server_now(service, community_id)
    groups, _ = await groups_now(service, community_id)
    content = await opened_by_tier(connection, community_id)
    early = await opened_early_by_tier(connection, community_id)
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
        perks = await perks_now(service, community_id, tier_id)
        given += [CustomPerk(title=perk.title, description=perk.description) for perk in perks]
    return found
