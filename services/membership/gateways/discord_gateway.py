"""Discord, by its REST API v10: no call is made that Discord has asked us not to make yet."""

from base64 import urlsafe_b64encode
from collections.abc import Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlencode

from hikari.guilds import Member

from services.membership.gateways.discord_client import DiscordClient, Refusal
from services.membership.gateways.gateway import (
    ChatAuthorization,
    ChatInvite,
    ChatMessage,
    ChatProblem,
    ChatRefused,
    DirectProblem,
    StreamPlan,
    Undeliverable,
    Unreachable,
    Unwelcome,
)
from shared.ids import Code

AUTHORIZE = "https://discord.com/oauth2/authorize"
INVITE_LIFE = timedelta(days=1)
REASON = "Access in Tessera"

# Create invites, kick members, manage roles (discord.com/developers/docs/topics/permissions).
PERMISSIONS = 1 << 0 | 1 << 1 | 1 << 28

UNKNOWN_INVITE, UNKNOWN_MEMBER, UNKNOWN_ROLE, UNKNOWN_USER = 10006, 10007, 10011, 10013
GONE = frozenset({UNKNOWN_MEMBER, UNKNOWN_USER})
PROBLEMS: Mapping[int, ChatProblem] = {
    10003: "channel_unknown",
    10004: "server_unknown",
    UNKNOWN_MEMBER: "not_on_server",
    UNKNOWN_ROLE: "role_unknown",
    UNKNOWN_USER: "account_gone",
    30001: "too_many_servers",
    30016: "too_many_invites",
    40007: "banned_on_server",
    50001: "bot_not_on_server",
    50013: "bot_not_allowed",
    50025: "link_refused",
}

# What stands between a person and what is written to them; all else is said of what was written.
DIRECT_PROBLEMS: Mapping[int, DirectProblem] = {
    UNKNOWN_USER: "account_gone",
    50007: "messages_closed",
    50278: "messages_closed",
}
TOO_MANY_OPENED, LATER = 40003, 600.0
SKEW = timedelta(minutes=1)
RECENT = 100

T = TypeVar("T")


class _Refused(ChatRefused):
    def __init__(self, code: int) -> None:
        super().__init__(PROBLEMS.get(code, "refused"))
        self.code = code


