"""What is still missing before money can come in, and how to get it done."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel

from services.membership.advice import Advice, warnings_on
from services.membership.community.projections import page_of
from services.membership.domain.projections import origin_of
from services.membership.presets import (
    Call,
    Frame,
    Method,
    Model,
    Step,
    call_for,
    ready,
    steps,
    waits_for,
)
from services.membership.setup.projections import taken_by
from services.membership.tier.projections import tiers_of
from shared.decider import NotFound
from shared.http import Caller, needs
from shared.visibility.gate import visibility_of

router = APIRouter()


class NextCall(BaseModel):
    """`body` is ready to be sent, or to be changed first; null where only the owner knows what to say."""

    method: Method
    path: str
    body: dict[str, Any] | None


class SetupStep(BaseModel):
    """`call` is null once it is done, and while another step, `waits_for`, has to come first."""

    step: Step
    needed: bool
    done_since: datetime | None
    call: NextCall | None
    waits_for: Step | None = None


class Setup(BaseModel):
    """`ready` when nothing that is needed is missing: a stranger could pay now. `warnings` hold up nothing."""

    model: Model
    ready: bool
    steps: list[SetupStep]
    warnings: list[Advice]


@router.get("/setup", operation_id="read_setup")
async def read_setup(model: Model, caller: Annotated[Caller, needs("members.read")]) -> Setup:
    """What a community that earns this way has, what it lacks, and the call for each step that is left."""
    async with caller.read() as connection:
        page = await page_of(connection, caller.community_id)
        taken = await taken_by(connection, caller.community_id)
        tiers = await tiers_of(connection, caller.community_id)
        private = await visibility_of(connection, caller.community_id) == "private"
    if page is None:
        raise NotFound("community_not_found", "There is no such community.")
    _, paid_tier = taken.get("paid_tier", (None, None))
    origin = await origin_of(caller.service, caller.community_id)
    frame = Frame(page.currency, paid_tier, caller.now, page.community_id, origin, page.audience)
    wanted = steps(model, live=page.mode == "live", private=private)
    return Setup(
        model=model,
        ready=ready(wanted, taken),
        steps=[
            SetupStep(
                step=step,
                needed=needed,
                done_since=taken[step][0] if step in taken else None,
                call=None if step in taken else _shown(call_for(step, frame)),
                waits_for=waits_for(step, taken),
            )
            for step, needed in wanted.items()
        ],
        warnings=warnings_on(tiers),
    )


def _shown(call: Call | None) -> NextCall | None:
    return NextCall(method=call.method, path=call.path, body=call.body) if call else None
