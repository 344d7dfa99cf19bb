"""Holding seats, which answers with a quote to pay by, and letting them go."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import StringConstraints

from services.events.access.projections import tiers_held
from services.events.sale import commands
from services.events.sale.decider import SALE, Sale
from services.events.sale.events import HoldId, sale_of
from shared.contracts.contract import MoneyValue
from shared.http import Body, Caller, Written, needs
from shared.ids import AccountId, PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]


class HoldSeats(Body):
    """`price` is what a seat was shown to cost: where it is not so for this person, nothing is held."""

    seats: int
    price: MoneyValue | None = None
    holder: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class SeatsHeld(Written):
    """`quote` goes into a checkout; it is null where there is nothing to pay."""

    hold_id: UUID
    expires_at: datetime | None = None
    quote: str | None = None


@router.post("/gatherings/{gathering_id}/holds", status_code=201, operation_id="hold_seats")
async def hold_seats(gathering_id: UUID, body: HoldSeats, caller: Member) -> SeatsHeld:
    hold_id = HoldId(caller.new_id("hold"))
    person_id = PersonId(caller.person_id)
    holder = await caller.seal(person_id, body.holder) if body.holder else None
    async with caller.read() as connection:
        tiers = await tiers_held(connection, person_id)
    command = commands.HoldSeats(
        hold_id,
        person_id,
        AccountId(caller.account_id),
        body.seats,
        holder,
        caller.now,
        tiers,
        body.price.money() if body.price else None,
    )
    written = await caller.ask(Ask(SALE, sale_of(gathering_id), command))
    # Whatever has become of the hold since, a repeated request gets the quote of the first.
    sale: Sale | None = await caller.state(SALE, sale_of(gathering_id))
    held = sale.holds.get(hold_id) if sale else None
    if held is None:
        return SeatsHeld(**dict(written), hold_id=hold_id)
    sign = caller.service.gateways["quotes"].sign
    quote = sign(caller.community_id, held) if held.seats.amount else None
    return SeatsHeld(**dict(written), hold_id=hold_id, expires_at=held.expires_at, quote=quote)


@router.delete("/gatherings/{gathering_id}/holds/{hold_id}", operation_id="release_hold")
async def release_hold(gathering_id: UUID, hold_id: UUID, caller: Member) -> Written:
    command = commands.ReleaseHold(HoldId(hold_id), PersonId(caller.person_id))
    return await caller.ask(Ask(SALE, sale_of(gathering_id), command))
