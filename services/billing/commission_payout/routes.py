"""What who sent buyers has earned, seen by them and by staff, and paying it out by hand."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, AwareDatetime, BaseModel, StringConstraints

from services.billing.commission.events import Standing
from services.billing.commission_payout import commands
from services.billing.commission_payout.decider import COMMISSION_PAYOUT, commission_payout_stream
from services.billing.commission_payout.projections import (
    Balance,
    balances_of,
    commissions_of,
    earned_by_kind,
    owners_after,
)
from services.billing.commission_rules.events import LinkKind
from shared.contracts.contract import MoneyValue
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import AccountId, PersonId
from shared.reaction import Ask

router = APIRouter()

Amount = Annotated[MoneyValue, AfterValidator(lambda amount: MoneyValue.of(amount.money()))]
Reader = Annotated[Caller, needs("sales.read")]
Paging = Annotated[Page, Depends(paging)]


class CommissionBalance(BaseModel):
    """In one currency. `due` is what is to be paid out now: less than nothing where paid payments went back since."""

    earned: MoneyValue
    waiting: MoneyValue
    held: MoneyValue
    due: MoneyValue
    paid: MoneyValue


class OwnerCommissions(BaseModel):
    person_id: UUID
    balances: list[CommissionBalance]


class AllCommissions(BaseModel):
    items: list[OwnerCommissions]
    next: str | None


class EarnedCommission(BaseModel):
    """`amount` is what is left of it; it is `waiting` until `due_at`, and `held` while a bank decides."""

    commission_id: UUID
    link_id: UUID
    kind: LinkKind
    amount: MoneyValue
    rules_version: int
    standing: Standing
    earned_at: AwareDatetime
    due_at: AwareDatetime


class MyCommissions(BaseModel):
    balances: list[CommissionBalance]
    items: list[EarnedCommission]
    next: str | None


class KindEarned(BaseModel):
    kind: LinkKind
    earned: MoneyValue


class CommissionsByKind(BaseModel):
    items: list[KindEarned]


class PayCommissions(Body):
    """All that is due to a person in a currency; `reference` is what the money is known by, and counts once."""

    person_id: PersonId
    amount: Amount
    reference: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=140)
    ]


@router.get("/commissions/mine", operation_id="list_my_commissions")
async def list_my_commissions(
    caller: Annotated[Caller, needs("person")], page: Paging
) -> MyCommissions:
    """What the caller's links have earned, the newest first; who bought is nobody's to know."""
    community_id, person_id = caller.community_id, caller.person_id
    async with caller.read() as connection:
        balances = await balances_of(connection, community_id, [person_id])
        rows = await commissions_of(
            connection, community_id, person_id, page.cursor(by_moment), page.limit + 1
        )
    items = [
        EarnedCommission(
            commission_id=row.commission_id,
            link_id=row.link_id,
            kind=row.kind,
            amount=MoneyValue.of(row.amount),
            rules_version=row.rules_version,
            standing=row.standing,
            earned_at=row.earned_at,
            due_at=row.due_at,
        )
        for row in rows
    ]
    answer = page.answer(items, lambda last: f"{last.earned_at.isoformat()} {last.commission_id}")
    return MyCommissions(balances=[_shown(one) for one in balances], **answer)


@router.get("/commissions", operation_id="list_commissions")
async def list_commissions(caller: Reader, page: Paging) -> AllCommissions:
    """Who has earned what, and what is due to them."""
    community_id = caller.community_id
    async with caller.read() as connection:
        owners = await owners_after(connection, community_id, page.cursor(UUID), page.limit + 1)
        balances = await balances_of(connection, community_id, owners)
    items = [
        OwnerCommissions(
            person_id=owner, balances=[_shown(one) for one in balances if one.owner_id == owner]
        )
        for owner in owners
    ]
    return AllCommissions(**page.answer(items, key=lambda owner: owner.person_id))


@router.get("/commissions/by-kind", operation_id="sum_commissions_by_kind")
async def sum_commissions_by_kind(caller: Reader) -> CommissionsByKind:
    """Where the money goes: what is left of what links of each kind have earned."""
    async with caller.read() as connection:
        found = await earned_by_kind(connection, caller.community_id)
    return CommissionsByKind(
        items=[KindEarned(kind=kind, earned=MoneyValue.of(earned)) for kind, earned in found]
    )


@router.post("/commissions/payouts", status_code=201, operation_id="pay_commissions")
async def pay_commissions(
    body: PayCommissions, caller: Annotated[Caller, needs("receipts.write", strict=True)]
) -> Written:
    """The money was sent. Recorded again, by the same reference, it counts once."""
    pay = commands.PayCommissions(
        owner=body.person_id,
        receipt_id=caller.service.vault.token("payout", caller.community_id, body.reference),
        reference=await caller.seal(body.person_id, body.reference, "accounting"),
        amount=body.amount.money(),
        by=AccountId(caller.account_id),
    )
    return await caller.ask(Ask(COMMISSION_PAYOUT, commission_payout_stream(body.person_id), pay))


def _shown(balance: Balance) -> CommissionBalance:
    return CommissionBalance(
        earned=MoneyValue.of(balance.earned),
        waiting=MoneyValue.of(balance.waiting),
        held=MoneyValue.of(balance.held),
        due=MoneyValue.of(balance.due),
        paid=MoneyValue.of(balance.paid),
    )
