"""Where to, what, and signed with which secret: the endpoints of a community."""

import secrets
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.delivery.projections import TYPES, stuck_at
from services.membership.endpoint import commands
from services.membership.endpoint.decider import ENDPOINT, Endpoint
from services.membership.endpoint.events import EndpointId
from services.membership.endpoint.projections import (
    EndpointRow,
    endpoints_of,
    heard_upto,
    secret_of,
)
from services.membership.gateways.addresses import ForbiddenAddress, checked
from shared.http import Body, Caller, Written, needs
from shared.ids import Code, Label
from shared.problem import Problem, error
from shared.reaction import Ask

router = APIRouter()

Staff = Annotated[Caller, needs("webhooks.write", strict=True)]


class Target(Body):
    """Where to, and what: no event types are all of them, also those to come."""

    url: str = Field(max_length=500)
    event_types: list[str] = Field(default=[], max_length=200)


class WithSecret(Written):
    """The secret is told once: a repeat under the same Idempotency-Key has none."""

    endpoint_id: UUID
    secret: str | None


@router.post("/webhook-endpoints", status_code=201, operation_id="register_endpoint")
async def register_endpoint(body: Target, caller: Staff) -> WithSecret:
    url, types = _target(body, caller)
    endpoint_id, seed = EndpointId(caller.new_id("endpoint")), _new_seed()
    async with caller.read() as connection:
        after = await heard_upto(connection)
        others = len(await endpoints_of(connection, caller.community_id))
    register = commands.RegisterEndpoint(url, types, seed, after, others)
    return await _with_secret(caller, endpoint_id, seed, register)


@router.put("/webhook-endpoints/{endpoint_id}", operation_id="change_endpoint")
async def change_endpoint(endpoint_id: EndpointId, body: Target, caller: Staff) -> Written:
    url, types = _target(body, caller)
    return await _ask(caller, endpoint_id, commands.ChangeEndpoint(url, types))


class RotateSecret(Body):
    """For a day both secrets sign; `at_once` when the old one is in wrong hands."""

    at_once: bool = False


@router.post("/webhook-endpoints/{endpoint_id}/rotation", operation_id="rotate_endpoint_secret")
async def rotate_endpoint_secret(
    endpoint_id: EndpointId, body: RotateSecret, caller: Staff
) -> WithSecret:
    seed = _new_seed()
    rotate = commands.RotateSecret(seed, body.at_once, caller.now)
    return await _with_secret(caller, endpoint_id, seed, rotate)


@router.post("/webhook-endpoints/{endpoint_id}/disabling", operation_id="disable_endpoint")
async def disable_endpoint(endpoint_id: EndpointId, caller: Staff) -> Written:
    return await _ask(caller, endpoint_id, commands.DisableEndpoint())


class EnableEndpoint(Body):
    """Go on where it stopped; or leave out the event it stopped at, or all that was missed."""

    skip: Literal["nothing", "failed", "missed"] = "nothing"


@router.post("/webhook-endpoints/{endpoint_id}/enabling", operation_id="enable_endpoint")
async def enable_endpoint(endpoint_id: EndpointId, body: EnableEndpoint, caller: Staff) -> Written:
    async with caller.read() as connection:
        match body.skip:
            case "nothing":
                after = None
            case "failed":
                after = await stuck_at(connection, endpoint_id)
            case "missed":
                after = await heard_upto(connection)
    return await _ask(caller, endpoint_id, commands.EnableEndpoint(after))


@router.delete("/webhook-endpoints/{endpoint_id}", operation_id="remove_endpoint")
async def remove_endpoint(endpoint_id: EndpointId, caller: Staff) -> Written:
    return await _ask(caller, endpoint_id, commands.RemoveEndpoint())


class Endpoints(BaseModel):
    items: list[EndpointRow]


@router.get("/webhook-endpoints", operation_id="list_endpoints")
async def list_endpoints(caller: Annotated[Caller, needs("webhooks.write")]) -> Endpoints:
    async with caller.read() as connection:
        return Endpoints(items=await endpoints_of(connection, caller.community_id))


class EventType(BaseModel):
    """One kind of event; `meaning` says when it happens, `dataschema` names the shape of its data."""

    type: str
    meaning: str
    dataschema: str


class EventTypes(BaseModel):
    items: list[EventType]


@router.get("/public/webhook-event-types", operation_id="list_event_types")
async def list_event_types(caller: Annotated[Caller, needs("public")]) -> EventTypes:
    """What an endpoint may choose from."""
    del caller
    return EventTypes(
        items=[
            EventType(
                type=name,
                meaning=" ".join((contract.__doc__ or "").split("\n\n")[0].split()),
                dataschema=contract.schema_id(),
            )
            for name, contract in TYPES.items()
        ]
    )


def _new_seed() -> Code:
    return Code(secrets.token_urlsafe(24))


async def _ask(
    caller: Caller, endpoint_id: EndpointId, command: commands.EndpointCommand
) -> Written:
    return await caller.ask(Ask(ENDPOINT, endpoint_id, command), endpoint_id=endpoint_id)


async def _with_secret(
    caller: Caller, endpoint_id: EndpointId, seed: Code, command: commands.EndpointCommand
) -> WithSecret:
    written = await _ask(caller, endpoint_id, command)
    endpoint: Endpoint = await caller.state(ENDPOINT, endpoint_id)
    secret = secret_of(caller.service, endpoint_id, seed) if endpoint.seed == seed else None
    return WithSecret(**written.model_dump(), secret=secret)


def _target(body: Target, caller: Caller) -> tuple[Label, tuple[Code, ...]]:
    wrong = [
        error("unknown_event_type", f"There is no event type {name}.", f"/event_types/{number}")
        for number, name in enumerate(body.event_types)
        if name not in TYPES
    ]
    try:
        checked(body.url, to_loopback=caller.service.settings.webhooks_to_loopback)
    except ForbiddenAddress as refusal:
        wrong.append(error("forbidden_url", str(refusal), "/url"))
    if wrong:
        raise Problem(422, "invalid_request", "Some values are wrong.", errors=wrong)
    return Label(body.url), tuple(sorted({Code(name) for name in body.event_types}))
