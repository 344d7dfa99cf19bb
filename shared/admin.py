"""What operators reach on a port of its own: health, metrics, documentation, and the agenda's parked items."""

import contextlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import APIRouter, FastAPI, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.staticfiles import StaticFiles

from shared import agenda, telemetry
from shared.event_store import LOST
from shared.problem import Problem
from shared.service import Service

LAGS = Path(__file__).with_name("lags.sql").read_text()


def routes(
    api: FastAPI | None, ready: Callable[[], Awaitable[Mapping[str, bool]]], service: Service
) -> APIRouter:
    """The admin routes of one process; `api` is documented where the process serves one."""
    router = APIRouter()

    @router.get("/livez")
    async def livez() -> JSONResponse:
        """The loops turn. No dependency is asked: a broken one is no reason to restart."""
        return JSONResponse({"alive": service.alive()}, 200 if service.alive() else 503)

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        """Whether this process can do its work now, point by point."""
        points = await ready()
        return JSONResponse(dict(points), 200 if all(points.values()) else 503)

    @router.get("/metrics")
    async def metrics() -> Response:
        """Prometheus' text format."""
        await _measure(service, () if api else [reader.name for reader in service.readers()])
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    @router.get("/agenda")
    async def parked() -> list[dict[str, Any]]:
        """What could not be done, oldest first, with the sentence that says why."""
        return [dict(row) for row in await agenda.unsettled(service.pool)]

    @router.post("/agenda/{item_id}/retry")
    async def retry(item_id: UUID) -> dict[str, str]:
        """Try a parked item again."""
        return _told(await agenda.retry(service.pool, item_id))

    @router.post("/agenda/{item_id}/discard")
    async def discard(item_id: UUID) -> dict[str, str]:
        """Give a parked item up; what waits behind it goes on."""
        return _told(await agenda.discard(service.pool, item_id))

    if api is not None:

        @router.get("/openapi.json")
        async def openapi() -> dict[str, Any]:
            """The API as OpenAPI 3.1."""
            return api.openapi()

        @router.get("/docs")
        async def docs() -> HTMLResponse:
            """The API to read and try; its scripts come from here, so that it also works behind a closed network."""
            return get_swagger_ui_html(
                openapi_url="openapi.json",
                title=api.title,
                swagger_js_url="assets/swagger-ui-bundle.js",
                swagger_css_url="assets/swagger-ui.css",
                swagger_favicon_url="assets/favicon.png",
            )

        router.mount("/assets", StaticFiles(packages=[("fastapi_offline", "static")]))

    return router


async def _measure(service: Service, readers: Collection[str]) -> None:
    """How far the loops are behind; while the database is away, what was known last."""
    with contextlib.suppress(*LOST, TimeoutError):
        for row in await service.pool.fetch(LAGS, readers, timeout=2) if readers else ():
            telemetry.gauge(row["name"], row["value"], of=row["of"])


def _told(done: bool) -> dict[str, str]:  # noqa: FBT001  The one fact there is to tell.
    if not done:
        raise Problem(404, "not_parked", "No such item is parked.")
    return {"status": "done"}
