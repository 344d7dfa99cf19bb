from uuid import UUID

from services.membership.chat_server.commands import (
    ConnectChatServer,
    DisconnectChatServer,
    FreeChatServer,
    SetChatRules,
    TakeChatServer,
)
from services.membership.chat_server.decider import CHAT_CLAIM, CHAT_SERVER, ChatServer
from services.membership.chat_server.events import (
    ChatRulesSet,
    ChatServerConnected,
    ChatServerDisconnected,
    ChatServerFreed,
    ChatServerTaken,
    RoleOfTier,
)
from services.membership.tier.events import TierId
from shared.ids import Code, CommunityId
from shared.testing import given

here, there = Code("10"), Code("11")
free, gold = TierId(UUID(int=1)), TierId(UUID(int=2))
chess, go = CommunityId(UUID(int=3)), CommunityId(UUID(int=4))
guest, player = RoleOfTier(free, Code("20")), RoleOfTier(gold, Code("21"))
connected = ChatServerConnected(here)
rules = ChatRulesSet((guest, player), "kick", Code("30"))


def test_a_server_is_connected_once() -> None:
    given(CHAT_SERVER).when(ConnectChatServer(here)).then(connected)
    given(CHAT_SERVER, connected).when(ConnectChatServer(here)).then_nothing()


def test_rules_need_a_server() -> None:
    given(CHAT_SERVER).when(SetChatRules((), "kick", None)).then_rejected("no_chat_server")


def test_rules_replace_the_ones_before() -> None:
    fewer = SetChatRules((player,), "strip_roles", None)
    given(CHAT_SERVER, connected, rules).when(fewer).then(
        ChatRulesSet((player,), "strip_roles", None)
    )
    given(CHAT_SERVER, connected, rules).when(fewer, fewer).then_nothing()


def test_a_tier_has_one_role() -> None:
    twice = (player, RoleOfTier(gold, Code("22")))
    given(CHAT_SERVER, connected).when(SetChatRules(twice, "kick", None)).then_rejected(
        "tier_mapped_twice"
    )


def test_another_server_has_no_roles_of_the_first() -> None:
    moved = CHAT_SERVER.fold([connected, rules, ChatServerConnected(there)])
    assert moved == ChatServer(there, on_loss="kick")


def test_disconnecting_is_said_once() -> None:
    given(CHAT_SERVER, connected).when(DisconnectChatServer()).then(ChatServerDisconnected(here))
    given(CHAT_SERVER).when(DisconnectChatServer()).then_nothing()


def test_roles_follow_tiers_and_two_tiers_may_share_one() -> None:
    server = ChatServer(here, (guest, player, RoleOfTier(TierId(UUID(int=5)), Code("21"))))
    assert server.roles_for({gold, TierId(UUID(int=5))}) == (Code("21"),)
    assert server.roles_for({gold, free}) == (Code("20"), Code("21"))
    assert server.roles_for(set()) == ()


def test_no_two_communities_share_a_server() -> None:
    taken = ChatServerTaken(chess)
    given(CHAT_CLAIM).when(TakeChatServer(chess)).then(taken)
    given(CHAT_CLAIM, taken).when(TakeChatServer(chess)).then_nothing()
    given(CHAT_CLAIM, taken).when(TakeChatServer(go)).then_rejected("chat_server_taken")
    given(CHAT_CLAIM, taken).when(FreeChatServer(go)).then_nothing()
    given(CHAT_CLAIM, taken).when(FreeChatServer(chess)).then(ChatServerFreed())
    given(CHAT_CLAIM, taken, ChatServerFreed()).when(TakeChatServer(go)).then(ChatServerTaken(go))
