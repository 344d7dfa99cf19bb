"""What happened to a community's chat server, and to the claim that no two communities share one."""

from dataclasses import dataclass
from typing import Literal

from services.membership.tier.events import TierId
from shared.ids import Code, CommunityId

OnLoss = Literal["strip_roles", "kick"]


@dataclass(frozen=True, slots=True)
class RoleOfTier:
    tier_id: TierId
    role: Code


@dataclass(frozen=True, slots=True)
class ChatServerConnected:
    """Somebody who manages the server put our bot on it; `server` is the vendor's id."""

    server: Code


@dataclass(frozen=True, slots=True)
class ChatRulesSet:
    """Which role follows which tier, what a loss of access means, and where invites lead to, if there are any."""

    roles: tuple[RoleOfTier, ...]
    on_loss: OnLoss
    channel: Code | None = None


@dataclass(frozen=True, slots=True)
class ChatServerDisconnected:
    """From now on nothing is done there any more; who has a role keeps it."""

    server: Code


ChatServerEvent = ChatServerConnected | ChatRulesSet | ChatServerDisconnected


@dataclass(frozen=True, slots=True)
class ChatServerTaken:
    community_id: CommunityId


@dataclass(frozen=True, slots=True)
class ChatServerFreed:
    pass


ChatClaimEvent = ChatServerTaken | ChatServerFreed
