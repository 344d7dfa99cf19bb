"""Saying which groups there are on WhatsApp, and who may enter them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from services.membership.gateways.gateway import messenger_of
from services.membership.group import commands
from services.membership.group.decider import GROUP, MOST_GROUPS, groups_stream
from services.membership.group.events import Door, GroupId
from services.membership.group.projections import groups_now
from services.membership.tier.events import TierId
from services.membership.tiers_named import unknown_tiers
from shared.http import Body, Caller, Written, needs
from shared.ids import Label
from shared.problem import Problem
from shared.reaction import Ask

router = APIRouter()

Owner = Annotated[Caller, needs("community.write", strict=True)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
GroupLink = Annotated[
    str, StringConstraints(pattern=r"^https://chat\.whatsapp\.com/[A-Za-z0-9_-]{10,64}$")
]


class DescribeGroup(Body):
    """`link` is the invite link that an admin of the group makes in WhatsApp; it lets in whoever has it."""

    name: Name
    link: GroupLink
    tier_ids: list[UUID] = Field(min_length=1, max_length=100)


class OpenedGroup(Written):
    group_id: UUID


@router.post("/groups", status_code=201, operation_id="open_group")
async def open_group(body: DescribeGroup, caller: Owner) -> OpenedGroup:
    """Its people are sent a door of their own. Nobody but its admins takes anybody out: that is a task for them."""
    messenger_of(caller.service.gateways)
    group_id = GroupId(caller.new_id("group"))
    written = await _ask(caller, commands.OpenGroup(group_id, await _door(body, caller)))
    return OpenedGroup(**written.model_dump(), group_id=group_id)


@router.put("/groups/{group_id}", operation_id="change_group")
async def change_group(group_id: GroupId, body: DescribeGroup, caller: Owner) -> Written:
    """Doors already sent lead to the new link; who may enter no more is to be taken out."""
    messenger_of(caller.service.gateways)
    return await _ask(caller, commands.ChangeGroup(group_id, await _door(body, caller)))


@router.delete("/groups/{group_id}", operation_id="close_group")
async def close_group(group_id: GroupId, caller: Owner) -> Written:
    """Who is in stays there, and is nobody's task any more."""
    messenger_of(caller.service.gateways)
    return await _ask(caller, commands.CloseGroup(group_id))


class Group(BaseModel):
    group_id: UUID
    name: str
    link: str
    tier_ids: list[UUID]


class Groups(BaseModel):
    items: list[Group] = Field(max_length=MOST_GROUPS)


@router.get("/groups", operation_id="list_groups")
async def list_groups(caller: Annotated[Caller, needs("community.write")]) -> Groups:
    messenger_of(caller.service.gateways)
    groups, _ = await groups_now(caller.service, caller.community_id)
    return Groups(
        items=[
            Group(group_id=group_id, name=door.name, link=door.link, tier_ids=list(door.tiers))
            for group_id, door in groups.doors.items()
        ]
    )


async def _door(body: DescribeGroup, caller: Caller) -> Door:
    named = ((f"/tier_ids/{number}", tier_id) for number, tier_id in enumerate(body.tier_ids))
    wrong = await unknown_tiers(caller, named)
    if wrong:
        raise Problem(422, "invalid_request", "Some tiers are not there.", errors=wrong)
    tiers = tuple(TierId(tier_id) for tier_id in sorted(set(body.tier_ids)))
    return Door(Label(body.name), Label(body.link), tiers)


async def _ask(caller: Caller, command: commands.GroupCommand) -> Written:
    return await caller.ask(Ask(GROUP, groups_stream(caller.community_id), command))
