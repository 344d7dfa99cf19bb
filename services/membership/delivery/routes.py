"""What became of deliveries, sending again, and trying an endpoint out."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel

from services.membership.delivery import commands
from services.membership.delivery.decider import DELIVERY
from services.membership.delivery.projections import (
    Delivery,
    Stretch,
    deliveries_to,
    heard_between,
    stretch_of,
)
from services.membership.endpoint.events import EndpointId
from services.membership.endpoint.projections import endpoint_now
from shared.http import Body, Caller, Page, Written, listing, needs
from shared.reaction import Ask

router = APIRouter()

Staff = Annotated[Caller, needs("webhooks.write", strict=True)]


MOST_DIGITS = 18


class Deliveries(BaseModel):
    items: list[Delivery]
    next: str | None


@router.get("/webhook-endpoints/{endpoint_id}/deliveries", operation_id="list_deliveries")
async def list_deliveries(
    endpoint_id: EndpointId,
    caller: Annotated[Caller, needs("webhooks.write")],
    page: Annotated[Page, Depends(listing(filters=("status",)))],
) -> Deliveries:
    """The newest first, for thirty days."""
    await endpoint_now(caller.service, caller.community_id, endpoint_id)
    async with caller.read() as connection:
        found = await deliveries_to(
            connection,
            endpoint_id,
            status=page.filters.get("status"),
            before=page.cursor(_number),
            limit=page.limit + 1,
        )
    answer: dict[str, Any] = page.answer(found, lambda last: last[0])
    return Deliveries(items=[item for _, item in answer["items"]], next=answer["next"])


@router.post(
    "/webhook-endpoints/{endpoint_id}/pings", status_code=202, operation_id="ping_endpoint"
)
async def ping_endpoint(endpoint_id: EndpointId, caller: Staff) -> Written:
    """One event without meaning, tried once, also while the endpoint is off."""
    await endpoint_now(caller.service, caller.community_id, endpoint_id)
    errand_id = caller.new_id("ping")
    ping = Ask(DELIVERY, errand_id, commands.AskPing(endpoint_id))
    return await caller.ask(ping, event_id=errand_id)


class Replay(Body):
    """What was heard from `since` up to but not at `until`, by real time."""

    since: AwareDatetime
    until: AwareDatetime


@router.post(
    "/webhook-endpoints/{endpoint_id}/replays", status_code=202, operation_id="replay_deliveries"
)
async def replay_deliveries(endpoint_id: EndpointId, body: Replay, caller: Staff) -> Written:
    """In order again, beside what happens meanwhile."""
    await endpoint_now(caller.service, caller.community_id, endpoint_id)
    async with caller.read() as connection:
        heard = await heard_between(connection, caller.community_id, body.since, body.until)
    return await _replay(caller, endpoint_id, heard)


@router.post(
    "/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/replay",
    status_code=202,
    operation_id="replay_delivery",
)
async def replay_delivery(endpoint_id: EndpointId, delivery_id: UUID, caller: Staff) -> Written:
    endpoint = await endpoint_now(caller.service, caller.community_id, endpoint_id)
    async with caller.read() as connection:
        one = await stretch_of(connection, endpoint_id, delivery_id, endpoint.types)
    return await _replay(caller, endpoint_id, one)


def _number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("is no number of ours")
    return int(text)


async def _replay(caller: Caller, endpoint_id: EndpointId, heard: Stretch) -> Written:
    replay_id = caller.new_id("replay")
    ask = commands.AskReplay(endpoint_id, heard.first, heard.last, heard.count)
    return await caller.ask(Ask(DELIVERY, replay_id, ask), replay_id=replay_id)
