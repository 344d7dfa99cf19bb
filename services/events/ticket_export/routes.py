"""The tickets of a gathering as a table, for the door and for the books."""

from collections.abc import AsyncIterator, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from services.events.gathering.projections import gatherings_among
from services.events.ticket.projections import Listed, tickets_of_gathering
from shared.decider import NotFound
from shared.http import Caller, needs
from shared.takeout.exports import record
from shared.takeout.table import Cell, Csv, decimal, paged, table

router = APIRouter()

HEADER = (
    "ticket_id", "person_id", "holder", "gathering", "seats", "currency", "amount", "origin", "issued_at",
    "cancelled", "checked_in",
)  # fmt: skip


@router.get("/exports/tickets/{gathering_id}", operation_id="export_tickets", response_class=Csv)
async def export_tickets(
    gathering_id: UUID, caller: Annotated[Caller, needs("tickets.read", strict=True)]
) -> Csv:
    """As CSV; `holder` is empty where no name was given or the person was erased. It is recorded."""
    async with caller.read() as connection:
        if not await gatherings_among(connection, [gathering_id]):
            raise NotFound("gathering_not_found", "There is no such gathering.")
    await record(caller, "tickets", {"gathering": gathering_id})
    return table("tickets", HEADER, _pages(caller, gathering_id))


async def _pages(caller: Caller, gathering_id: UUID) -> AsyncIterator[list[Sequence[Cell]]]:
    async def read(last: Listed | None, limit: int) -> list[Listed]:
        after = last.ticket_id if last else None
        async with caller.read() as connection:
            return await tickets_of_gathering(connection, gathering_id, after, limit)

    async for tickets in paged(read):
        holders = await caller.open_all([ticket.holder for ticket in tickets])
        yield [_row(ticket, holder) for ticket, holder in zip(tickets, holders, strict=True)]


def _row(ticket: Listed, holder: str | None) -> Sequence[Cell]:
    return (
        ticket.ticket_id, ticket.person_id, holder, ticket.title, ticket.seats, ticket.amount.currency,
        decimal(ticket.amount), ticket.origin, ticket.issued_at, "yes" if ticket.cancelled else "no",
        ticket.checked_in,
    )  # fmt: skip
