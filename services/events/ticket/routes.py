"""Showing tickets: one's own with the code that opens the door, and a gathering's to its staff."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.events.gathering.projections import gatherings_among
from services.events.ticket.projections import Listed, tickets_of_gathering, tickets_of_people
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.http import Caller, Page, needs, paging
from shared.merging.persons import all_of

router = APIRouter()


class Ticket(BaseModel):
    """`holder` is null where no name was given or the person was erased; `code` is its owner's alone."""

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
            "ticket", one.ticket_id, caller.community_id, gatherings[one.gathering_id].ends_at
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
        )
        for one, holder in zip(listed, holders, strict=True)
    ]
