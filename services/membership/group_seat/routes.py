"""Giving a number to be let into groups, going in, and taking out who may be there no more."""

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from pydantic import AfterValidator, BaseModel, Field

from services.membership.access.projections import standing_now
from services.membership.cursors import by_number
from services.membership.gateways.gateway import messenger_of
from services.membership.group.events import GroupId
from services.membership.group.projections import groups_now
from services.membership.group_seat import commands
from services.membership.group_seat.decider import GROUP_SEAT, Stage, stream_of
from services.membership.group_seat.events import Problem
from services.membership.group_seat.projections import (
    REMOVAL,
    SENTENCES,
    Task,
    TaskKind,
    group_seat_now,
    tasks_of,
)
from services.membership.member.projections import member_now, said_of
from shared.auth import ExpiredLink
from shared.command_handler import Claimed
from shared.decider import NotFound, Rejected
from shared.event_store import Keep
from shared.http import Body, Caller, Page, Written, listing, needs
from shared.ids import PersonId
from shared.reaction import Ask

WHATSAPP = "whatsapp"
DIGITS = re.compile(r"\+[1-9][0-9]{6,14}")

router = APIRouter()

Person = Annotated[Caller, needs("person")]


def _plain(number: str) -> str:
    plain = re.sub(r"[\s().-]", "", number)
    if not DIGITS.fullmatch(plain):
        raise ValueError("is no phone number with its country, such as +33 6 12 34 56 78")
    return plain


Number = Annotated[str, Field(max_length=40), AfterValidator(_plain)]


class GiveNumber(Body):
    """`agreed`: the person wants to be written to there, about their way into groups and what they choose."""

    number: Number
    agreed: Literal[True]


@router.put("/me/whatsapp", operation_id="give_whatsapp_number")
async def give_whatsapp_number(body: GiveNumber, caller: Person) -> Written:
    """A door to each group that is theirs comes to it within seconds; given again, what got stuck is sent again."""
    service, community_id, person_id = (
        caller.service,
        caller.community_id,
        PersonId(caller.person_id),
    )
    messenger_of(service.gateways)
    stream, vault = stream_of(person_id), service.vault
    seat = await group_seat_now(service, community_id, person_id)
    holder = await vault.find(WHATSAPP, community_id, body.number)
    if holder is not None and holder != seat.link_id:
        raise Rejected("number_taken", "Somebody else here has given this number.")
    (now,) = await caller.open_all([seat.numbers[-1] if seat.numbers else None])
    if now == body.number and not seat.withdrawn:
        return await caller.ask(Ask(GROUP_SEAT, stream, commands.RetryInvites(person_id)))
    # A key of its own: whoever is to take them out must still find them when the person's keys are gone.
    link_id = seat.link_id or caller.new_id("number")
    give = commands.GiveNumber(person_id, link_id, await caller.seal(link_id, body.number))
    found_by = Keep(lookups=(vault.lookup(WHATSAPP, community_id, body.number, link_id),))
    try:
        return await caller.ask(Ask(GROUP_SEAT, stream, give, found_by))
    except Claimed as claimed:
        raise Rejected("number_taken", "Somebody else here has given this number.") from claimed


@router.delete("/me/whatsapp", operation_id="withdraw_whatsapp_number")
async def withdraw_whatsapp_number(caller: Person) -> Written:
    """Nothing more is sent there. It is forgotten once they are out of the groups, after two weeks at the latest."""
    person_id = PersonId(caller.person_id)
    return await _ask(caller, commands.WithdrawNumber(person_id))


class GroupDoor(Written):
    url: str


@router.post("/me/groups/{group_id}/door", operation_id="show_group_door")
async def show_group_door(group_id: GroupId, caller: Person) -> GroupDoor:
    """The way in for who is in the app already."""
    person_id = PersonId(caller.person_id)
    written = await _ask(caller, commands.ShowDoor(person_id, group_id))
    return GroupDoor(**written.model_dump(), url=await _url_of(caller, group_id))


@router.get(
    "/public/group-doors/{group_id}/{link}",
    status_code=303,
    operation_id="enter_group",
    response_class=RedirectResponse,
)
async def enter_group(
    group_id: GroupId, link: str, caller: Annotated[Caller, needs("public")]
) -> RedirectResponse:
    """What a message leads to: on to the group for who may enter it at this very moment, and for nobody else."""
    try:
        door = caller.service.links.check(link, "group", now=caller.now)
    except ExpiredLink as expired:
        raise Rejected("link_expired", "Ask for another door.") from expired
    service, community_id, person_id = caller.service, door.community_id, PersonId(door.subject)
    seat = await group_seat_now(service, community_id, person_id)
    groups, _ = await groups_now(service, community_id)
    # The seat follows access a moment later; whoever stands at the door is looked at now.
    standing = await standing_now(service, community_id, person_id)
    if group_id not in seat.wanted or group_id not in groups.open_to(standing.tiers):
        raise Rejected("nothing_to_enter", "There is no such group that this person may enter.")
    private = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return RedirectResponse(groups.doors[group_id].link, status_code=303, headers=private)


