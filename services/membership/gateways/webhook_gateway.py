"""Posts signed events to addresses that others chose: only public ones, each looked up once and then held to."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpcore
from standardwebhooks import Webhook

from services.membership.gateways.addresses import (
    ForbiddenAddress,
    checked,
    is_loopback,
    is_public,
)
from services.membership.gateways.gateway import Failure, Parcel, Receipt
from shared.clock import monotonic, real_now

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
EXCERPT_SECONDS = 1.0
MOST_EXCERPT = 1_000
MOST_ADDRESSES = 3
AGENT = b"Tessera-Webhooks/1"


async def resolved(host: str, port: int) -> list[str]:
    """The numeric addresses behind a name, in the order the system prefers."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(place[0]) for *_, place in found]


class WebhookGateway:
    """`to_loopback` is for development: then, and only then, this machine itself may be reached."""

    def __init__(
        self,
        *,
        to_loopback: bool = False,
        resolve: Resolve = resolved,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self._to_loopback = to_loopback
        self._resolve = resolve
        self._tls = tls or httpcore.default_ssl_context()
        self._total_seconds = total_seconds

    @contextlib.asynccontextmanager
    async def round(self) -> AsyncIterator["Round"]:
        """Deliveries that may share a connection, as `gateway.Courier` says."""
        network = _Guarded(self._resolve, to_loopback=self._to_loopback)
        pool = httpcore.AsyncConnectionPool(
            ssl_context=self._tls, max_connections=1, network_backend=network
        )
        async with pool:
            yield Round(pool, self._total_seconds, to_loopback=self._to_loopback)


class Round:
    """One connection, kept while there is something to deliver."""

    def __init__(
        self, pool: httpcore.AsyncConnectionPool, total_seconds: float, *, to_loopback: bool
    ) -> None:
        self._pool = pool
        self._total_seconds = total_seconds
        self._to_loopback = to_loopback
        self._is_kept = False

    async def deliver(self, parcel: Parcel) -> Receipt:
        """What became of it, whatever the other side does; never an exception of its making."""
        began = monotonic()
        try:
            async with asyncio.timeout(self._total_seconds):
                checked(parcel.url, to_loopback=self._to_loopback)
                status, excerpt, retry_after = await self._post_again_if_stale(parcel)
        except (TimeoutError, httpcore.TimeoutException):
            return Receipt(duration=_since(began), failure="timeout")
        except ForbiddenAddress:
            return Receipt(duration=_since(began), failure="address_refused")
        except socket.gaierror:
            return Receipt(duration=_since(began), failure="name_unknown")
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            return Receipt(duration=_since(began), failure=_failure(error))
        return Receipt(_since(began), _judged(status), status, excerpt, retry_after)

    async def _post_again_if_stale(
        self, parcel: Parcel
    ) -> tuple[int, str | None, timedelta | None]:
        """A connection that was kept may have been closed at the other end: that is nobody's refusal."""
        was_kept, self._is_kept = self._is_kept, False
        try:
            answered = await self._post(parcel)
        except (httpcore.ReadError, httpcore.WriteError, httpcore.RemoteProtocolError):
            if not was_kept:
                raise
            answered = await self._post(parcel)
        self._is_kept = True
        return answered

    async def _post(self, parcel: Parcel) -> tuple[int, str | None, timedelta | None]:
        phases = dict.fromkeys(("read", "write", "pool"), self._total_seconds)
        async with self._pool.stream(
            "POST",
            parcel.url,
            headers=signed(parcel, real_now()),
            content=parcel.body,
            extensions={"timeout": {**phases, "connect": CONNECT_SECONDS}},
        ) as response:
            # The status decides. What follows is read so that the connection can be used again, and what a
            # refusal says is kept for whoever looks for the mistake; neither is waited for.
            excerpt = await _beginning(response)
            if _judged(response.status) is None:
                return response.status, None, None
            return response.status, excerpt, _retry_after(response.headers)


class _Guarded(httpcore.AsyncNetworkBackend):
    """Looks a name up once, refuses it when any answer is out of bounds, and connects to what was looked at."""

    def __init__(self, resolve: Resolve, *, to_loopback: bool) -> None:
        self._resolve = resolve
        self._to_loopback = to_loopback
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  Its signature is httpcore's.
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to one of the addresses that were checked; no name is looked up after that."""
        addresses = list(dict.fromkeys(await self._resolve(host, port)))
        if not addresses or not all(map(self._is_allowed, addresses)):
            raise ForbiddenAddress("This name does not stand for public addresses alone.")
        *others, last = addresses[:MOST_ADDRESSES]
        for address in others:
            with contextlib.suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return await self._plain.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
        return await self._plain.connect_tcp(last, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """As httpcore asks."""
        await self._plain.sleep(seconds)

    def _is_allowed(self, address: str) -> bool:
        return is_public(address) or (self._to_loopback and is_loopback(address))


def signed(parcel: Parcel, at: datetime) -> list[tuple[bytes, bytes]]:
    """The headers of Standard Webhooks, with a signature for each secret that is good now."""
    body, message_id = parcel.body.decode(), str(parcel.message_id)
    signatures = [Webhook(secret).sign(message_id, at, body) for secret in parcel.secrets]
    return [
        (b"content-type", b"application/cloudevents+json; charset=utf-8"),
        (b"user-agent", AGENT),
        (b"webhook-id", message_id.encode()),
        (b"webhook-timestamp", str(int(at.timestamp())).encode()),
        (b"webhook-signature", " ".join(signatures).encode()),
    ]


def _judged(status: int) -> Failure | None:
    if 200 <= status < 300:  # noqa: PLR2004
        return None
    if status == 410:  # noqa: PLR2004
        return "gone"
    return "redirected" if 300 <= status < 400 else "refused"  # noqa: PLR2004


def _failure(error: Exception) -> Failure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        cause = cause.__cause__ or cause.__context__
    return "not_http" if isinstance(error, httpcore.ProtocolError) else "unreachable"


async def _beginning(response: httpcore.Response) -> str:
    """At most MOST_EXCERPT bytes of UTF-8, without what a database or a terminal would choke on."""
    read = bytearray()
    with contextlib.suppress(TimeoutError, httpcore.NetworkError, httpcore.ProtocolError):
        async with asyncio.timeout(EXCERPT_SECONDS):
            async for chunk in response.aiter_stream():
                read += chunk[:MOST_EXCERPT]
                if len(read) >= MOST_EXCERPT:
                    break
    text = bytes(read[:MOST_EXCERPT]).decode(errors="ignore")
    return "".join(letter for letter in text if letter.isprintable() or letter == "\n")


def _retry_after(headers: Sequence[tuple[bytes, bytes]]) -> timedelta | None:
    """Seconds; a date is left to our own patience."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit() and len(value) <= 6:  # noqa: PLR2004
            return timedelta(seconds=int(value))
    return None


def _since(began: float) -> timedelta:
    return timedelta(seconds=monotonic() - began)
