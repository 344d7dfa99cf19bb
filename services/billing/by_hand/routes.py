"""Saying whether money may be sent or brought, and where to."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, StringConstraints

from services.billing.by_hand import commands
from services.billing.by_hand.decider import BY_HAND, by_hand_stream
from services.billing.by_hand.projections import by_hand_now, owed_back_after
from services.billing.payment.events import RefundReason
from services.billing.references import reference_of
from shared.contracts.contract import MoneyValue
from shared.http import Body, Caller, Page, Written, needs, paging
from shared.ids import Label
from shared.reaction import Ask

router = APIRouter()

Owner = Annotated[Caller, needs("merchant.write", strict=True)]
Instructions = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)
]


class OfferByHand(Body):
    """What buyers are told: the number of an account, an address, when somebody is there."""

    instructions: Instructions


class ByHandTerms(BaseModel):
    """`instructions` is null where nobody may pay by hand."""

    instructions: str | None


class OwedRefund(BaseModel):
    """`reference` is that of the payment."""

    refund_id: UUID
    payment_id: UUID
    reference: str
    person_id: UUID
    amount: MoneyValue
    reason: RefundReason
    since: AwareDatetime


class OwedRefunds(BaseModel):
    items: list[OwedRefund]
    next: str | None


@router.put("/by-hand", operation_id="offer_by_hand")
async def offer_by_hand(body: OfferByHand, caller: Owner) -> Written:
    """Transfer, cash or cheque: from now on a checkout may be paid so, and staff record the money."""
    return await _ask(caller, commands.OfferByHand(Label(body.instructions)))


@router.delete("/by-hand", operation_id="withdraw_by_hand")
async def withdraw_by_hand(caller: Owner) -> Written:
    """Who has chosen it is still waited for, and renewals of who pays so still are."""
    return await _ask(caller, commands.WithdrawByHand())


@router.get("/by-hand", operation_id="read_by_hand")
async def read_by_hand(caller: Annotated[Caller, needs("sales.read")]) -> ByHandTerms:
    return ByHandTerms(instructions=await by_hand_now(caller.service, caller.community_id))


@router.get("/refunds/owed", operation_id="list_owed_refunds")
async def list_owed_refunds(
    caller: Annotated[Caller, needs("sales.read")], page: Annotated[Page, Depends(paging)]
) -> OwedRefunds:
    """What came by hand and has to go back by hand."""
    async with caller.read() as connection:
        found = await owed_back_after(connection, page.cursor(UUID), page.limit + 1)
    shown = [
        OwedRefund(
            refund_id=owed.refund_id,
            payment_id=owed.payment_id,
            reference=reference_of(owed.payment_id),
            person_id=owed.person_id,
            amount=MoneyValue.of(owed.amount),
            reason=owed.reason,
            since=owed.since,
        )
        for owed in found
    ]
    return OwedRefunds(**page.answer(shown, key=lambda owed: owed.refund_id))


async def _ask(caller: Caller, command: commands.ByHandCommand) -> Written:
    return await caller.ask(Ask(BY_HAND, by_hand_stream(caller.community_id), command))
