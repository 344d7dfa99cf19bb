"""Stripe's own stripe-mock: it keeps nothing, and judges whether a request has the shape of Stripe's API.

`python -m tools.validators` builds it, at the version that tools/validators/go.mod pins.
"""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from signal import SIGTERM
from types import TracebackType
from typing import Self

import httpx
from starlette.requests import Request

from deploy.local.processes import accepts, leashed
from deploy.local.settings import HOST, free_port
from tools.validators import place

PATIENCE_SECONDS = 20
SHOWN = ("authorization", "content-type", "stripe-account", "stripe-version")


def program() -> str | None:
    """Where it is, None on a machine that has not built it."""
    return place.program("stripe-mock")


@contextlib.contextmanager
def running(command: str) -> Iterator[str]:
    """Its address. It is told both of its own: with one alone it takes the other's usual port."""
    http, https = free_port(), free_port()
    told = [
        "-http-addr",
        f"{HOST}:{http}",
        "-https-addr",
        f"{HOST}:{https}",
        "-strict-version-check",
    ]
    process = subprocess.Popen(
        leashed([command, *told], SIGTERM), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not accepts(http):
            assert process.poll() is None, "stripe-mock ended by itself"
            assert time.monotonic() < deadline, "stripe-mock does not start"
            time.sleep(0.05)
        yield f"http://{HOST}:{http}"
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


class Witness:
    """Shows it every request that the double is asked, as it was asked."""

    def __init__(self, address: str) -> None:
        self._client = httpx.AsyncClient(base_url=address)
        self.seen = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def __call__(self, request: Request, raw: bytes) -> str | None:
        """What it has against it, None for nothing."""
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {name: request.headers[name] for name in SHOWN if name in request.headers}
        answer = await self._client.request(request.method, target, content=raw, headers=headers)
        self.seen += 1
        return None if answer.is_success else str(answer.json()["error"]["message"])
