"""A community has one chat server, no two share one, and a tier has one role on it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.chat_server import commands, events
from services.membership.tier.events import TierId
from shared.decider import Decider, Rejected
from shared.ids import PLATFORM, Code, CommunityId, derive


@dataclass(frozen=True, slots=True)
class ChatServer:
    server: Code | None = None
    roles: tuple[events.RoleOfTier, ...] = ()
    on_loss: events.OnLoss = "strip_roles"
    channel: Code | None = None

    def roles_for(self, tiers: Collection[TierId]) -> tuple[Code, ...]:
        """The roles that these tiers lead to; two tiers may lead to one."""
        return tuple(sorted({mapped.role for mapped in self.roles if mapped.tier_id in tiers}))


def server_stream(community_id: UUID) -> UUID:
    return derive(community_id, "chat_server")


def decide(command: commands.ChatServerCommand, server: ChatServer) -> list[events.ChatServerEvent]:
    match command:
        case commands.ConnectChatServer(wanted):
            return [] if wanted == server.server else [events.ChatServerConnected(wanted)]
        case commands.SetChatRules():
            return _set_rules(command, server)
        case commands.DisconnectChatServer():
            return [events.ChatServerDisconnected(server.server)] if server.server else []
        case _:
            assert_never(command)


def _set_rules(command: commands.SetChatRules, server: ChatServer) -> list[events.ChatServerEvent]:
    if server.server is None:
        raise Rejected("no_chat_server", "Connect a chat server first.")
    tiers = [mapped.tier_id for mapped in command.roles]
    if len(tiers) != len(set(tiers)):
        raise Rejected("tier_mapped_twice", "A tier has one role.", pointer="/roles")
    rules = events.ChatRulesSet(command.roles, command.on_loss, command.channel)
    now = events.ChatRulesSet(server.roles, server.on_loss, server.channel)
    return [] if rules == now else [rules]


def evolve(server: ChatServer, event: events.ChatServerEvent) -> ChatServer:
    match event:
        case events.ChatServerConnected(connected):
            # Roles and channels are the other server's.
            return ChatServer(connected, on_loss=server.on_loss)
        case events.ChatRulesSet(roles, on_loss, channel):
            return replace(server, roles=roles, on_loss=on_loss, channel=channel)
        case events.ChatServerDisconnected():
            return ChatServer(on_loss=server.on_loss)
        case _:
            assert_never(event)


CHAT_SERVER: Decider[commands.ChatServerCommand, ChatServer, events.ChatServerEvent] = Decider(
    "chat_server",
    initial=ChatServer(),
    decide=decide,
    evolve=evolve,
    commands=commands.ChatServerCommand,
    events=events.ChatServerEvent,
)


def claim_stream(server: str) -> UUID:
    return derive(PLATFORM, "chat_server", server)


@dataclass(frozen=True, slots=True)
class ChatClaim:
    holder: CommunityId | None = None


def decide_claim(
    command: commands.ChatClaimCommand, claim: ChatClaim
) -> list[events.ChatClaimEvent]:
    match command:
        case commands.TakeChatServer(community_id) if claim.holder is None:
            return [events.ChatServerTaken(community_id)]
        case commands.TakeChatServer(community_id) if claim.holder != community_id:
            raise Rejected("chat_server_taken", "Another community uses this chat server.")
        case commands.FreeChatServer(community_id) if claim.holder == community_id:
            return [events.ChatServerFreed()]
        case commands.TakeChatServer() | commands.FreeChatServer():
            return []
        case _:
            assert_never(command)


def evolve_claim(_: ChatClaim, event: events.ChatClaimEvent) -> ChatClaim:
    match event:
        case events.ChatServerTaken(community_id):
            return ChatClaim(community_id)
        case events.ChatServerFreed():
            return ChatClaim()
        case _:
            assert_never(event)


CHAT_CLAIM: Decider[commands.ChatClaimCommand, ChatClaim, events.ChatClaimEvent] = Decider(
    "chat_claim",
    initial=ChatClaim(),
    decide=decide_claim,
    evolve=evolve_claim,
    commands=commands.ChatClaimCommand,
    events=events.ChatClaimEvent,
)
