"""Doubles answer on a real socket of this machine."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import uvicorn

from deploy.local.settings import HOST, free_port
from shared.testing import eventually

IDLE = 75
"""Seconds that a connection without a question stays open: as vendors keep it, longer than our clients do."""


class Server(uvicorn.Server):
    """It lives inside a test, which keeps its own signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The address of an application that answers on a real socket."""
    port = free_port()
    config = uvicorn.Config(
        app, host=HOST, port=port, log_config=None, lifespan="off", timeout_keep_alive=IDLE
    )
    server = Server(config)
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        await running
