"""What bad input gets: RFC 9457 problem documents, all errors at once, with codes that never change.

400 malformed       401 no valid token      403 not allowed        404 not here          405 wrong method
409 a rule said no  412 another version     413 too large          415 not JSON          422 wrong values
428 header missing  429 too many            503 not now, Retry-After
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from shared import telemetry
from shared.command_handler import Claimed, Reused, VersionMismatch
from shared.decider import NotFound, Refused
from shared.event_store import LOST, Unavailable

_log = logging.getLogger(__name__)

TITLES = {
    400: "The request is malformed",
    401: "Sign in first",
    403: "This is not allowed",
    404: "There is no such thing here",
    405: "This method is not offered here",
    409: "A rule forbids it",
    412: "It has changed since",
    413: "The body is too large",
    415: "The body must be JSON",
    422: "Some values are wrong",
    428: "A header is missing",
    429: "Too many requests",
    500: "Something broke here",
    503: "Not now",
}
_CODES = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class Problem(Exception):
    """An answer that is a problem document. `errors` name what is wrong with which part of the body."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers


def document(problem: Problem) -> JSONResponse:
    """The problem as `application/problem+json`."""
    body: dict[str, Any] = {
        "type": f"urn:tessera:problem:{problem.code}",
        "title": TITLES.get(problem.status, "Problem"),
        "status": problem.status,
        "detail": problem.detail,
        "errors": list(problem.errors) or [error(problem.code, problem.detail)],
    }
    trace = telemetry.traceparent()
    if trace is not None:
        body["trace_id"] = trace.split("-")[1]
    return JSONResponse(
        body,
        problem.status,
        headers=dict(problem.headers or {}),
        media_type="application/problem+json",
    )


def error(
    code: str, detail: str, pointer: str = "", params: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """One entry of `errors`; `pointer` is a JSON pointer into the body, or `?name`/`Name` of a parameter/header."""
    return {"pointer": pointer, "code": code, "params": dict(params or {}), "detail": detail}


def of_refusal(refusal: Refused) -> Problem:
    """404, 409, 412 or 422, by the kind of refusal."""
    match refusal:
        case NotFound():
            status = 404
        case VersionMismatch():
            status = 412
        case Reused():
            status = 422
        case Claimed():
            status = 409
        case _:
            status = 422 if refusal.pointer else 409
    entry = error(refusal.code, refusal.detail, refusal.pointer or "", refusal.params)
    return Problem(status, refusal.code, refusal.detail, errors=[entry])


def _of_validation(invalid: RequestValidationError) -> Problem:
    entries = []
    for wrong in invalid.errors():
        where, *path = wrong["loc"]
        if wrong["type"] == "json_invalid":
            return Problem(400, "malformed_json", "The body is not JSON.")
        pointer = "".join(f"/{part}" for part in path)
        if where == "query":
            pointer = "?" + ".".join(str(part) for part in path)
        elif where in ("header", "path", "cookie"):
            pointer = f"{where}:" + ".".join(str(part) for part in path)
        params = {
            key: value
            for key, value in wrong.get("ctx", {}).items()
            if isinstance(value, int | str | float)
        }
        entries.append(error(wrong["type"], wrong["msg"], pointer, params))
    return Problem(
        422, "invalid_request", "The request has values that cannot be accepted.", errors=entries
    )


def install(app: FastAPI) -> None:
    """Let every failure of `app` answer as a problem document."""

    @app.exception_handler(Problem)
    async def _problem(_: Request, problem: Problem) -> JSONResponse:
        return document(problem)

    @app.exception_handler(Refused)
    async def _refused(_: Request, refusal: Refused) -> JSONResponse:
        telemetry.count("http.refusals", code=refusal.code)
        return document(of_refusal(refusal))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, invalid: RequestValidationError) -> JSONResponse:
        return document(_of_validation(invalid))

    @app.exception_handler(HTTPException)
    async def _http(_: Request, raised: HTTPException) -> JSONResponse:
        code = _CODES.get(raised.status_code, "http_error")
        detail = TITLES.get(raised.status_code, str(raised.detail)) + "."
        return document(Problem(raised.status_code, code, detail, headers=raised.headers))

    async def _unavailable(_: Request, failure: Exception) -> JSONResponse:
        after = failure.retry_after if isinstance(failure, Unavailable) else 1
        telemetry.count("http.unavailable")
        detail = str(failure) if isinstance(failure, Unavailable) else "The database is away."
        return document(Problem(503, "unavailable", detail, headers={"Retry-After": str(after)}))

    for lost in (Unavailable, *LOST, asyncpg.TooManyConnectionsError, TimeoutError):
        app.add_exception_handler(lost, _unavailable)

    @app.exception_handler(Exception)
    async def _broken(_: Request, failure: Exception) -> JSONResponse:
        _log.error("unhandled", exc_info=failure)
        return document(Problem(500, "internal", "This is our fault; it has been noted."))
