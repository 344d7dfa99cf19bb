"""Who is told to stop lets go of every connection before it closes one: a roll loses no call."""

import asyncio
import contextlib
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from deploy.local.settings import HOST, ROOT, free_port
from shared.testing import eventually

SERVER = """
import asyncio, sys
from types import SimpleNamespace
from fastapi import FastAPI
from shared import cli

app = FastAPI()

@app.get("/")
async def answer() -> dict[str, bool]:
    return {"answered": True}

service = SimpleNamespace(settings=SimpleNamespace(host="127.0.0.1"))
asyncio.run(cli._serve(service, {int(sys.argv[1]): app}, float(sys.argv[2])))
"""


@asynccontextmanager
async def serving(port: int, drain: float) -> AsyncIterator[Process]:
    """A process that serves as an API does."""
    arguments = ("-c", SERVER, str(port), str(drain))
    server = await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)
    try:
        async with httpx.AsyncClient() as client:
            await eventually(lambda: answers(client, port), within=20)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.kill()
        await server.wait()


async def answers(client: httpx.AsyncClient, port: int) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get(f"http://{HOST}:{port}/")).is_success
    return False


async def kept(port: int, answered: list[float]) -> None:
    """One connection of a gateway, used again and again until it is told that there is no next call on it."""
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=1)
    async with httpx.AsyncClient(limits=limits) as client:
        while True:
            answer = await client.get(f"http://{HOST}:{port}/")
            assert answer.status_code == 200
            answered.append(time.monotonic())
            if answer.headers.get("connection") == "close":
                return
            await asyncio.sleep(0.002)


async def test_every_call_on_a_kept_connection_is_answered_while_a_process_stops() -> None:
    port, answered = free_port(), list[float]()
    async with serving(port, drain=3) as server:
        gateway = [asyncio.create_task(kept(port, answered)) for _ in range(8)]
        await eventually(lambda: asyncio.sleep(0, len(answered) > 100))
        told = time.monotonic()
        server.terminate()
        await asyncio.wait_for(asyncio.gather(*gateway), 10)
        assert len([moment for moment in answered if moment > told]) > len(gateway)
        assert server.returncode is None  # it still takes whom others send
        async with httpx.AsyncClient() as late:
            assert await answers(late, port)
        assert await asyncio.wait_for(server.wait(), 10) == 0
