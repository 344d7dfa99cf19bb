"""Reading the creator's own billing, and saying what its prices become."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.handover import Standing
from services.billing.merchant.projections import merchant_of
from services.billing.migration import commands
from services.billing.migration.decider import MIGRATION
from services.billing.migration.events import migration_of
from services.billing.migration.projections import prices_read, scanned
from services.billing.offer.projections import offers_among
from services.billing.takeover.projections import standings
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import Code
from shared.reaction import Ask

router = APIRouter()

Owner = Annotated[Caller, needs("merchant.write", strict=True)]


class MapPrice(Body):
    """Whoever pays this price there has this offer here; null takes it back."""

    price: Annotated[str, StringConstraints(min_length=1, max_length=255)]
    offer_id: UUID | None


class PriceRead(BaseModel):
    """`amount` for a unit each `every` intervals, as it is charged there."""

    price: str
    amount: MoneyValue
    interval: str
    every: int
    offer_id: UUID | None


class Migration(BaseModel):
    """So many subscriptions were `seen` by the latest reading; `code` is why the processor refused it.

    `standings` are how many of all that were ever read stand how (list_takeovers).
    """

    state: Literal["reading", "read", "failed"]
    seen: int
    code: str | None
    begun_at: AwareDatetime
    prices: list[PriceRead]
    standings: dict[Standing, int]


@router.post("/migration/scans", status_code=202, operation_id="scan_own_billing")
async def scan_own_billing(caller: Owner) -> Written:
    """Read every subscription of the connected account; nothing there is changed by it."""
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    begin = commands.BeginScan(merchant.account)
    return await caller.ask(Ask(MIGRATION, migration_of(caller.community_id), begin))


@router.put("/migration/prices", operation_id="map_price")
async def map_price(body: MapPrice, caller: Owner) -> Written:
    async with caller.read() as connection:
        known = await offers_among(connection, [body.offer_id] if body.offer_id else [])
    if body.offer_id and body.offer_id not in known:
        raise Rejected("offer_not_found", "There is no such offer.", pointer="/offer_id")
    command = commands.MapPrice(Code(body.price), body.offer_id)
    return await caller.ask(Ask(MIGRATION, migration_of(caller.community_id), command))


@router.get("/migration", operation_id="read_migration")
async def read_migration(caller: Annotated[Caller, needs("sales.read")]) -> Migration:
    async with caller.read() as connection:
        found = await scanned(connection)
        prices = await prices_read(connection)
        many = await standings(connection)
    if found is None:
        raise NotFound("migration_not_found", "The account has not been read.")
    return Migration(
        state=found.state,
        seen=found.seen,
        code=found.code,
        begun_at=found.begun_at,
        prices=[
            PriceRead(
                price=one.price,
                amount=MoneyValue.of(one.amount),
                interval=one.interval,
                every=one.every,
                offer_id=one.offer_id,
            )
            for one in prices
        ],
        standings=many,
    )
