"""A Discord of our own: servers with roles in an order, members, invites, rate limits, and failures on demand.

Every request and answer is judged by Discord's own OpenAPI document where it is at hand; `wrong` keeps the verdicts.
It proves that our requests have the vendor's shape and that we survive its answers, never that the vendor accepts us.
"""

import asyncio
import json
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.doubles import openapi

BASE = "/api/v10"
TOKEN, CLIENT_ID, CLIENT_SECRET = "bot-token", "4242", "client-secret"
MOST_WRITTEN = 2_000
JOINED_AT = "2026-01-01T00:00:00+00:00"
INVITE, KICK, MANAGE_ROLES, MANAGE_CHANNELS = "invite", "kick", "manage_roles", "manage_channels"

INVITES = "/channels/{channel_id}/invites"

Json = dict[str, Any]


class Spec(openapi.Spec):
    """Discord's own document, which lets a server's invite pass as one to a group of friends, and checks nothing."""

    @classmethod
    def mended(cls, document: openapi.Document) -> openapi.Document:
        asked = document["paths"][INVITES]["post"]["requestBody"]["content"]["application/json"]
        asked["schema"] = {"$ref": "#/components/schemas/CreateGuildInviteRequest"}
        return document


class Refusal(Exception):
    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class Invite:
    channel: str
    roles: list[str]
    uses_left: int


@dataclass
class Guild:
    """`bot_rank` is the place of our bot's own role: it moves only roles, and kicks only members, below it."""

    id: str
    owner: str
    channels: set[str] = field(default_factory=set)
    roles: dict[str, int] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)
    banned: set[str] = field(default_factory=set)
    invites: dict[str, Invite] = field(default_factory=dict)
    has_bot: bool = True
    bot_lists_members: bool = True
    bot_may: set[str] = field(default_factory=lambda: {INVITE, KICK, MANAGE_ROLES, MANAGE_CHANNELS})
    bot_rank: int = 100
    max_invites: int = 1_000

    def rank(self, user: str) -> int:
        if user == self.owner:
            return 1_000_000
        return max((self.roles[role] for role in self.members[user]), default=0)


@dataclass
class Failure:
    operation: str
    answer: Response
    times: int
    takes_it: bool = False


