"""Letting programs in and shutting them out. Their role follows: the community hears of them."""

import secrets
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.client import commands
from services.membership.client.decider import CLIENT
from services.membership.client.events import ClientRole
from services.membership.client.projections import ClientRow, clients_of, community_of, hash_of
from shared.http import Body, Caller, Written, needs
from shared.ids import Label
from shared.reaction import Ask

router = APIRouter()


class RegisterClient(Body):
    name: str = Field(min_length=1, max_length=200)
    role: ClientRole


class Registered(Written):
    """The secret is told once: a repeat under the same Idempotency-Key has none."""

    client_id: UUID
    client_secret: str | None


@router.post("/clients", status_code=201, operation_id="register_client")
async def register_client(
    body: RegisterClient, caller: Annotated[Caller, needs("clients.write", strict=True)]
) -> Registered:
    client_id, secret = caller.new_id("client"), secrets.token_urlsafe(32)
    register = commands.RegisterClient(Label(body.name), body.role, hash_of(secret))
    written = await caller.ask(Ask(CLIENT, client_id, register), client_id=client_id)
    is_new = await community_of(caller.service, client_id, secret) is not None
    return Registered(**written.model_dump(), client_secret=secret if is_new else None)


@router.post("/clients/{client_id}/revocation", operation_id="revoke_client")
async def revoke_client(
    client_id: UUID, caller: Annotated[Caller, needs("clients.write", strict=True)]
) -> Written:
    return await caller.ask(Ask(CLIENT, client_id, commands.RevokeClient()), client_id=client_id)


class Clients(BaseModel):
    items: list[ClientRow]


@router.get("/clients", operation_id="list_clients")
async def list_clients(caller: Annotated[Caller, needs("clients.write")]) -> Clients:
    async with caller.read() as connection:
        return Clients(items=await clients_of(connection, caller.community_id))
