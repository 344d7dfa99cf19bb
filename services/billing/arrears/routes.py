"""Who owes what, for staff."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.billing.arrears.projections import overdue_after
from shared.contracts.contract import MoneyValue
from shared.http import Caller, Page, needs, paging

router = APIRouter()


class OverdueBill(BaseModel):
    """A period of a subscription that is past due `since` then."""

    subscription_id: UUID
    person_id: UUID
    amount: MoneyValue
    since: AwareDatetime


class OverdueBills(BaseModel):
    items: list[OverdueBill]
    next: str | None


@router.get("/arrears", operation_id="list_arrears")
async def list_arrears(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> OverdueBills:
    """Every bill that is past due, whether or not what its payer subscribes to is withheld."""
    async with caller.read() as connection:
        found = await overdue_after(
            connection, caller.community_id, page.cursor(UUID), page.limit + 1
        )
    items = [
        OverdueBill(
            subscription_id=bill.subscription_id,
            person_id=bill.person_id,
            amount=MoneyValue.of(bill.amount),
            since=bill.since,
        )
        for bill in found
    ]
    return OverdueBills(**page.answer(items, lambda last: last.subscription_id))
