"""The chat server of a community, as of this very moment."""

from uuid import UUID

from services.membership.chat_server.decider import (
    CHAT_CLAIM,
    CHAT_SERVER,
    ChatClaim,
    ChatServer,
    claim_stream,
    server_stream,
)
from shared.ids import PLATFORM, Code, CommunityId
from shared.service import Service


async def chat_server_now(service: Service, community_id: UUID) -> tuple[ChatServer, int]:
    """The server with its rules, and how often these have changed: 0 when there never was one."""
    server: ChatServer
    server, version = await service.handler.state(
        CHAT_SERVER, server_stream(community_id), community_id
    )
    return server, version


async def holder_now(service: Service, server: Code) -> CommunityId | None:
    """The community whose server it is."""
    claim: ChatClaim
    claim, _ = await service.handler.state(CHAT_CLAIM, claim_stream(server), PLATFORM)
    return claim.holder
