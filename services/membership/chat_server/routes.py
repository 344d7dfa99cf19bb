"""Connecting a chat server, by the word of who manages it, and saying what follows from access there."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.arriving import way_back
from services.membership.chat_server import commands
from services.membership.chat_server.decider import (
    CHAT_CLAIM,
    CHAT_SERVER,
    claim_stream,
    server_stream,
)
from services.membership.chat_server.events import OnLoss, RoleOfTier
from services.membership.chat_server.projections import chat_server_now
from services.membership.gateways.gateway import chat_of, in_a_request
from services.membership.tier.events import TierId
from services.membership.tiers_named import unknown_tiers
from shared.decider import Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import PLATFORM, Code, CommunityId
from shared.problem import Problem
from shared.reaction import Ask

LINK_LIFE = timedelta(hours=1)
Snowflake = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,19}$")]

router = APIRouter()


class Authorization(BaseModel):
    """Where to go; the chat's vendor sends whoever agrees back with a `code` and this `state`."""

    url: str
    state: str


@router.get("/chat/server/authorization", operation_id="authorize_chat_server")
async def authorize_chat_server(
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Authorization:
    chat = chat_of(caller.service.gateways)
    community_id, expiry = caller.community_id, caller.now + LINK_LIFE
    state = caller.service.links.make("chat_server", caller.account_id, community_id, expiry)
    return Authorization(url=chat.server_url(state), state=state)


class ConnectChatServer(Body):
    code: str = Field(min_length=1, max_length=500)
    state: str = Field(min_length=1, max_length=2_000)


@router.post("/chat/server", status_code=201, operation_id="connect_chat_server")
async def connect_chat_server(
    body: ConnectChatServer, caller: Annotated[Caller, needs("community.write", strict=True)]
) -> Written:
    """The server is the one that the vendor says this very account let us onto; nobody names another's."""
    chat = chat_of(caller.service.gateways)
    way_back(caller, body.state, "chat_server", caller.account_id)
    with in_a_request():
        server = (await chat.authorized(body.code)).server
    if server is None:
        raise Rejected("no_server_chosen", "Choose a server for the bot.", pointer="/code")
    before, _ = await chat_server_now(caller.service, caller.community_id)
    connect = commands.ConnectChatServer(Code(server))
    asks = [Ask(CHAT_SERVER, server_stream(caller.community_id), connect), _take(caller, server)]
    if before.server not in (None, server):
        asks.append(_free(caller, str(before.server)))
    return await caller.ask(*asks)


class MappedRole(Body):
    tier_id: UUID
    role_id: Snowflake


class SetChatRules(Body):
    """What is left out is no longer so. Without a channel there are no invites."""

    roles: list[MappedRole] = Field(max_length=100)
    on_loss: OnLoss = "strip_roles"
    invite_channel_id: Snowflake | None = None


@router.put("/chat/server/rules", operation_id="set_chat_rules")
async def set_chat_rules(
    body: SetChatRules, caller: Annotated[Caller, needs("community.write", strict=True)]
) -> Written:
    chat_of(caller.service.gateways)
    named = ((f"/roles/{number}/tier_id", one.tier_id) for number, one in enumerate(body.roles))
    wrong = await unknown_tiers(caller, named)
    if wrong:
        raise Problem(422, "invalid_request", "Some tiers are not there.", errors=wrong)
    rules = commands.SetChatRules(
        roles=tuple(RoleOfTier(TierId(m.tier_id), Code(m.role_id)) for m in body.roles),
        on_loss=body.on_loss,
        channel=Code(body.invite_channel_id) if body.invite_channel_id else None,
    )
    return await caller.ask(Ask(CHAT_SERVER, server_stream(caller.community_id), rules))


@router.post("/chat/server/disconnection", operation_id="disconnect_chat_server")
async def disconnect_chat_server(
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    server, _ = await chat_server_now(caller.service, caller.community_id)
    stream = server_stream(caller.community_id)
    disconnect = Ask(CHAT_SERVER, stream, commands.DisconnectChatServer())
    free = [_free(caller, server.server)] if server.server else []
    return await caller.ask(disconnect, *free)


class Role(BaseModel):
    tier_id: UUID
    role_id: str


class ChatServer(BaseModel):
    """`server_id` is the vendor's, None while none is connected."""

    server_id: str | None
    roles: list[Role]
    on_loss: OnLoss
    invite_channel_id: str | None


@router.get("/chat/server", operation_id="read_chat_server")
async def read_chat_server(caller: Annotated[Caller, needs("community.write")]) -> ChatServer:
    chat_of(caller.service.gateways)
    server, _ = await chat_server_now(caller.service, caller.community_id)
    return ChatServer(
        server_id=server.server,
        roles=[Role(tier_id=mapped.tier_id, role_id=mapped.role) for mapped in server.roles],
        on_loss=server.on_loss,
        invite_channel_id=server.channel,
    )


def _take(caller: Caller, server: str) -> Ask:
    take = commands.TakeChatServer(CommunityId(caller.community_id))
    return Ask(CHAT_CLAIM, claim_stream(server), take, community_id=PLATFORM)


def _free(caller: Caller, server: str) -> Ask:
    free = commands.FreeChatServer(CommunityId(caller.community_id))
    return Ask(CHAT_CLAIM, claim_stream(server), free, community_id=PLATFORM)
