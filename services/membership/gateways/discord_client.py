"""hikari's client for Discord's REST API, and what it does not see to itself.

hikari knows what is left of each bucket and turns away what it cannot let in soon. It asks again at once after some
429s, goes on after a 401, and tells everybody whom it turns away to come back at one moment: `_guard` sees each request
last and each answer first. And it forgets who waits, or keeps who has gone: `_Buckets`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import aiohttp
from hikari.applications import TokenType
from hikari.errors import HTTPError, HTTPResponseError, RateLimitTooLongError
from hikari.guilds import PartialGuild, RESTGuild
from hikari.impl.buckets import RESTBucket, RESTBucketManager
from hikari.impl.config import HTTPSettings, ProxySettings
from hikari.impl.entity_factory import EntityFactoryImpl
from hikari.impl.rest import RESTClientImpl
from hikari.invites import Invite, InviteWithMetadata
from hikari.snowflakes import Snowflake
from hikari.traits import RESTAware

from services.membership.gateways.gateway import Unreachable, Unsure
from shared.clock import monotonic

TIMEOUT = aiohttp.ClientTimeout(total=30, connect=10, sock_connect=10, sock_read=10)
PATIENCE = 2.0
EARLY = 0.5
WITHOUT_TOKEN = 60.0
AT_ONCE = 50
"""What Discord allows a bot in a second, whatever it asks."""

NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)
EVERYTHING = "everything"

T = TypeVar("T")

# It warns with the ids of servers and channels, and at lower levels with whole requests.
logging.getLogger("hikari").setLevel(logging.ERROR)


class Refusal(Exception):
    """Discord's answer was no. `code` is its own, 0 where it gave none."""

    def __init__(self, status: int, code: int) -> None:
        super().__init__(f"Discord answered {status}.")
        self.status, self.code = status, code


@dataclass(frozen=True)
class _Invite:
    code: str


class _Entities(EntityFactoryImpl):
    """Of a server that our bot was put on, and of an invite, hikari reads what Discord's document does not promise."""

    def __init__(self) -> None:
        super().__init__(
            cast(RESTAware, None)
        )  # No entity of ours is asked to do something itself.

    def deserialize_rest_guild(self, payload: Mapping[str, Any]) -> RESTGuild:
        guild, name = Snowflake(payload["id"]), str(payload.get("name"))
        return cast(RESTGuild, PartialGuild(app=self._app, id=guild, icon_hash=None, name=name))

    def deserialize_invite(self, payload: Mapping[str, Any]) -> Invite:
        return cast(Invite, _Invite(str(payload["code"])))

    def deserialize_invite_with_metadata(self, payload: Mapping[str, Any]) -> InviteWithMetadata:
        return cast(InviteWithMetadata, _Invite(str(payload["code"])))


@dataclass
class _Room:
    """Who is in a bucket, waiting for their turn or for an answer."""

    inside: int = 0
    left: asyncio.Event = field(default_factory=asyncio.Event)


class _Buckets(RESTBucketManager):
    """hikari's own, into which no more come at a time than they hold.

    Whoever waits in hikari for another to leave is never called when that one is turned away; whoever is cancelled
    while they wait for their turn keeps their place for good. So all wait out here, and a turn that nobody waits for
    any more is given back when it comes.
    """

    def __init__(self) -> None:
        super().__init__(PATIENCE)
        self._rooms: dict[RESTBucket, _Room] = {}

    def acquire_bucket(
        self, compiled_route: Any, authentication: str | None
    ) -> AbstractAsyncContextManager[None]:
        bucket = super().acquire_bucket(compiled_route, authentication)
        return self._turn(cast(RESTBucket, bucket))

    @asynccontextmanager
    async def _turn(self, bucket: RESTBucket) -> AsyncIterator[None]:
        while (room := self._rooms.setdefault(bucket, _Room())).inside >= max(1, bucket.limit):
            room.left.clear()
            await room.left.wait()
        room.inside += 1
        turn = asyncio.create_task(bucket.acquire())

        def leave(turn: asyncio.Task[None]) -> None:
            if not turn.cancelled() and turn.exception() is None:
                bucket.release()
            room.inside -= 1
            room.left.set()
            if not room.inside:
                del self._rooms[bucket]

        try:
            await asyncio.shield(turn)
            yield
        finally:
            turn.add_done_callback(leave)


@dataclass
class _Closed:
    """Where nothing is asked until `opens`, on the monotonic clock; a window of `window` seconds lets `most` in."""

    opens: float
    most: float
    window: float
    turned_away: int = 0

    def comes_back(self, now: float) -> float:
        """In how many seconds: so many for each window as it lets in."""
        windows = self.turned_away // max(1, self.most)
        self.turned_away += 1
        return self.opens - now + windows * self.window


