"""tessera.membership.chat.v1: which roles people have on their community's chat server."""

from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts.contract import CodeText, Contract

ChatProblem = Literal[
    "account_gone",
    "banned_on_server",
    "bot_not_allowed",
    "bot_not_on_server",
    "channel_unknown",
    "guest_unknown",
    "link_refused",
    "not_on_server",
    "refused",
    "role_unknown",
    "server_unknown",
    "too_many_invites",
    "too_many_servers",
]


class ChatContract(Contract):
    """One person's seat on the community's chat server; the key is that seat's stream."""

    topic: ClassVar[str] = "tessera.membership.chat.v1"

    person_id: UUID


class ChatLinked(ChatContract):
    """The person told us which account of the chat is theirs."""


class ChatUnlinked(ChatContract):
    """The link ended, and the account is forgotten."""


class ChatRoleGranted(ChatContract):
    """The chat confirmed that the person has this role."""

    chat_server: CodeText
    chat_role: CodeText


class ChatRoleRevoked(ChatContract):
    """The chat confirmed that the person has this role no longer, by whatever way it was lost."""

    chat_server: CodeText
    chat_role: CodeText


class ChatSeatStuck(ChatContract):
    """What access asks for cannot be done on the chat until somebody acts."""

    who: Literal["member", "owner"]
    problem: ChatProblem
