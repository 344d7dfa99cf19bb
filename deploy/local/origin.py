"""One origin for the four services: a small reverse proxy, and an index of what stands behind it.

Bodies stream both ways. What a client says about where it comes from is replaced by what this proxy sees.
"""

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from html import escape
from http import HTTPStatus

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from deploy.local.page import page
from deploy.local.settings import HOST, ROOT, SERVICES
from shared import problem
from shared.problem import Problem

RETRY_SECONDS = 2
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

# Meant for one connection only (RFC 9110, 7.6.1); `expect` was answered by our own server already.
HOP_BY_HOP = {
    b"connection",
    b"expect",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto"}

OPENAPI_LINK = re.compile(r"""(['"])/?openapi\.json\1""")

# Answers may take their time (a feed, a wait for a position), connecting on loopback may not.
PATIENCE = httpx.Timeout(None, connect=2)
# Servers close an idle connection after five seconds; one of ours must never be the older.
CONNECTIONS = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=2)


class _Relayed(StreamingResponse):
    """An upstream's answer as it comes, let go of when the caller is gone or has it all."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(answer.aiter_raw(), answer.status_code)
        self.raw_headers = _passed_on(answer.headers.raw)
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            await self._answer.aclose()


class Origin:
    """Knows the port of everything behind it, by name."""

    def __init__(self, ports: Mapping[str, int], client: httpx.AsyncClient) -> None:
        self._ports = ports
        self._client = client

    async def index(self, _: Request) -> Response:
        """What is behind this origin, and whether it is up."""
        states = await asyncio.gather(*(self._is_ready(service) for service in SERVICES))
        rows = "\n".join(_row(service, up) for service, up in zip(SERVICES, states, strict=True))
        return HTMLResponse(
            page("Tessera", "Four services behind one address.", _INDEX.format(rows=rows))
        )

    async def api(self, request: Request) -> Response:
        """Hand a call to the service its path names."""
        return await self._forward(request, _service_of(request), _target(request))

    async def mailbox(self, request: Request) -> Response:
        """Hand a call to the mailbox."""
        return await self._forward(request, "mailbox", _target(request))

    async def openapi(self, request: Request) -> Response:
        """Show a service's published description: tokens, keys and problems included."""
        return FileResponse(ROOT / "docs" / "openapi" / f"{_service_of(request)}.json")

    async def docs(self, request: Request) -> Response:
        """Show a service's own docs page, its links made to lead through here."""
        service = _service_of(request)
        try:
            answer = await self._client.get(f"http://{HOST}:{self._ports[f'{service}_admin']}/docs")
        except httpx.TransportError:
            return _unavailable(service)
        here = f"/openapi/{service}.json"
        return HTMLResponse(OPENAPI_LINK.sub(f'"{here}"', answer.text), answer.status_code)

    async def _forward(self, request: Request, upstream: str, target: bytes) -> Response:
        url = httpx.URL(f"http://{HOST}:{self._ports[upstream]}").copy_with(raw_path=target)
        headers = [*_passed_on(request.headers.raw, FORWARDED), *_seen(request)]
        has_body = {b"content-length", b"transfer-encoding"} & {
            name for name, _ in request.headers.raw
        }
        body = request.stream() if has_body else None
        # A bare request: the client's own would add headers that the caller did not send.
        onward = httpx.Request(request.method, url, headers=headers, content=body)
        try:
            answer = await self._client.send(onward, stream=True)
        except httpx.TransportError:
            return _unavailable(upstream)
        return _Relayed(answer)

    async def _is_ready(self, service: str) -> bool:
        try:
            url = f"http://{HOST}:{self._ports[f'{service}_admin']}/readyz"
            return (await self._client.get(url, timeout=1)).is_success
        except httpx.TransportError:
            return False


def create_app(ports: Mapping[str, int]) -> FastAPI:
    """The proxy over the parts at these ports."""
    client = httpx.AsyncClient(timeout=PATIENCE, limits=CONNECTIONS, trust_env=False)
    origin = Origin(ports, client)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            yield

    app = FastAPI(
        lifespan=lifespan,
        openapi_url=None,
        routes=[
            Route("/", origin.index),
            Route("/api/{service}/{rest:path}", origin.api, methods=METHODS),
            Route("/docs/{service}", origin.docs),
            Mount("/docs/assets", StaticFiles(packages=[("fastapi_offline", "static")])),
            Route("/openapi/{service}.json", origin.openapi),
            Route("/mailbox{rest:path}", origin.mailbox),
        ],
    )
    problem.install(app)
    return app


_INDEX = """\
<table>
<tr><th>service</th><th>state</th><th>calls</th><th>read</th></tr>
{rows}
</table>
<p><a href="/mailbox">Mailbox</a> <span class="dim">every mail the stack has sent, sign-in codes among them</span></p>
"""


def _row(service: str, up: bool) -> str:  # noqa: FBT001 - a cell
    state = '<span class="good">● up</span>' if up else '<span class="bad">● not ready</span>'
    read = f'<a href="/docs/{service}">docs</a> · <a href="/openapi/{service}.json">OpenAPI</a>'
    return f"<tr><td>{escape(service)}</td><td>{state}</td><td><code>/api/{service}/v1</code></td><td>{read}</td></tr>"


def _service_of(request: Request) -> str:
    service: str = request.path_params["service"]
    if service not in SERVICES:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return service


def _target(request: Request) -> bytes:
    """Path and query as they came, percent signs and all."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path


def _passed_on(
    headers: Iterable[tuple[bytes, bytes]], dropped: Iterable[bytes] = ()
) -> list[tuple[bytes, bytes]]:
    lowered = [(name.lower(), value) for name, value in headers]
    named = {
        token.strip().lower()
        for name, value in lowered
        if name == b"connection"
        for token in value.split(b",")
    }
    return [
        (name, value) for name, value in lowered if name not in HOP_BY_HOP | named | set(dropped)
    ]


def _seen(request: Request) -> list[tuple[bytes, bytes]]:
    address = request.client.host if request.client else HOST
    return [
        (b"x-forwarded-for", address.encode()),
        (b"x-forwarded-host", request.headers.get("host", "").encode()),
        (b"x-forwarded-proto", b"http"),
    ]


def _unavailable(upstream: str) -> Response:
    name = upstream.removesuffix("_admin")
    sentence = f"{name.capitalize()} does not answer; the same call may be sent again."
    return problem.document(
        Problem(503, "unavailable", sentence, headers={"Retry-After": str(RETRY_SECONDS)})
    )


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--ports", type=json.loads, required=True, help="of what is behind, as JSON"
    )
    options = parser.parse_args()
    # The services say what they are and when it is; here nothing is added.
    uvicorn.run(
        create_app(options.ports),
        host=HOST,
        port=options.port,
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
