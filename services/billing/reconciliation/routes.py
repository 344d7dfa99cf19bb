"""Comparing the processor's account with our book, and what was found."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.billing.comparison import REPAIRS, Actor, Cause, Drift
from services.billing.gateways.processors import Name
from services.billing.merchant.projections import merchant_of
from services.billing.reconciliation import commands
from services.billing.reconciliation.decider import RECONCILIATION
from services.billing.reconciliation.projections import (
    Reconciled,
    State,
    drifts_of,
    reconciliation_by_id,
    reconciliations_before,
    sums_of,
)
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.reaction import Ask

router = APIRouter()

Reader = Annotated[Caller, needs("sales.read")]


class BeginReconciliation(Body):
    """From `start` on and before `end`: 31 days at most, which are over for an hour."""

    processor: Name = "stripe"
    start: AwareDatetime
    end: AwareDatetime


class Reconciliation(BaseModel):
    """`strangers` are charges of the account that bear no mark of ours; of the `drifts`, some are `settled` by now."""

    reconciliation_id: UUID
    account: str
    start: AwareDatetime
    end: AwareDatetime
    by_clock: bool
    begun_at: AwareDatetime
    state: State
    problem: str | None
    compared: int
    strangers: int
    drifts: int
    settled: int


class Reconciliations(BaseModel):
    items: list[Reconciliation]
    next: str | None


class CurrencySums(BaseModel):
    """What is kept of the payments that were compared, after refunds."""

    there: MoneyValue
    here: MoneyValue


class Difference(BaseModel):
    """What is kept of a payment on each side, as it was found, and who has to act."""

    payment_id: UUID
    payment_intent: str | None
    cause: Cause
    there: MoneyValue
    here: MoneyValue
    acts: Actor
    repair: str
    settled_at: AwareDatetime | None


class ReconciliationRead(Reconciliation):
    sums: list[CurrencySums]
    found: list[Difference]


@router.post("/reconciliations", status_code=202, operation_id="begin_reconciliation")
async def begin_reconciliation(
    body: BeginReconciliation, caller: Annotated[Caller, needs("refunds.write", strict=True)]
) -> Written:
    """Compare a connected account with our book; nothing there is changed by it.

    PayPal lists no orders: those that our book knows of are asked for one by one, which finds no others.
    """
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    reconciliation_id = caller.new_id("reconciliation")
    account = merchant.paypal if body.processor == "paypal" else merchant.account
    begin = commands.BeginReconciliation(account, body.start, body.end, caller.now)
    return await caller.ask(
        Ask(RECONCILIATION, reconciliation_id, begin), reconciliation_id=reconciliation_id
    )


@router.get("/reconciliations", operation_id="list_reconciliations")
async def list_reconciliations(
    caller: Reader, page: Annotated[Page, Depends(paging)]
) -> Reconciliations:
    """The newest first."""
    async with caller.read() as connection:
        found = await reconciliations_before(
            connection, caller.community_id, page.cursor(by_moment), page.limit + 1
        )
    items = [Reconciliation(**_shown(one)) for one in found]
    return Reconciliations(
        **page.answer(items, lambda last: f"{last.begun_at.isoformat()} {last.reconciliation_id}")
    )


@router.get("/reconciliations/{reconciliation_id}", operation_id="read_reconciliation")
async def read_reconciliation(reconciliation_id: UUID, caller: Reader) -> ReconciliationRead:
    async with caller.read() as connection:
        found = await reconciliation_by_id(connection, reconciliation_id)
        sums = await sums_of(connection, reconciliation_id)
        drifts = await drifts_of(connection, reconciliation_id)
    if found is None:
        raise NotFound("reconciliation_not_found", "There is no such reconciliation.")
    return ReconciliationRead(
        **_shown(found),
        sums=[
            CurrencySums(there=MoneyValue.of(one.there), here=MoneyValue.of(one.here))
            for one in sums
        ],
        found=[_difference(drift, settled_at) for drift, settled_at in drifts],
    )


def _shown(one: Reconciled) -> dict[str, Any]:
    return {
        "reconciliation_id": one.reconciliation_id,
        "account": one.account,
        "start": one.starts_at,
        "end": one.ends_at,
        "by_clock": one.by_clock,
        "begun_at": one.begun_at,
        "state": one.state,
        "problem": one.code,
        "compared": one.compared,
        "strangers": one.strangers,
        "drifts": one.drifts,
        "settled": one.settled,
    }


def _difference(drift: Drift, settled_at: datetime | None) -> Difference:
    acts, repair = REPAIRS[drift.cause]
    return Difference(
        payment_id=drift.payment_id,
        payment_intent=drift.intent,
        cause=drift.cause,
        there=MoneyValue.of(drift.there),
        here=MoneyValue.of(drift.here),
        acts=acts,
        repair=repair,
        settled_at=settled_at,
    )