class Discord:
    """The vendor. `asked` counts what reached it, by operation, and `refused` what came before it was allowed."""

    def __init__(self) -> None:
        self.guilds: dict[str, Guild] = {}
        self.users: set[str] = set()
        self.crowded: set[str] = set()
        self.closed: set[str] = set()
        self.conversations: dict[str, str] = {}
        self.written: dict[str, list[Json]] = {}
        self.forgets_nonces = False
        self.page = 1_000
        self.asked: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.windows: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.limits: dict[str, tuple[int, float]] = {}
        self.failures: list[Failure] = []
        self._held: dict[str, asyncio.Event] = {}
        self.agents: set[str] = set()
        self.reasons: set[str] = set()
        self.clock_ahead = 0.0
        self.stream_url = "wss://gateway.discord.gg"
        self.shards, self.starts_at_once, self.starts_left = 1, 1, 1_000
        self.between_starts = 0.0
        self._codes: dict[str, tuple[str, str | None]] = {}
        self._tokens: dict[str, tuple[str, str]] = {}
        self._spent: dict[str, tuple[int, float]] = {}
        self._ids = count(1_300_000_000_000_000_000)
        path = openapi.path_of("discord")
        self.spec = Spec.read(path) if path else None
        self.app = Starlette(routes=list(self._routes()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    # What people do on Discord itself.

    def new_id(self) -> str:
        return str(next(self._ids))

    def user(self) -> str:
        user = self.new_id()
        self.users.add(user)
        return user

    def guild(self, *role_ranks: int) -> tuple[Guild, list[str]]:
        """A server with one channel, roles of these ranks, and our bot on it."""
        owner = self.user()
        guild = Guild(self.new_id(), owner, channels={self.new_id()})
        guild.members[owner] = set()
        roles = [self.new_id() for _ in role_ranks]
        guild.roles = dict(zip(roles, role_ranks, strict=True))
        self.guilds[guild.id] = guild
        return guild, roles

    def consent(self, url: str, user: str, guild: Guild | None = None) -> tuple[str, str]:
        """The user says yes at the address we sent them to: the code and the state they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        if guild is not None and "bot" in asked["scope"].split():
            assert user == guild.owner, "only who manages a server may put a bot on it"
            guild.has_bot = True
        code = f"code{self.new_id()}"
        self._codes[code] = (f"{user} {asked['scope']}", guild.id if guild else None)
        return code, asked["state"]

    def accept(self, code: str, user: str) -> None:
        """Somebody opens an invite."""
        guild = next(guild for guild in self.guilds.values() if code in guild.invites)
        invite = guild.invites[code]
        guild.members.setdefault(user, set()).update(invite.roles)
        invite.uses_left -= 1
        if invite.uses_left == 0:
            del guild.invites[code]

    def fail(
        self,
        operation: str,
        status: int,
        body: Json | str | None = None,
        *,
        times: int = 1,
        headers: dict[str, str] | None = None,
    ) -> None:
        """The next answers to an operation, whatever it asks; text is a page of who stands before Discord."""
        if isinstance(body, str):
            answer: Response = HTMLResponse(body, status, headers)
        else:
            answer = _json(status, body or {"code": 0, "message": "No."}, headers)
        self.failures.append(Failure(operation, answer, times))

    def break_down(self, operation: str) -> None:
        """The next of these is done, and its answer is lost on its way."""
        told = _json(502, {"code": 0, "message": "Bad gateway."})
        self.failures.append(Failure(operation, told, times=1, takes_it=True))

    @contextmanager
    def holding(self, operation: str) -> Iterator[None]:
        """The next of these is done, and its answer waits for the end of this."""
        ended = self._held[operation] = asyncio.Event()
        try:
            yield
        finally:
            ended.set()

    def directs_to(self, user: str) -> list[str]:
        """What our bot has written to somebody themselves."""
        return [one["content"] for one in self.written.get(self.conversations.get(user, ""), [])]

    # What the API does.

    def _routes(self) -> Iterator[Route]:
        member = "/guilds/{guild_id}/members/{user_id}"
        for method, template, act in (
            ("POST", "/oauth2/token", self._token),
            ("GET", "/users/@me", self._me),
            ("GET", "/guilds/{guild_id}/members", self._list_members),
            ("GET", member, self._get_member),
            ("PUT", member, self._join),
            ("DELETE", member, self._kick),
            ("PUT", member + "/roles/{role_id}", self._add_role),
            ("DELETE", member + "/roles/{role_id}", self._remove_role),
            ("POST", INVITES, self._invite),
            ("DELETE", "/invites/{code}", self._withdraw),
            ("GET", "/gateway/bot", self._stream_plan),
            ("POST", "/users/@me/channels", self._open_conversation),
            ("POST", "/channels/{channel_id}/messages", self._write),
            ("GET", "/channels/{channel_id}/messages", self._read),
        ):
            yield Route(BASE + template, self._served(method, template, act), methods=[method])

    def _served(
        self, method: str, template: str, act: Callable[[Request, Any], Response]
    ) -> Callable[[Request], Awaitable[Response]]:
        operation = act.__name__.removeprefix("_")

        async def serve(request: Request) -> Response:
            self.asked[operation] += 1
            self.agents.add(request.headers.get("user-agent", ""))
            self.reasons.add(unquote(request.headers.get("x-audit-log-reason", "")))
            raw = await request.body()
            is_form = "form" in request.headers.get("content-type", "")
            body = dict(parse_qsl(raw.decode())) if is_form else json.loads(raw) if raw else None
            asked = openapi.Asked.of(request, template, raw)
            is_known = self.spec is not None and self.spec.knows(method, template)
            if self.spec is not None and is_known:
                self._note("asked", operation, self.spec.wrong_request(asked))
            failure = next((f for f in self.failures if f.operation == operation), None)
            if failure is not None:
                failure.times -= 1
                if failure.times == 0:
                    self.failures.remove(failure)
                if failure.takes_it:
                    request.state.limit = {}
                    self._acted(act, request, body)
                answer = failure.answer
            else:
                answer = self._limited(operation, request) or self._acted(act, request, body)
            if held := self._held.pop(operation, None):
                await held.wait()
            is_discords = answer.status_code < 500 and not isinstance(answer, HTMLResponse)
            if self.spec is not None and is_known and is_discords:
                answered = openapi.Answered.of(answer)
                self._note("answered", operation, self.spec.wrong_answer(asked, answered))
            return answer

        return serve

    def _acted(
        self, act: Callable[[Request, Any], Response], request: Request, body: Any
    ) -> Response:
        try:
            return act(request, body)
        except Refusal as refusal:
            return _json(refusal.status, {"code": refusal.code, "message": refusal.message})

    def _note(self, what: str, operation: str, wrong: list[str]) -> None:
        self.wrong += [f"{what} {operation}: {reason}" for reason in wrong]

    def _limited(self, operation: str, request: Request) -> Response | None:
        """One bucket for each operation and server, as told in `limits`: so many within so many seconds."""
        most, seconds = self.limits.get(operation, (1_000, 1.0))
        place = request.path_params.get("guild_id") or request.path_params.get("channel_id", "")
        key, now = f"{operation} {place}", time.monotonic()
        spent, until = self._spent.get(key, (0, 0.0))
        if now >= until:
            spent, until = 0, now + seconds
            self.windows[operation] += 1
        self._spent[key] = spent + 1, until
        request.state.limit = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(max(0, most - spent - 1)),
            "X-RateLimit-Reset": f"{time.time() + self.clock_ahead + until - now:.3f}",
            "X-RateLimit-Reset-After": f"{until - now:.3f}",
            "X-RateLimit-Bucket": f"bucket-{operation}",
        }
        if spent < most:
            return None
        self.refused[operation] += 1
        told = {"code": 0, "message": "Slow down.", "retry_after": until - now, "global": False}
        after = {"Retry-After": f"{until - now:.3f}", "X-RateLimit-Scope": "user"}
        return _json(429, told, request.state.limit | after)

    def _token(self, request: Request, form: Json) -> Response:
        client = b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {client}":
            return _json(401, {"error": "invalid_client"})
        who = self._codes.pop(form.get("code", ""), None)
        if who is None or form.get("grant_type") != "authorization_code":
            return _json(400, {"error": "invalid_grant"})
        token = f"token{self.new_id()}"
        user, scope = who[0].split(" ", 1)
        self._tokens[token] = user, scope
        told: Json = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 604_800,
            "refresh_token": f"refresh{token}",
            "scope": scope,
        }
        return _json(200, told | ({"guild": {"id": who[1]}} if who[1] else {}))

    def _me(self, request: Request, _: Any) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in self._tokens or "identify" not in self._tokens[token][1]:
            raise Refusal(401, 0, "401: Unauthorized")
        person = {"mfa_enabled": False, "locale": "fr"}
        return self._told(request, _user(self._tokens[token][0]) | person)

    def _get_member(self, request: Request, _: Any) -> Response:
        guild, user = self._member(request)
        return self._told(request, _member(guild, user))

    def _list_members(self, request: Request, _: Any) -> Response:
        guild = self._guild(request)
        if not guild.bot_lists_members:
            raise Refusal(403, 50001, "Missing Access")
        most = min(int(request.query_params.get("limit", 1)), self.page)
        after = int(request.query_params.get("after", 0))
        later = sorted((user for user in guild.members if int(user) > after), key=int)
        return self._told(request, [_member(guild, user) for user in later[:most]])

    def _join(self, request: Request, body: Json) -> Response:
        guild = self._guild(request, INVITE)
        user = request.path_params["user_id"]
        owner, scope = self._tokens.get(body["access_token"], ("", ""))
        if owner != user or "guilds.join" not in scope:
            raise Refusal(403, 50025, "Invalid OAuth2 access token")
        if user in guild.banned:
            raise Refusal(403, 40007, "The user is banned from this guild.")
        if user in self.crowded:
            raise Refusal(400, 30001, "Maximum number of guilds reached (100)")
        if user in guild.members:
            return self._told(request, None)
        roles = body.get("roles") or []
        for role in roles:
            self._movable(guild, role)
        guild.members[user] = set(roles)
        return self._told(request, _member(guild, user), 201)

    def _kick(self, request: Request, _: Any) -> Response:
        guild, user = self._member(request, KICK)
        if guild.rank(user) >= guild.bot_rank:
            raise Refusal(403, 50013, "Missing Permissions")
        del guild.members[user]
        return self._told(request, None)

    def _add_role(self, request: Request, _: Any) -> Response:
        guild, user = self._member(request)
        guild.members[user].add(self._movable(guild, request.path_params["role_id"]))
        return self._told(request, None)

    def _remove_role(self, request: Request, _: Any) -> Response:
        guild, user = self._member(request)
        guild.members[user].discard(self._movable(guild, request.path_params["role_id"]))
        return self._told(request, None)

    def _invite(self, request: Request, body: Json) -> Response:
        self._as_bot(request)
        channel = request.path_params["channel_id"]
        guild = next((g for g in self.guilds.values() if channel in g.channels), None)
        if guild is None:
            raise Refusal(404, 10003, "Unknown Channel")
        self._allowed(guild, INVITE)
        if len(guild.invites) >= guild.max_invites:
            raise Refusal(400, 30016, "Maximum number of invites reached (1000)")
        roles = body.get("role_ids") or []
        for role in roles:
            self._movable(guild, role)
        code = f"inv{self.new_id()}"
        guild.invites[code] = Invite(channel, roles, body.get("max_uses") or 1_000_000)
        return self._told(request, _invite(guild, code))

    def _withdraw(self, request: Request, _: Any) -> Response:
        self._as_bot(request)
        code = request.path_params["code"]
        guild = next((g for g in self.guilds.values() if code in g.invites), None)
        if guild is None:
            raise Refusal(404, 10006, "Unknown Invite")
        self._allowed(guild, MANAGE_CHANNELS)
        told = _invite(guild, code)
        del guild.invites[code]
        return self._told(request, told)

    def _stream_plan(self, request: Request, _: Any) -> Response:
        self._as_bot(request)
        limit = {
            "total": 1_000,
            "remaining": self.starts_left,
            "reset_after": 100,
            "max_concurrency": self.starts_at_once,
        }
        told = {"url": self.stream_url, "shards": self.shards, "session_start_limit": limit}
        return self._told(request, told)

    def _open_conversation(self, request: Request, body: Json) -> Response:
        self._as_bot(request)
        user = body["recipient_id"]
        if user not in self.users:
            raise Refusal(404, 10013, "Unknown User")
        channel = self.conversations.setdefault(user, self.new_id())
        self.written.setdefault(channel, [])
        told: Json = {"id": channel, "type": 1, "flags": 0, "recipients": [_user(user)]}
        return self._told(request, told)

    def _write(self, request: Request, body: Json) -> Response:
        """What has the nonce of one written lately is that one."""
        self._as_bot(request)
        channel = request.path_params["channel_id"]
        user = next((u for u, known in self.conversations.items() if known == channel), None)
        if user is None:
            raise Refusal(404, 10003, "Unknown Channel")
        meet = any(guild.has_bot and user in guild.members for guild in self.guilds.values())
        if user in self.closed or not meet:
            raise Refusal(403, 50007, "Cannot send messages to this user")
        if len(body["content"]) > MOST_WRITTEN:
            raise Refusal(400, 50035, "Invalid Form Body")
        assert body["allowed_mentions"] == {"parse": []}, "nobody is pinged by what we write"
        known = [one for one in self.written[channel] if one.get("nonce") == body["nonce"]]
        if known and body["enforce_nonce"]:
            return self._told(request, known[0])
        message = _message(self._snowflake(), channel, body)
        if self.forgets_nonces:
            del message["nonce"]
        self.written[channel].append(message)
        return self._told(request, message)

    def _read(self, request: Request, _: Any) -> Response:
        self._as_bot(request)
        after = int(request.query_params["after"])
        known = self.written.get(request.path_params["channel_id"], [])
        return self._told(request, [one for one in known if int(one["id"]) > after])

    def _snowflake(self) -> str:
        """An id as Discord makes it of the time."""
        return str((int(time.time() * 1_000) - 1_420_070_400_000) << 22 | next(self._ids) % 4_096)

    def _as_bot(self, request: Request) -> None:
        if request.headers.get("authorization") != f"Bot {TOKEN}":
            raise Refusal(401, 0, "401: Unauthorized")

    def _allowed(self, guild: Guild, permission: str) -> None:
        if not guild.has_bot:
            raise Refusal(403, 50001, "Missing Access")
        if permission and permission not in guild.bot_may:
            raise Refusal(403, 50013, "Missing Permissions")

    def _guild(self, request: Request, permission: str = "") -> Guild:
        self._as_bot(request)
        guild = self.guilds.get(request.path_params["guild_id"])
        if guild is None:
            raise Refusal(404, 10004, "Unknown Guild")
        self._allowed(guild, permission)
        return guild

    def _member(self, request: Request, permission: str = "") -> tuple[Guild, str]:
        guild, user = self._guild(request, permission), request.path_params["user_id"]
        if user not in self.users:
            raise Refusal(404, 10013, "Unknown User")
        if user not in guild.members:
            raise Refusal(404, 10007, "Unknown Member")
        return guild, user

    def _movable(self, guild: Guild, role: str) -> str:
        self._allowed(guild, MANAGE_ROLES)
        if role not in guild.roles:
            raise Refusal(404, 10011, "Unknown Role")
        if guild.roles[role] >= guild.bot_rank:
            raise Refusal(403, 50013, "Missing Permissions")
        return role

    def _told(
        self, request: Request, body: Json | list[Json] | None, status: int = 200
    ) -> Response:
        headers: dict[str, str] = request.state.limit
        if body is None:
            return Response(status_code=204, headers=headers)
        return _json(status, body, headers)


def _json(status: int, body: Json | list[Json], headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json")


def _user(user: str) -> Json:
    return {
        "id": user,
        "username": f"user{user}",
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "global_name": None,
        "primary_guild": None,
    }


def _message(message_id: str, channel: str, body: Json) -> Json:
    return {
        "id": message_id,
        "channel_id": channel,
        "type": 0,
        "content": body["content"],
        "nonce": body["nonce"],
        "author": _user(CLIENT_ID) | {"bot": True},
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "attachments": [],
        "embeds": [],
        "components": [],
        "timestamp": JOINED_AT,
        "edited_timestamp": None,
        "flags": 0,
        "pinned": False,
        "tts": False,
    }


def _member(guild: Guild, user: str) -> Json:
    return {
        "user": _user(user),
        "roles": sorted(guild.members[user]),
        "joined_at": JOINED_AT,
        "nick": None,
        "avatar": None,
        "banner": None,
        "communication_disabled_until": None,
        "flags": 0,
        "pending": False,
        "premium_since": None,
        "mute": False,
        "deaf": False,
    }


def _invite(guild: Guild, code: str) -> Json:
    return {
        "type": 0,
        "code": code,
        "expires_at": None,
        "guild_id": guild.id,
        "guild": {
            "id": guild.id,
            "name": "A server",
            "splash": None,
            "banner": None,
            "description": None,
            "icon": None,
            "features": [],
            "verification_level": 0,
            "vanity_url_code": None,
            "nsfw_level": 0,
            "nsfw": False,
            "premium_subscription_count": 0,
        },
        "channel": {"id": guild.invites[code].channel, "type": 0, "name": "welcome"},
    }
