"""How many days access lasts after what it was for is over."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter

from services.membership.grace import commands, events
from services.membership.grace.decider import GRACE, grace_stream
from services.membership.grace.projections import grace_now
from shared.http import Body, Caller, Written, needs
from shared.reaction import Ask

router = APIRouter()


class Grace(Body):
    """Days after a subscription's end, a refund, a lost dispute, a ban: from 0, at once, to 90.

    Who did not pay was waited for by billing's dunning already, and has no more. Who is shut out signs in as nobody at
    once: what lasts is the doors that are open, of the chat and of groups.
    """

    end_days: int = 0
    refund_days: int = 0
    dispute_days: int = 0
    ban_days: int = 0


@router.put("/access/grace", operation_id="set_grace")
async def set_grace(
    body: Grace, caller: Annotated[Caller, needs("access.write", strict=True)]
) -> Written:
    """It holds for what is over from now on; what lasts already lasts as it was told."""
    write = commands.SetGrace(events.Grace(**body.model_dump()))
    return await caller.ask(Ask(GRACE, grace_stream(caller.community_id), write))


@router.get("/access/grace", operation_id="read_grace")
async def read_grace(caller: Annotated[Caller, needs("account")]) -> Grace:
    """For everybody who is here, or thinks of joining."""
    return Grace(**asdict(await grace_now(caller.service, caller.community_id)))
