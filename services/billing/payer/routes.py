"""Giving another card, and seeing whether it was taken."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints

from services.billing.merchant.projections import merchant_of
from services.billing.payer import commands
from services.billing.payer.decider import PAYER
from services.billing.payer.events import payer_of
from services.billing.payer.projections import kept_for
from shared.decider import NotFound
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, PersonId
from shared.reaction import Ask

router = APIRouter()

Member = Annotated[Caller, needs("person")]


class SavePaymentMethod(Body):
    """The id that the processor's own form gave to the card."""

    payment_method: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,250}$")]


class PaymentMethod(BaseModel):
    """`code` says why it was refused."""

    state: Literal["saving", "saved", "refused"]
    code: str | None


@router.post("/payer/payment-method", status_code=202, operation_id="save_payment_method")
async def save_payment_method(body: SavePaymentMethod, caller: Member) -> Written:
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    person_id = PersonId(caller.person_id)
    command = commands.SavePaymentMethod(person_id, Code(body.payment_method), merchant.account)
    return await caller.ask(Ask(PAYER, payer_of(person_id), command))


@router.get("/payer/payment-method", operation_id="read_payment_method")
async def read_payment_method(caller: Member) -> PaymentMethod:
    async with caller.read() as connection:
        kept = await kept_for(connection, caller.person_id)
    if kept is None:
        raise NotFound("payment_method_not_found", "No payment method was given yet.")
    return PaymentMethod(state=kept.state, code=kept.code)
