"""Discord, by its REST API v10: no call is made that Discord has asked us not to make yet."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import httpx

from services.membership.gateways.discord_limits import Limits, seconds
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
    Unsure,
    Unwelcome,
)
from shared.ids import Code

AUTHORIZE = "https://discord.com/oauth2/authorize"
TIMEOUT = 10.0
PAGE = 1_000
WITHOUT_TOKEN = 60.0
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
EPOCH, SKEW = 1_420_070_400_000, timedelta(minutes=1)
RECENT = 100


class _Refused(ChatRefused):
    def __init__(self, code: int) -> None:
        super().__init__(PROBLEMS.get(code, "refused"))
        self.code = code


class DiscordGateway:
    """One bot for all communities; its rights on a server are what that server's owner gave it."""

    def __init__(
        self, token: str, client_id: str, client_secret: str, *, url: str, origin: str, back: str
    ) -> None:
        self._bot = f"Bot {token}"
        self._client_id, self._client_secret = client_id, client_secret
        self._back = back
        self._limits = Limits()
        self._client = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            timeout=TIMEOUT,
            headers={"User-Agent": f"DiscordBot ({origin}, 1)"},
        )

    async def close(self) -> None:
        await self._client.aclose()

    def account_url(self, state: str) -> str:
        return self._authorize(state, "identify guilds.join")

    def server_url(self, state: str) -> str:
        return self._authorize(state, "bot", permissions=str(PERMISSIONS))

    def _authorize(self, state: str, scope: str, **more: str) -> str:
        asked = {
            "client_id": self._client_id,
            "redirect_uri": self._back,
            "response_type": "code",
            "scope": scope,
            "state": state,
        }
        return f"{AUTHORIZE}?{urlencode(asked | more)}"

    async def authorized(self, code: str) -> ChatAuthorization:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._client_id,
            "client_secret": self._client_secret,
        }
        told = (await self._ask("POST", "/oauth2/token", form=form, bearer="")).json()
        return ChatAuthorization(told["access_token"], told.get("guild", {}).get("id"))

    async def account_of(self, access_token: str) -> str:
        return str((await self._ask("GET", "/users/@me", bearer=access_token)).json()["id"])

    async def join(self, server: str, account: str, access_token: str) -> bool:
        body = {"access_token": access_token}
        answer = await self._ask("PUT", f"/guilds/{server}/members/{account}", json=body)
        return answer.status_code == HTTPStatus.CREATED

    async def add_role(self, server: str, account: str, role: str) -> None:
        await self._ask("PUT", f"/guilds/{server}/members/{account}/roles/{role}")

    async def remove_role(self, server: str, account: str, role: str) -> None:
        try:
            await self._ask("DELETE", f"/guilds/{server}/members/{account}/roles/{role}")
        except _Refused as refusal:
            if refusal.code not in GONE | {UNKNOWN_ROLE}:
                raise

    async def kick(self, server: str, account: str) -> None:
        try:
            await self._ask("DELETE", f"/guilds/{server}/members/{account}")
        except _Refused as refusal:
            if refusal.code not in GONE:
                raise

    async def invite(self, channel: str, roles: Sequence[str], now: datetime) -> ChatInvite:
        life = int(INVITE_LIFE.total_seconds())
        body = {"max_age": life, "max_uses": 1, "unique": True, "role_ids": list(roles)}
        answer = await self._ask("POST", f"/channels/{channel}/invites", json=body)
        return ChatInvite(str(answer.json()["code"]), now + INVITE_LIFE)

    async def withdraw_invite(self, code: str) -> bool:
        try:
            await self._ask("DELETE", f"/invites/{code}")
        except _Refused as refusal:
            if refusal.code != UNKNOWN_INVITE:
                raise
            return False
        return True

    async def write(self, account: str, message: ChatMessage) -> None:
        """Discord takes a nonce once in a few minutes; what was tried before is looked for, however long ago."""
        try:
            opened = await self._ask("POST", "/users/@me/channels", json={"recipient_id": account})
            channel = opened.json()["id"]
            if message.tried_since is None or not await self._has(
                channel, message, message.tried_since
            ):
                body = {
                    "content": message.text,
                    "nonce": _nonce(message),
                    "enforce_nonce": True,
                    "allowed_mentions": {"parse": []},
                }
                await self._ask("POST", f"/channels/{channel}/messages", json=body)
        except _Refused as refusal:
            if refusal.code == TOO_MANY_OPENED:
                raise Unreachable("Discord has enough of new conversations.", LATER) from refusal
            raise Undeliverable(DIRECT_PROBLEMS.get(refusal.code, "refused")) from refusal

    async def _has(self, channel: str, message: ChatMessage, since: datetime) -> bool:
        """Whether it is there: Discord keeps a nonce for a while only, and the text for ever."""
        after = (int((since - SKEW).timestamp() * 1_000) - EPOCH) << 22
        path = f"/channels/{channel}/messages?limit={RECENT}&after={after}"
        written = (await self._ask("GET", path)).json()
        ours = [one for one in written if one["author"].get("bot")]
        return any(
            one.get("nonce") == _nonce(message) or one["content"] == message.text for one in ours
        )

    async def members(self, server: str) -> Mapping[str, frozenset[Code]]:
        found: dict[str, frozenset[Code]] = {}
        after = "0"
        while True:
            answer = await self._ask("GET", f"/guilds/{server}/members?limit={PAGE}&after={after}")
            told = answer.json()
            found |= {str(one["user"]["id"]): frozenset(map(Code, one["roles"])) for one in told}
            if len(told) < PAGE:
                return found
            after = max(found, key=int)

    async def roles_of(self, server: str, account: str) -> frozenset[str] | None:
        try:
            answer = await self._ask("GET", f"/guilds/{server}/members/{account}")
        except _Refused as refusal:
            if refusal.code not in GONE:
                raise
            return None
        return frozenset(answer.json()["roles"])

    async def stream_plan(self) -> StreamPlan:
        """How the bot's gateway is to be followed just now."""
        told = (await self._ask("GET", "/gateway/bot")).json()
        limit = told["session_start_limit"]
        return StreamPlan(
            url=told["url"],
            shards=told["shards"],
            at_once=limit["max_concurrency"],
            remaining=limit["remaining"],
            reset_after=limit["reset_after"] / 1_000,
        )

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        bearer: str | None = None,
    ) -> httpx.Response:
        """As the bot, or with a person's token; Discord counts by what is done and by the server it is done to."""
        parts = path.partition("?")[0].split("/")
        place = parts[2] if parts[1] in ("guilds", "channels") else bearer or ""
        route = f"{method} {'/'.join(parts[1::2])}", place
        headers = {"X-Audit-Log-Reason": REASON, "Authorization": self._bot}
        if bearer is not None:
            headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        bucket = await self._limits.enter(route)
        try:
            answer = await self._client.request(method, path, json=json, data=form, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise Unreachable("Discord does not answer.") from error
        except httpx.HTTPError as error:
            raise Unsure("Discord stopped answering.") from error
        finally:
            bucket.give_back()
        self._limits.learn(route, answer)
        if not answer.is_success:
            raise self._judged(answer, bearer)
        return answer

    def _judged(self, answer: httpx.Response, bearer: str | None) -> ChatRefused | Unreachable:
        status = answer.status_code
        after = seconds(answer.headers, "retry-after")
        if answer.is_server_error:
            return Unsure(f"Discord answered {status}.", after=after)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return Unreachable(f"Discord answered {status}.", after=after)
        if bearer == "" and status == HTTPStatus.UNAUTHORIZED:
            return Unreachable("Discord does not know our client.")
        if bearer is not None:
            return ChatRefused("link_refused")
        if status == HTTPStatus.UNAUTHORIZED:
            # Discord shuts out a network that goes on asking with a wrong token.
            self._limits.shut(WITHOUT_TOKEN)
            return Unwelcome("Discord does not know our bot's token.")
        return _Refused(_code_of(answer))


def _code_of(answer: httpx.Response) -> int:
    try:
        return int(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return 0


def _nonce(message: ChatMessage) -> str:
    """At most 25 characters."""
    return urlsafe_b64encode(message.key.bytes).decode().rstrip("=")
