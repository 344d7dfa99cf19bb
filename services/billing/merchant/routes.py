"""Connecting the community's own account at the processor."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints

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


class Merchant(BaseModel):
    """`account` is null while charges are made on the platform's own."""

    account: str | None
    time_zone: str


@router.post("/merchant/account", operation_id="connect_account")
async def connect_account(body: ConnectAccount, caller: Owner) -> Written:
    stream_id = derive(caller.community_id, "merchant")
    return await caller.ask(Ask(MERCHANT, stream_id, commands.ConnectAccount(Code(body.account))))


@router.get("/merchant", operation_id="read_merchant")
async def read_merchant(caller: Annotated[Caller, needs("sales.read")]) -> Merchant:
    async with caller.read() as connection:
        merchant = await merchant_of(connection)
    return Merchant(account=merchant.account, time_zone=merchant.time_zone)
