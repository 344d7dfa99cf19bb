"""Connecting the community's own accounts at the processors."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints

from services.billing.gateways.processors import paypal_account
from services.billing.merchant import commands
from services.billing.merchant.decider import MERCHANT
from services.billing.merchant.projections import merchant_of
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, derive
from shared.reaction import Ask

router = APIRouter()

Owner = Annotated[Caller, needs("merchant.write", strict=True)]


class ConnectAccount(Body):
    account: Annotated[str, StringConstraints(pattern=r"^acct_\w{1,100}$")]


class ConnectPaypal(Body):
    """The merchant id that PayPal shows the seller, who has to let the platform's app act for them."""

    merchant_id: Annotated[str, StringConstraints(pattern=r"^[2-9A-HJ-NP-Z]{13}$")]


class Merchant(BaseModel):
    """`account` is null while charges are made on the platform's own, `paypal` where nobody may pay by it."""

    account: str | None
    paypal: str | None
    time_zone: str


@router.post("/merchant/account", operation_id="connect_account")
async def connect_account(body: ConnectAccount, caller: Owner) -> Written:
    return await _ask(caller, commands.ConnectAccount(Code(body.account)))


@router.put("/merchant/paypal", operation_id="connect_paypal")
async def connect_paypal(body: ConnectPaypal, caller: Owner) -> Written:
    """From now on a checkout may be paid by PayPal, to this account; cards go where they went."""
    account = paypal_account(caller.service.gateways, body.merchant_id)
    return await _ask(caller, commands.ConnectPaypal(account))


@router.get("/merchant", operation_id="read_merchant")
async def read_merchant(caller: Annotated[Caller, needs("sales.read")]) -> Merchant:
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    return Merchant(account=merchant.account, paypal=merchant.paypal, time_zone=merchant.time_zone)


async def _ask(caller: Caller, command: commands.MerchantCommand) -> Written:
    return await caller.ask(Ask(MERCHANT, derive(caller.community_id, "merchant"), command))