class DiscordClient:
    """Begins in the running loop with the first call."""

    def __init__(self, token: str, *, url: str, agent: str) -> None:
        self._token, self._url, self._agent = token, url.rstrip("/"), agent
        self._base = urlsplit(self._url).path
        self._settings = HTTPSettings(max_redirects=None)
        self._entities = _Entities()
        self._session: aiohttp.ClientSession | None = None
        self._buckets = _Buckets()
        self._bot: RESTClientImpl | None = None
        self._closed: dict[object, _Closed] = {}

    async def close(self) -> None:
        """What is still under way is given up."""
        if self._session is not None:
            await self._session.close()
            await self._buckets.close()
            self._session = self._bot = None

    @property
    def bot(self) -> RESTClientImpl:
        """Who asks as our bot."""
        if self._bot is None:
            self._bot = self._client(self._token, TokenType.BOT)
        return self._bot

    def person(self, access_token: str) -> RESTClientImpl:
        """Who asks as somebody who allowed us to."""
        return self._client(access_token, TokenType.BEARER)

    def _client(self, token: str, kind: TokenType) -> RESTClientImpl:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, middlewares=[self._guard])
            self._buckets.start()
        client = RESTClientImpl(
            cache=None,
            entity_factory=self._entities,
            executor=None,
            http_settings=self._settings,
            bucket_manager=self._buckets,
            bucket_manager_owner=False,
            client_session=self._session,
            client_session_owner=False,
            max_retries=0,
            proxy_settings=ProxySettings(),
            token=token,
            token_type=kind,
            rest_url=self._url,
        )
        client.start()
        return client

    async def ask(self, call: Coroutine[Any, Any, T]) -> T:
        """What Discord answers. Refusal when it says no, Unreachable when it is not asked or does not answer.

        hikari's own errors hold addresses, and those hold the ids of people: they end here.
        """
        try:
            return await call
        except RateLimitTooLongError as error:
            wait, most, window = error.retry_after, error.limit or 1, error.period or 0
            closed = self._closing(error.reset_at, wait, most, window)
            message = f"Discord asked not to be asked for another {wait:.0f} s."
            raise Unreachable(message, closed.comes_back(monotonic()) - EARLY) from None
        except HTTPResponseError as error:
            raise Refusal(error.status, error.code) from None
        except (HTTPError, aiohttp.ClientError, TimeoutError) as error:
            if isinstance(error.__cause__ or error, NOT_SENT):
                raise Unreachable("Discord does not answer.") from None
            raise Unsure("Discord stopped answering.") from None

    async def _guard(
        self, request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.headers["User-Agent"] = self._agent
        place, now = self._place(request), monotonic()
        for key in (EVERYTHING, place):
            if key in self._closed and now < self._closed[key].opens:
                after = self._closed[key].comes_back(now)
                raise Unreachable(
                    f"Discord asked not to be asked for another {after:.0f} s.", after
                )
        answer = await send(request)
        if answer.status == HTTPStatus.UNAUTHORIZED and self._is_bots(request):
            # Discord shuts out a network that goes on asking with a wrong token.
            self._closing(EVERYTHING, WITHOUT_TOKEN, AT_ONCE, 1)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            answer.release()
            raise Unreachable("Discord answered 429.", self._slowed(place, answer))
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            answer.release()
            told = seconds(answer.headers, "Retry-After")
            raise Unsure(f"Discord answered {answer.status}.", told)
        return answer

    def _slowed(self, place: object, answer: aiohttp.ClientResponse) -> float:
        """In how many seconds to come back. Whoever is refused without JSON was stopped before Discord itself."""
        told = answer.headers
        after = seconds(told, "Retry-After") or PATIENCE
        scope = told.get("X-RateLimit-Scope", "")
        if scope == "global" or "X-RateLimit-Global" in told or "json" not in answer.content_type:
            closed = self._closing(EVERYTHING, after, AT_ONCE, 1)
        else:
            most = seconds(told, "X-RateLimit-Limit") or 1
            closed = self._closing(place, after, most, after)
        return closed.comes_back(monotonic())

    def _closing(self, key: object, wait: float, most: float, window: float) -> _Closed:
        """Until when something is closed; who closes it again later than that, closes it longer."""
        now = monotonic()
        self._closed = {one: known for one, known in self._closed.items() if now < known.opens}
        known = self._closed.setdefault(key, _Closed(now + wait, most, window))
        known.opens = max(known.opens, now + wait)
        return known

    def _place(self, request: aiohttp.ClientRequest) -> object:
        """Discord counts by what is done, and by the server, the channel or the person that it is done to or by."""
        _, what, which, *more = request.url.path.removeprefix(self._base).split("/")
        who = which if what in ("guilds", "channels") else request.headers.get("Authorization")
        return request.method, what, *more[::2], who

    def _is_bots(self, request: aiohttp.ClientRequest) -> bool:
        return request.headers.get("Authorization", "").startswith(f"{TokenType.BOT} ")


def seconds(told: Mapping[str, str], name: str) -> float | None:
    """A header that is a number; None where there is none, or another than a number."""
    try:
        return float(told[name])
    except (KeyError, ValueError):
        return None
