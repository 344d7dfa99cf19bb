"""Defining tiers, retiring them, and showing what can be belonged to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.advice import Advice, warnings_on
from services.membership.tier import commands
from services.membership.tier.decider import TIER
from services.membership.tier.events import TierId
from services.membership.tier.projections import Tier, tiers_of
from shared.http import Body, Caller, Written, needs
from shared.ids import Label
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()


class DefineTier(Body):
    name: str = Field(min_length=1, max_length=200)
    paid: bool


class Defined(Written):
    """`warnings` are about the tiers there are now; each is for the organiser to heed or not."""

    tier_id: UUID
    warnings: list[Advice]


class Tiers(BaseModel):
    items: list[Tier]


@router.post("/tiers", status_code=201, operation_id="define_tier")
async def define_tier(body: DefineTier, caller: Annotated[Caller, needs("tiers.write")]) -> Defined:
    tier_id = TierId(caller.new_id("tier"))
    define = commands.DefineTier(Label(body.name), body.paid)
    written = await caller.ask(Ask(TIER, tier_id, define))
    async with caller.read() as connection:
        known = await tiers_of(connection, caller.community_id)
    new = Tier(tier_id, body.name, body.paid, retired=False)
    tiers = {tier.tier_id: tier for tier in (new, *known)}
    warnings = warnings_on(tiers.values())
    return Defined(**written.model_dump(), tier_id=tier_id, warnings=warnings)


@router.post("/tiers/{tier_id}/retirement", operation_id="retire_tier")
async def retire_tier(tier_id: UUID, caller: Annotated[Caller, needs("tiers.write")]) -> Written:
    return await caller.ask(Ask(TIER, tier_id, commands.RetireTier()), tier_id=tier_id)


@router.get("/tiers", operation_id="list_tiers")
async def list_tiers(caller: Annotated[Caller, needs("account")]) -> Tiers:
    """The retired ones too: somebody may still have them."""
    async with caller.read() as connection:
        return Tiers(items=await tiers_of(connection, caller.community_id))


@router.get("/public/communities/{community_id}/tiers", operation_id="list_public_tiers")
async def list_public_tiers(community_id: UUID, caller: Visitor) -> Tiers:
    async with caller.read(community_id) as connection:
        tiers = await tiers_of(connection, community_id)
    return Tiers(items=[tier for tier in tiers if not tier.retired])
