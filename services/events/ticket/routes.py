"""Showing tickets: one's own with the code that opens the door, a gathering's to its staff; and letting people in."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, model_validator

from services.events.gathering.events import GatheringId
from services.events.gathering.projections import gathering_now, gatherings_among
from services.events.ticket import commands
from services.events.ticket.decider import TICKET
from services.events.ticket.decider import Ticket as TicketState
from services.events.ticket.projections import (
    Listed,
    attendance_of,
    tickets_of_gathering,
    tickets_of_people,
)
from shared.auth import ExpiredLink
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.merging.persons import all_of
from shared.reaction import Ask

router = APIRouter()

CODE_OUTLASTS = timedelta(days=366)
"""A gathering may be moved to later, and codes are printed: when the doors are closed is said by what they open to."""

Door = Annotated[Caller, needs("tickets.write")]


class Ticket(BaseModel):
    """`holder` is null where no name was given or the person was erased; `code` is its owner's alone.

    `checked_in` is how many of its seats have come in, the last at `checked_in_at`.
    """

    ticket_id: UUID
    gathering_id: UUID
    person_id: UUID
    title: str
    seats: int
    amount: MoneyValue
    origin: str
    holder: str | None
    issued_at: AwareDatetime
    cancelled: bool
    checked_in: int
    checked_in_at: AwareDatetime | None
    code: str | None = None


class Tickets(BaseModel):
    items: list[Ticket]
    next: str | None


@router.get("/tickets", operation_id="list_my_tickets")
async def list_my_tickets(
    caller: Annotated[Caller, needs("person")], page: Annotated[Page, Depends(paging)]
) -> Tickets:
    async with caller.read() as connection:
        people = await all_of(connection, caller.person_id)
        mine = await tickets_of_people(connection, people, page.cursor(UUID), page.limit + 1)
        gatherings = await gatherings_among(connection, {one.gathering_id for one in mine})
    codes = {
        one.ticket_id: caller.service.links.make(
            "ticket",
            one.ticket_id,
            caller.community_id,
            gatherings[one.gathering_id].ends_at + CODE_OUTLASTS,
        )
        for one in mine
        if one.gathering_id in gatherings and not one.cancelled
    }
    shown = [
        ticket.model_copy(update={"code": codes.get(ticket.ticket_id)})
        for ticket in await _shown(caller, mine)
    ]
    return Tickets(**page.answer(shown, key=lambda ticket: ticket.ticket_id))


@router.get("/gatherings/{gathering_id}/tickets", operation_id="list_tickets_of_gathering")
async def list_tickets_of_gathering(
    gathering_id: UUID,
    caller: Annotated[Caller, needs("tickets.read")],
    page: Annotated[Page, Depends(paging)],
) -> Tickets:
    async with caller.read() as connection:
        if not await gatherings_among(connection, [gathering_id]):
            raise NotFound("gathering_not_found", "There is no such gathering.")
        found = await tickets_of_gathering(
            connection, gathering_id, page.cursor(UUID), page.limit + 1
        )
    return Tickets(**page.answer(await _shown(caller, found), key=lambda ticket: ticket.ticket_id))


class CheckIn(Body):
    """By the `code` that the holder shows, or by the ticket found in the list.

    Without `seats` all who are not in yet come in. `seen_at` is for a door without a network, which tells of it later.
    """

    code: str | None = Field(default=None, max_length=2000)
    ticket_id: UUID | None = None
    seats: int | None = Field(default=None, ge=1, le=100_000)
    seen_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.code is None) == (self.ticket_id is None):
            message = "Name the code or the ticket."
            raise ValueError(message)
        return self


class CheckedIn(Written):
    """Who stands at the door: `checked_in` of `seats` are in now; `holder` is null where no name was given."""

    ticket_id: UUID
    title: str
    holder: str | None
    seats: int
    checked_in: int


@router.post(
    "/gatherings/{gathering_id}/check-ins", status_code=201, operation_id="check_in_ticket"
)
async def check_in_ticket(gathering_id: UUID, body: CheckIn, caller: Door) -> CheckedIn:
    """Each seat comes in once; every refusal says why by its code: cancelled, another gathering's, in already."""
    gathering = await gathering_now(caller, gathering_id)
    seen_at = body.seen_at or caller.now
    ticket_id = body.ticket_id or _ticket_in(caller, body.code or "", seen_at)
    check_in = commands.CheckIn(
        gathering_id=GatheringId(gathering_id),
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        seen_at=seen_at,
        at=caller.now,
        count=body.seats,
    )
    written = await caller.ask(Ask(TICKET, ticket_id, check_in))
    ticket: TicketState = await caller.state(TICKET, ticket_id)
    (holder,) = await caller.open_all([ticket.holder])
    return CheckedIn(
        **written.model_dump(),
        ticket_id=ticket_id,
        title=ticket.seats.title,
        holder=holder,
        seats=ticket.seats.count,
        checked_in=ticket.checked_in,
    )


@router.delete("/gatherings/{gathering_id}/check-ins/{ticket_id}", operation_id="undo_check_in")
async def undo_check_in(gathering_id: UUID, ticket_id: UUID, caller: Door) -> Written:
    """For a mistake at the door: all of its seats may come in again."""
    undo = commands.UndoCheckIn(GatheringId(gathering_id))
    return await caller.ask(Ask(TICKET, ticket_id, undo), ticket_id=ticket_id)


class GatheringAttendance(BaseModel):
    gathering_id: UUID
    tickets: int
    seats: int
    checked_in: int


@router.get("/gatherings/{gathering_id}/attendance", operation_id="read_attendance")
async def read_attendance(
    gathering_id: UUID, caller: Annotated[Caller, needs("tickets.read")]
) -> GatheringAttendance:
    """How many seats are in, of those that tickets admit."""
    await gathering_now(caller, gathering_id)
    async with caller.read() as connection:
        come = await attendance_of(connection, gathering_id)
    return GatheringAttendance(gathering_id=gathering_id, **asdict(come))


def _ticket_in(caller: Caller, code: str, seen_at: datetime) -> UUID:
    """The ticket whose code it was when the door saw it."""
    try:
        door = caller.service.links.check(code, "ticket", now=seen_at)
    except ExpiredLink as stale:
        raise Rejected("bad_code", "This code is not good here.", pointer="/code") from stale
    if door.community_id != caller.community_id:
        raise Rejected("bad_code", "This code is not good here.", pointer="/code")
    return door.subject


async def _shown(caller: Caller, listed: Sequence[Listed]) -> list[Ticket]:
    holders = await caller.open_all([one.holder for one in listed])
    return [
        Ticket(
            ticket_id=one.ticket_id,
            gathering_id=one.gathering_id,
            person_id=one.person_id,
            title=one.title,
            seats=one.seats,
            amount=MoneyValue.of(one.amount),
            origin=one.origin,
            holder=holder,
            issued_at=one.issued_at,
            cancelled=one.cancelled,
            checked_in=one.checked_in,
            checked_in_at=one.checked_in_at,
        )
        for one, holder in zip(listed, holders, strict=True)
    ]
