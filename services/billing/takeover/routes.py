"""The plan, row by row, before anything is done; taking over what can be, and going back."""

from collections.abc import Sequence
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from services.billing.elsewhere import Obstacle, Remark, Target, obstacles, remarks
from services.billing.handover import OPEN, Standing
from services.billing.merchant.projections import merchant_of
from services.billing.migration.projections import persons_behind, targets_of
from services.billing.subscription.projections import leaver_now
from services.billing.takeover import commands
from services.billing.takeover.decider import TAKEOVER
from services.billing.takeover.projections import Row, takeovers_after, takeovers_among
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, listing, needs
from shared.ids import Code, PersonId
from shared.reaction import Ask

router = APIRouter()

Staff = Annotated[Caller, needs("subscriptions.write", strict=True)]

TOGETHER = 50


class Takeovers(Body):
    """All of them, or none where one of them cannot be."""

    takeovers: Annotated[list[UUID], Field(min_length=1, max_length=TOGETHER)]


class Discount(BaseModel):
    """What a coupon takes off there: once, until a time, or for ever."""

    percent: int
    amount: MoneyValue | None
    lasts: str
    until: AwareDatetime | None


class Takeover(BaseModel):
    """A subscription there, charged until `next_at`, and whose it is and what it becomes here.

    What has `obstacles` stays where it is. `held_up` says why ours, begun, waits and charges nothing.
    """

    takeover_id: UUID
    standing: Standing
    subscription: str
    customer: str
    price: str
    amount: MoneyValue
    quantity: int
    next_at: AwareDatetime
    began_at: AwareDatetime
    person_id: UUID | None
    offer_id: UUID | None
    discount: Discount | None
    obstacles: list[Obstacle]
    remarks: list[Remark]
    subscription_id: UUID | None
    held_up: str | None


class Plan(BaseModel):
    items: list[Takeover]
    next: str | None


class Known(NamedTuple):
    """Who the customers are here, and what their prices become."""

    persons: dict[Code, PersonId]
    targets: dict[Code, Target]
    time_zone: Code

    def target(self, row: Row) -> Target | None:
        return self.targets.get(row.theirs.price)

    def person(self, row: Row) -> PersonId | None:
        return self.persons.get(row.theirs.customer)


@router.get("/migration/takeovers", operation_id="list_takeovers")
async def list_takeovers(
    caller: Annotated[Caller, needs("sales.read")],
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Plan:
    """Who, how much, when next and what stands in the way; nothing is done by looking."""
    async with caller.read() as connection:
        standing = page.filters.get("standing")
        rows = await takeovers_after(connection, page.cursor(UUID), page.limit + 1, standing)
        known = await _known(connection, caller, rows)
    shown = [_shown(row, known) for row in rows]
    return Plan(**page.answer(shown, key=lambda one: one.takeover_id))


@router.post("/migration/takeovers", status_code=202, operation_id="take_over")
async def take_over(body: Takeovers, caller: Staff) -> Written:
    """Ours begin now and charge nothing until theirs have ended, which is with the period that runs."""
    async with caller.read() as connection:
        rows = await _rows(connection, body)
        known = await _known(connection, caller, rows)
    asks = [
        Ask(
            TAKEOVER,
            row.takeover_id,
            commands.TakeOver(
                row.takeover_id,
                known.person(row),
                known.target(row),
                row.twice,
                known.time_zone,
                caller.now,
            ),
        )
        for row in rows
    ]
    return await caller.ask(*asks)


@router.post("/migration/reversals", status_code=202, operation_id="revert_takeovers")
async def revert_takeovers(body: Takeovers, caller: Staff) -> Written:
    """Theirs go on and ours end, as long as ours have charged nothing."""
    async with caller.read() as connection:
        rows = await _rows(connection, body)
    asks = []
    for row in rows:
        leaving = False
        if row.subscription_id:
            _, leaving = await leaver_now(caller.service, caller.community_id, row.subscription_id)
        asks.append(Ask(TAKEOVER, row.takeover_id, commands.Revert(leaving, caller.now)))
    return await caller.ask(*asks)


async def _rows(connection: object, body: Takeovers) -> list[Row]:
    wanted = list(dict.fromkeys(body.takeovers))
    found = await takeovers_among(connection, wanted)
    if len(found) < len(wanted):
        raise NotFound("takeover_not_found", "There is no such subscription to take over.")
    return [found[takeover_id] for takeover_id in wanted]


async def _known(connection: object, caller: Caller, rows: Sequence[Row]) -> Known:
    merchant = await merchant_of(connection)
    customers = {row.theirs.customer for row in rows}
    persons = await persons_behind(connection, caller.community_id, customers)
    return Known(persons, await targets_of(connection), merchant.time_zone)


def _shown(row: Row, known: Known) -> Takeover:
    theirs, target, person_id = row.theirs, known.target(row), known.person(row)
    off = theirs.rebate
    is_open = row.standing in OPEN
    found = obstacles(theirs, person_id, target, twice=row.twice) if is_open else ()
    return Takeover(
        takeover_id=row.takeover_id,
        standing=row.standing,
        subscription=theirs.subscription,
        customer=theirs.customer,
        price=theirs.price,
        amount=MoneyValue.of(theirs.amount),
        quantity=theirs.quantity,
        next_at=row.ends_at,
        began_at=theirs.began_at,
        person_id=person_id,
        offer_id=target.offer_id if target else None,
        discount=Discount(
            percent=off.percent,
            amount=MoneyValue.of(off.amount) if off.amount else None,
            lasts=off.lasts,
            until=off.until,
        )
        if off
        else None,
        obstacles=list(found),
        remarks=list(remarks(theirs, target)),
        subscription_id=row.subscription_id,
        held_up=row.held_up,
    )
