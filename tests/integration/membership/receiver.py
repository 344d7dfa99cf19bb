"""A community's own tool on a loopback socket: it takes what it is sent, or misbehaves in a chosen way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import orjson
from standardwebhooks import Webhook

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HANG = b""
"""Say nothing and keep the line."""


def answer(status: int, body: str = "", **headers: str) -> bytes:
    """A whole answer; the line is kept."""
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    text = (
        f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body.encode())}\r\n{named}\r\n{body}"
    )
    return text.encode()


@dataclass
class Received:
    """One request, as it came."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> Any:
        return orjson.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        try:
            Webhook(secret).verify(self.body, self.headers)
        except Exception:  # noqa: BLE001 - whatever the library finds wrong
            return False
        return True


@dataclass
class Receiver:
    """`says` decides about each request; what it says is sent byte for byte."""

    port: int = 0
    says: Callable[[Received], bytes] = lambda _: OK
    delay: float = 0.0
    seen: list[Received] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?tool=crm"

    @property
    def ids(self) -> list[str]:
        return [received.event_id for received in self.seen]

    @property
    def kinds(self) -> list[str]:
        return [received.event["type"].rpartition(".")[2] for received in self.seen]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                received = await _read(reader)
                self.seen.append(received)
                await asyncio.sleep(self.delay)
                told = self.says(received)
                if told == HANG:
                    await reader.read()
                    return
                writer.write(told)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    request, *lines = head.strip().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(request.split(" ")[1], headers, body)


@contextlib.asynccontextmanager
async def listening(**settings: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(**settings)
    server = await asyncio.start_server(receiver._serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