@router.post("/people/{person_id}/groups/retry", operation_id="retry_group_invites")
async def retry_group_invites(
    person_id: PersonId, caller: Annotated[Caller, needs("members.write", or_self=True)]
) -> Written:
    await member_now(caller.service, caller.community_id, person_id)
    return await _ask(caller, commands.RetryInvites(person_id))


class GroupState(BaseModel):
    """`invite` is how far the last message with a door came, null when none went out; `detail` what to do."""

    group_id: UUID
    name: str
    invite: Stage | None
    problem: Problem | None
    detail: str | None


class GroupStates(BaseModel):
    """The groups that the person may enter. Who is in there cannot be seen from outside."""

    person_id: UUID
    has_number: bool
    items: list[GroupState]


@router.get("/people/{person_id}/groups", operation_id="read_person_groups")
async def read_person_groups(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> GroupStates:
    messenger_of(caller.service.gateways)
    await member_now(caller.service, caller.community_id, person_id)
    seat = await group_seat_now(caller.service, caller.community_id, person_id)
    groups, _ = await groups_now(caller.service, caller.community_id)
    items = []
    for group_id in seat.groups:
        invite, door = seat.invites.get(group_id), groups.doors.get(group_id)
        problem = invite.problem if invite else None
        if door is not None:
            items.append(
                GroupState(
                    group_id=group_id,
                    name=door.name,
                    invite=invite.stage if invite else None,
                    problem=problem,
                    detail=SENTENCES[problem] if problem else None,
                )
            )
    return GroupStates(person_id=person_id, has_number=seat.has_number, items=items)


class GroupTask(BaseModel):
    """A `removal` is for an admin of the group, a stuck `invite` for the person.

    A `number` may be forgotten, and is told to those alone who record that somebody was taken out.
    """

    person_id: UUID
    group_id: UUID
    group: str | None
    kind: TaskKind
    who: Literal["owner", "member"]
    problem: Problem | None
    detail: str
    name: str | None
    number: str | None
    since: datetime


class GroupTasks(BaseModel):
    items: list[GroupTask]
    next: str | None


@router.get("/group-tasks", operation_id="list_group_tasks")
async def list_group_tasks(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("kind",)))],
) -> GroupTasks:
    """What programs cannot do, the oldest first."""
    messenger_of(caller.service.gateways)
    async with caller.read() as connection:
        rows = await tasks_of(
            connection,
            caller.community_id,
            kind=page.filters.get("kind"),
            after=page.cursor(by_number) or 0,
            limit=page.limit + 1,
        )
        said = await said_of(connection, {row.person_id for row in rows})
    answer = page.answer(rows, lambda row: row.place)
    groups, _ = await groups_now(caller.service, caller.community_id)
    names = {group_id: door.name for group_id, door in groups.doors.items()}
    found: list[Task] = answer["items"]
    acts = caller.may("members.write")
    sealed = [
        (said[row.person_id][0] if row.person_id in said else None, row.number if acts else None)
        for row in found
    ]
    texts = iter(await caller.open_all([value for pair in sealed for value in pair]))
    items = [
        _shown(row, names.get(row.group_id), name, number)
        for row, name, number in zip(found, texts, texts, strict=True)
    ]
    return GroupTasks(items=items, next=answer["next"])


def _shown(row: Task, group: str | None, name: str | None, number: str | None) -> GroupTask:
    return GroupTask(
        person_id=row.person_id,
        group_id=row.group_id,
        group=group,
        kind=row.kind,
        who="owner" if row.kind == "removal" else "member",
        problem=row.problem,
        detail=SENTENCES[row.problem] if row.problem else REMOVAL,
        name=name,
        number=number,
        since=row.since,
    )


@router.post("/people/{person_id}/groups/{group_id}/removal", operation_id="record_group_removal")
async def record_group_removal(
    person_id: PersonId,
    group_id: GroupId,
    caller: Annotated[Caller, needs("members.write", strict=True)],
) -> Written:
    """Somebody has taken them out in WhatsApp."""
    await member_now(caller.service, caller.community_id, person_id)
    return await _ask(caller, commands.RecordRemoval(person_id, group_id))


async def _url_of(caller: Caller, group_id: GroupId) -> str:
    groups, _ = await groups_now(caller.service, caller.community_id)
    if group_id not in groups.doors:
        raise NotFound("group_not_found", "There is no such group.")
    return groups.doors[group_id].link


async def _ask(caller: Caller, command: commands.GroupSeatCommand) -> Written:
    messenger_of(caller.service.gateways)
    return await caller.ask(Ask(GROUP_SEAT, stream_of(command.person_id), command))
