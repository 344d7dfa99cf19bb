"""Showing what each tier gives, and writing its perks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.membership.benefit import commands
from services.membership.benefit.decider import BENEFIT, MOST_PERKS, perks_stream
from services.membership.benefit.events import Perk
from services.membership.benefit.projections import Benefit, benefits_of
from services.membership.tier.events import TierId
from services.membership.tier.projections import tier_exists, tiers_of
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import Label
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class WrittenPerk(Body):
    title: Title
    description: Text | None = None


class SetPerks(Body):
    """In the order in which they are shown."""

    perks: tuple[WrittenPerk, ...] = Field(max_length=MOST_PERKS)


class Benefits(BaseModel):
    tier_id: UUID
    benefits: list[Benefit]


class BenefitsByTier(BaseModel):
    items: list[Benefits]


@router.put("/tiers/{tier_id}/perks", operation_id="set_perks")
async def set_perks(
    tier_id: TierId, body: SetPerks, caller: Annotated[Caller, needs("tiers.write", strict=True)]
) -> Written:
    """All of them anew; none takes them away. What Tessera gives by itself is not written here, it follows."""
    await _insist_on_tier(tier_id, caller)
    perks = tuple(
        Perk(Label(perk.title), Label(perk.description) if perk.description else None)
        for perk in body.perks
    )
    return await caller.ask(
        Ask(BENEFIT, perks_stream(tier_id), commands.SetPerks(tier_id, perks)), tier_id=tier_id
    )


@router.get("/tiers/{tier_id}/benefits", operation_id="list_benefits")
async def list_benefits(tier_id: TierId, caller: Annotated[Caller, needs("account")]) -> Benefits:
    """What is set up to be given by the tier, each by its kind, and its perks."""
    await _insist_on_tier(tier_id, caller)
    found = await benefits_of(caller, caller.community_id, [tier_id])
    return Benefits(tier_id=tier_id, benefits=found[tier_id])


@router.get("/public/communities/{community_id}/benefits", operation_id="list_public_benefits")
async def list_public_benefits(community_id: UUID, caller: Visitor) -> BenefitsByTier:
    """Of every tier that can be had, the oldest first."""
    async with caller.read(community_id) as connection:
        tiers = [tier for tier in await tiers_of(connection, community_id) if not tier.retired]
    ids = [tier.tier_id for tier in tiers]
    found = await benefits_of(caller, community_id, ids)
    return BenefitsByTier(
        items=[Benefits(tier_id=tier_id, benefits=found[tier_id]) for tier_id in ids]
    )


async def _insist_on_tier(tier_id: TierId, caller: Caller) -> None:
    async with caller.read() as connection:
        if not await tier_exists(connection, tier_id):
            raise NotFound("tier_not_found", "There is no such tier.")
