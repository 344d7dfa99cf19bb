"""Saying whether bank accounts may be debited, and what is had while the money is on its way."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from services.billing.debit import commands
from services.billing.debit.decider import DEBIT, debit_stream
from services.billing.debit.events import AccessWhile
from services.billing.debit.projections import debits_now
from services.billing.gateways.gateway import CardGateway
from services.billing.merchant.projections import merchant_of
from shared.http import Body, Caller, Written, needs
from shared.reaction import Ask

router = APIRouter()

Owner = Annotated[Caller, needs("merchant.write", strict=True)]


class TakeDebits(Body):
    """`at_once`: a subscription begins while its first debit is on its way, and ends if that fails."""

    access: AccessWhile


class DebitTerms(BaseModel):
    """`access` is null where nobody may pay by debit."""

    access: AccessWhile | None


@router.put("/debits", operation_id="take_debits")
async def take_debits(body: TakeDebits, caller: Owner) -> Written:
    """SEPA, where the community's account at Stripe has it: from now on a checkout in euros may be paid so."""
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    processor: CardGateway = caller.service.gateways["processor"]
    able = await processor.takes_debits(merchant.account)
    return await _ask(caller, commands.TakeDebits(body.access, able))


@router.delete("/debits", operation_id="stop_debits")
async def stop_debits(caller: Owner) -> Written:
    """Nobody may choose it any more; who has is debited as before."""
    return await _ask(caller, commands.StopDebits())


@router.get("/debits", operation_id="read_debits")
async def read_debits(caller: Annotated[Caller, needs("sales.read")]) -> DebitTerms:
    return DebitTerms(access=await debits_now(caller.service, caller.community_id))


async def _ask(caller: Caller, command: commands.DebitCommand) -> Written:
    return await caller.ask(Ask(DEBIT, debit_stream(caller.community_id), command))
