"""A processor that answers what it is told to, and remembers what it was asked."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from deploy.local.settings import HOST, free_port
from shared.testing import eventually

Answer = tuple[int, dict[str, Any]]


class Server(uvicorn.Server):
    """It lives inside a test, which keeps its own signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """The address of an application that answers on a real socket."""
    port = free_port()
    server = Server(uvicorn.Config(app, host=HOST, port=port, log_config=None, lifespan="off"))
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        server.should_exit = True
        await running


@dataclass
class Scripted:
    """Answers in turn; the last one for ever."""

    answers: list[Answer]
    asked: list[Request] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.asked.append(request)
        self.forms.append(dict(parse_qsl((await request.body()).decode())))
        status, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = Response(json.dumps(body), status, media_type="application/json")
        await answer(scope, receive, send)
