"""What may be asked of a community's chat server."""

from dataclasses import dataclass

from services.membership.chat_server.events import OnLoss, RoleOfTier
from shared.ids import Code, CommunityId


@dataclass(frozen=True, slots=True)
class ConnectChatServer:
    server: Code


@dataclass(frozen=True, slots=True)
class SetChatRules:
    roles: tuple[RoleOfTier, ...]
    on_loss: OnLoss
    channel: Code | None


@dataclass(frozen=True, slots=True)
class DisconnectChatServer:
    pass


ChatServerCommand = ConnectChatServer | SetChatRules | DisconnectChatServer


@dataclass(frozen=True, slots=True)
class TakeChatServer:
    community_id: CommunityId


@dataclass(frozen=True, slots=True)
class FreeChatServer:
    community_id: CommunityId


ChatClaimCommand = TakeChatServer | FreeChatServer
