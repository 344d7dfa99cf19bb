"""Load from a process of its own: `python -m bench.load FILE CONNECTIONS [RATE]`.

Each line of the file is sent once: `port <tab> method <tab> path <tab> token <tab> key <tab> body`; RATE is in requests
a second, at most. Its last words are those of requests.lua.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import uvloop

from deploy.local.settings import HOST

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Load:
    """Sends requests over connections that are kept open."""

    def __init__(self, lines: Iterator[str], rate: float | None) -> None:
        self._lines = lines
        self._pause = 1 / rate if rate else 0.0
        self._next = perf_counter()
        self.answered = 0
        self.refused = 0

    async def send_all(self) -> None:
        """One request after the other, until no line is left."""
        streams: dict[int, Stream] = {}
        for line in self._lines:
            await self._wait()
            port, method, path, token, key, body = line.rstrip("\n").split("\t")
            request = _request(method, path, token, key, body.encode())
            try:
                status = await _answer(await _stream(streams, int(port)), request)
            except (asyncio.IncompleteReadError, ConnectionError):
                # The server ends connections that were idle for some seconds; its key makes the request safe to repeat.
                del streams[int(port)]
                status = await _answer(await _stream(streams, int(port)), request)
            self.answered += 1
            self.refused += status >= 300
        for _, writer in streams.values():
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _wait(self) -> None:
        self._next = max(self._next + self._pause, perf_counter() - 1)
        await asyncio.sleep(max(0.0, self._next - perf_counter()))


def _request(method: str, path: str, token: str, key: str, body: bytes) -> bytes:
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if key:
        head.append(f"Idempotency-Key: {key}")
    return "\r\n".join([*head, "", ""]).encode() + body


async def _stream(streams: dict[int, Stream], port: int) -> Stream:
    if port not in streams:
        streams[port] = await asyncio.open_connection(HOST, port)
    return streams[port]


async def _answer(stream: Stream, request: bytes) -> int:
    reader, writer = stream
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    size = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    await reader.readexactly(size)
    return int(head.split(b" ", 2)[1])


async def main(path: Path, connections: int, rate: float | None) -> None:
    with path.open() as file:
        load = Load(iter(file), rate)
        await asyncio.gather(*(load.send_all() for _ in range(connections)))
        print(f"answered {load.answered} refused {load.refused}", file=sys.stderr)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2]), float((*sys.argv, "0")[3]) or None))
