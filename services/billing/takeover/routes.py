"""The plan, row by row, before anything is done; taking over what can be, and going back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from services.billing.elsewhere import Obstacle, Rebate, Remark, Target, obstacles, remarks
from services.billing.handover import OPEN, Standing
from services.billing.merchant.projections import merchant_of
from services.billing.migration.projections import persons_behind, targets_of
from services.billing.subscription.projections import leaver_now, running_among
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
    """Who the customers are here, what their prices become, and who has which offer already."""

    persons: dict[Code, PersonId]
    targets: dict[Code, Target]
    running: set[tuple[UUID, UUID]]
    time_zone: Code

    def target(self, row: Row) -> Target | None:
        return self.targets.get(row.theirs.price)

    def person(self, row: Row) -> PersonId | None:
        return self.persons.get(row.theirs.customer)

    def subscribed(self, row: Row) -> bool:
        person_id, target = self.person(row), self.target(row)
        return bool(person_id and target and (person_id, target.offer_id) in self.running)


@router.get("/migration/takeovers", operation_id="list_takeovers")
async def list_takeovers(
    caller: Annotated[Caller, needs("sales.read")],
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Plan:
    """Who, how much, when next and what stands in the way; nothing is done by looking."""
    async with caller.read() as connection:
        standing = page.filters.get("standing")
        after, limit = page.cursor(UUID), page.limit + 1
        rows = await takeovers_after(connection, caller.now, after, limit, standing)
        known = await _known(connection, caller, rows)
    shown = [_shown(row, known) for row in rows]
    return Plan(**page.answer(shown, key=lambda one: one.takeover_id))


@router.post("/migration/takeovers", status_code=202, operation_id="take_over")
async def take_over(body: Takeovers, caller: Staff) -> Written:
    """Ours begin now and charge nothing until theirs have ended, which is with the period that runs."""
    async with caller.read() as connection:
        rows = await _rows(connection, caller, body)
        known = await _known(connection, caller, rows)
    return await caller.ask(*(_taking_over(row, known, caller.now) for row in rows))


def _taking_over(row: Row, known: Known, at: datetime) -> Ask:
    command = commands.TakeOver(
        row.takeover_id,
        known.person(row),
        known.target(row),
        row.twice,
        known.subscribed(row),
        known.time_zone,
        at,
    )
    return Ask(TAKEOVER, row.takeover_id, command)


@router.post("/migration/reversals", status_code=202, operation_id="revert_takeovers")
async def revert_takeovers(body: Takeovers, caller: Staff) -> Written:
    """Theirs go on and ours end, as long as ours have charged nothing."""
    async with caller.read() as connection:
        rows = await _rows(connection, caller, body)
    asks = []
    for row in rows:
        leaving = False
        if row.subscription_id:
            _, leaving = await leaver_now(caller.service, caller.community_id, row.subscription_id)
        asks.append(Ask(TAKEOVER, row.takeover_id, commands.Revert(leaving, caller.now)))
    return await caller.ask(*asks)


async def _rows(connection: object, caller: Caller, body: Takeovers) -> list[Row]:
    wanted = list(dict.fromkeys(body.takeovers))
    found = await takeovers_among(connection, caller.now, wanted)
    if len(found) < len(wanted):
        raise NotFound("takeover_not_found", "There is no such subscription to take over.")
    return [found[takeover_id] for takeover_id in wanted]


async def _known(connection: object, caller: Caller, rows: Sequence[Row]) -> Known:
    merchant = await merchant_of(connection)
    customers = {row.theirs.customer for row in rows}
    persons = await persons_behind(connection, caller.community_id, customers)
    running = await running_among(connection, persons.values())
    return Known(persons, await targets_of(connection), running, merchant.time_zone)


def _shown(row: Row, known: Known) -> Takeover:
    theirs, target, person_id = row.theirs, known.target(row), known.person(row)
    found = obstacles(theirs, person_id, target, twice=row.twice, subscribed=known.subscribed(row))
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
        discount=_discount(theirs.rebate) if theirs.rebate else None,
        obstacles=list(found) if row.standing in OPEN else [],
        remarks=list(remarks(theirs, target)),
        subscription_id=row.subscription_id,
        held_up=row.held_up,
    )


def _discount(off: Rebate) -> Discount:
    amount = MoneyValue.of(off.amount) if off.amount else None
    return Discount(percent=off.percent, amount=amount, lasts=off.lasts, until=off.until)