class DiscordGateway:
    """One bot for all communities; its rights on a server are what that server's owner gave it."""

    def __init__(
        self, token: str, client_id: str, client_secret: str, *, url: str, origin: str, back: str
    ) -> None:
        self._client_id, self._client_secret = int(client_id), client_secret
        self._back = back
        self._client = DiscordClient(token, url=url, agent=f"DiscordBot ({origin}, 1)")

    async def close(self) -> None:
        await self._client.close()

    def account_url(self, state: str) -> str:
        return self._authorize(state, "identify guilds.join")

    def server_url(self, state: str) -> str:
        return self._authorize(state, "bot", permissions=str(PERMISSIONS))

    def _authorize(self, state: str, scope: str, **more: str) -> str:
        asked = {
            "client_id": str(self._client_id),
            "redirect_uri": self._back,
            "response_type": "code",
            "scope": scope,
            "state": state,
        }
        return f"{AUTHORIZE}?{urlencode(asked | more)}"

    async def authorized(self, code: str) -> ChatAuthorization:
        asked = self._client.bot.authorize_access_token(
            self._client_id, self._client_secret, code, self._back
        )
        try:
            told = await self._client.ask(asked)
        except Refusal as refusal:
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                raise Unreachable("Discord does not know our client.") from refusal
            raise ChatRefused("link_refused") from refusal
        return ChatAuthorization(told.access_token, str(told.guild.id) if told.guild else None)

    async def account_of(self, access_token: str) -> str:
        try:
            told = await self._client.ask(self._client.person(access_token).fetch_my_user())
        except Refusal as refusal:
            raise ChatRefused("link_refused") from refusal
        return str(told.id)

    async def join(self, server: str, account: str, access_token: str) -> bool:
        bot = self._client.bot
        there = await self._ask(bot.add_user_to_guild(access_token, int(server), int(account)))
        return there is not None

    async def add_role(self, server: str, account: str, role: str) -> None:
        ids = int(server), int(account), int(role)
        await self._ask(self._client.bot.add_role_to_member(*ids, reason=REASON))

    async def remove_role(self, server: str, account: str, role: str) -> None:
        ids = int(server), int(account), int(role)
        try:
            await self._ask(self._client.bot.remove_role_from_member(*ids, reason=REASON))
        except _Refused as refusal:
            if refusal.code not in GONE | {UNKNOWN_ROLE}:
                raise

    async def kick(self, server: str, account: str) -> None:
        try:
            await self._ask(self._client.bot.kick_user(int(server), int(account), reason=REASON))
        except _Refused as refusal:
            if refusal.code not in GONE:
                raise

    async def invite(self, channel: str, roles: Sequence[str], now: datetime) -> ChatInvite:
        asked = self._client.bot.create_invite(
            int(channel),
            max_age=INVITE_LIFE,
            max_uses=1,
            unique=True,
            role_ids=[int(role) for role in roles],
            reason=REASON,
        )
        return ChatInvite((await self._ask(asked)).code, now + INVITE_LIFE)

    async def withdraw_invite(self, code: str) -> bool:
        try:
            await self._ask(self._client.bot.delete_invite(code, reason=REASON))
        except _Refused as refusal:
            if refusal.code != UNKNOWN_INVITE:
                raise
            return False
        return True

    async def write(self, account: str, message: ChatMessage) -> None:
        """Discord takes a nonce once in a few minutes; what was tried before is looked for, however long ago."""
        bot, nonce = self._client.bot, _nonce(message)
        try:
            channel = (await self._ask(bot.create_dm_channel(int(account)))).id
            if message.tried_since is None or not await self._has(
                channel, message, message.tried_since
            ):
                # Nobody is pinged: hikari allows no mention that it is not told to.
                await self._ask(bot.create_message(channel, message.text, nonce=nonce))
        except _Refused as refusal:
            if refusal.code == TOO_MANY_OPENED:
                raise Unreachable("Discord has enough of new conversations.", LATER) from refusal
            raise Undeliverable(DIRECT_PROBLEMS.get(refusal.code, "refused")) from refusal

    async def _has(self, channel: int, message: ChatMessage, since: datetime) -> bool:
        """Whether it is there: Discord keeps a nonce for a while only, and the text for ever."""

        async def looked() -> bool:
            written = self._client.bot.fetch_messages(channel, after=since - SKEW).limit(RECENT)
            async for one in written:
                is_it = one.nonce == _nonce(message) or one.content == message.text
                if one.author.is_bot and is_it:
                    return True
            return False

        return await self._ask(looked())

    async def members(self, server: str) -> Mapping[str, frozenset[Code]]:
        async def everybody() -> Mapping[str, frozenset[Code]]:
            found = self._client.bot.fetch_members(int(server))
            return {str(one.id): _roles(one) async for one in found}

        return await self._ask(everybody())

    async def roles_of(self, server: str, account: str) -> frozenset[str] | None:
        try:
            asked = self._client.bot.fetch_member(int(server), int(account))
            return _roles(await self._ask(asked))
        except _Refused as refusal:
            if refusal.code not in GONE:
                raise
            return None

    async def stream_plan(self) -> StreamPlan:
        """How the bot's gateway is to be followed just now."""
        told = await self._ask(self._client.bot.fetch_gateway_bot_info())
        limit = told.session_start_limit
        return StreamPlan(
            url=told.url,
            shards=told.shard_count,
            at_once=limit.max_concurrency,
            remaining=limit.remaining,
            reset_after=limit.reset_after.total_seconds(),
        )

    async def _ask(self, call: Coroutine[Any, Any, T]) -> T:
        """As our bot."""
        try:
            return await self._client.ask(call)
        except Refusal as refusal:
            if refusal.status == HTTPStatus.UNAUTHORIZED:
                raise Unwelcome("Discord does not know our bot's token.") from refusal
            raise _Refused(refusal.code) from refusal


def _roles(member: Member) -> frozenset[Code]:
    """hikari counts a server's own id among them, as the role of everybody."""
    return frozenset(Code(str(role)) for role in member.role_ids if role != member.guild_id)


def _nonce(message: ChatMessage) -> str:
    """At most 25 characters."""
    return urlsafe_b64encode(message.key.bytes).decode().rstrip("=")
