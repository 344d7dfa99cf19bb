"""The edge: who calls, what they sent, what they get back. Rules live in deciders, never here."""

import asyncio
import base64
import contextlib
import hmac
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, field_validator
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import auth, problem, telemetry
from shared.auth import InvalidToken, Principal
from shared.clock import monotonic
from shared.command_handler import Answer, Origin
from shared.contracts.membership_community import Role
from shared.decider import Decider
from shared.event_store import Connection, Fact, Meta, Mode, Unavailable
from shared.ids import derive, framed, keyed, random_id, uuid8
from shared.personal_value import Retention, Sealed
from shared.problem import Problem, error
from shared.projection import EVERY_TENANT, TENANT_SETTING
from shared.reaction import Ask, intents_of
from shared.service import Service

MAX_BODY = 1024 * 1024
MAX_FILE = 5 * 1024**3  # What S3 takes in one PUT.
FILES = "/stored-files/"
MAX_KEY = 255
WAIT_SECONDS = 5.0
UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BEARER = {"WWW-Authenticate": "Bearer"}


class Body(BaseModel):
    """A request body: unknown fields are refused, and so are blank-padded texts' blanks.

    What no table or mail takes is refused as well: an event would keep it, and every reader of it fail.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        for one in value if isinstance(value, tuple | list) else (value,):
            if isinstance(one, str) and UNPRINTABLE.search(one):
                raise ValueError("has characters that nobody can read")
            if isinstance(one, date) and not date.min.year < one.year < date.max.year:
                raise ValueError("is not in the calendar")
        return value


class DryRun(BaseModel):
    """What a command would do."""

    events: list[dict[str, Any]]
    intents: list[dict[str, Any]]
    publications: list[dict[str, Any]]


class Written(BaseModel):
    """What every write answers: the ids it made, the version it led to, and the position to wait for in reads.

    A repeat under the same Idempotency-Key answers the same. `would` is filled by `?dry_run=true` alone.
    """

    model_config = ConfigDict(extra="allow")

    version: int
    position: str
    would: DryRun | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """Where a write stands: opaque to clients, good at any of the services."""

    service: str
    position: int
    topic: str = ""
    published: int = 0

    def token(self) -> str:
        """The form it travels in."""
        return _opaque(f"{self.service} {self.position} {self.topic} {self.published}")

    @staticmethod
    def parse(token: str) -> "Position":
        """The reverse; Problem 400 when it is not one of ours."""
        try:
            service, position, topic, published = _from_opaque(token).split(" ")
            return Position(service, int(position), topic, int(published))
        except ValueError as error:
            detail = "Tessera-Wait-For holds no position of ours."
            raise Problem(400, "malformed_position", detail) from error


class Caller:
    """One request: who sent it, when, and what it may do."""

    def __init__(
        self, service: Service, request: Request, response: Response, principal: Principal | None
    ) -> None:
        self.service = service
        self.principal = principal
        self.now = service.clock.now()
        self.command_id = random_id()
        self.fingerprint = b""
        self._request = request
        self._response = response
        self._sealer = service.vault.sealer()

    @property
    def account_id(self) -> UUID:
        """The signed-in account; Problem 401 for a stranger."""
        return self._signed_in().account_id

    @property
    def community_id(self) -> UUID:
        """The community the token is for; Problem 403 when it is for none."""
        community_id = self._signed_in().community_id
        if community_id is None:
            raise _no_community()
        return community_id

    @property
    def person_id(self) -> UUID:
        """The person the account is in this community; Problem 403 when it is none."""
        person_id = self._signed_in().person_id
        if person_id is None:
            raise _no_person()
        return person_id

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that count now."""
        return self.principal.roles if self.principal else ()

    def may(self, permission: str) -> bool:
        """Whether the caller's roles carry a permission."""
        return auth.may(self.roles, permission)

    def new_id(self, name: str) -> UUID:
        """The id of what this request creates: the same for every repeat of it."""
        return derive(self.command_id, name)

    async def ask(
        self, *asks: Ask, community_id: UUID | None = None, mode: Mode | None = None, **ids: UUID
    ) -> Written:
        """Decide and store, all or nothing; answers the `ids` with version and position.

        `community_id` and its `mode` are for callers whose token is for none: a new community, or PLATFORM.
        """
        principal = self.principal
        community = community_id or self.community_id
        first = replace(asks[0], keep=asks[0].keep + self._sealer.take_keep())
        expected = self._if_match()
        if expected is not None:
            first = replace(first, expected=expected)
        asks = (first, *asks[1:])
        meta = Meta(
            correlation_id=self.command_id,
            causation_id=self.command_id,
            actor=principal.account_id if principal else None,
            traceparent=telemetry.traceparent(),
            mode=mode or (principal.mode if principal else "live"),
        )
        origin = Origin(self.command_id, community, self.now, meta, self.fingerprint)
        if self._request.query_params.get("dry_run") == "true":
            return await self._dry_run(asks, origin, ids)
        answer = await self.service.handler.handle(asks, origin)
        return self._written(answer, ids)

    async def state(
        self, decider: Decider[Any, Any, Any], stream_id: UUID, community_id: UUID | None = None
    ) -> Any:
        """A stream's state as of now, read strongly."""
        state, _ = await self.service.handler.state(
            decider, stream_id, community_id or self.community_id
        )
        return state

    @contextlib.asynccontextmanager
    async def read(self, community_id: UUID | None = None) -> AsyncIterator[Connection]:
        """A connection that sees one community's rows, once `Tessera-Wait-For` has been reached."""
        tenant = community_id or self.community_id
        await self._wait_for()
        async with self.service.pool.acquire() as connection, _seeing(connection, str(tenant)):
            yield connection

    @contextlib.asynccontextmanager
    async def read_all(self) -> AsyncIterator[Connection]:
        """A connection that sees every community: for platform staff, and for what belongs to none."""
        await self._wait_for()
        async with self.service.pool.acquire() as connection, _seeing(connection, EVERY_TENANT):
            yield connection

    async def seal(self, person_id: UUID, text: str, retention: Retention = "profile") -> Sealed:
        """`text` under the person's key; a new key is stored with the next `ask`."""
        return await self._sealer.seal(person_id, text, retention)  # type: ignore[arg-type]

    async def open(self, sealed: Sealed | None) -> str | None:
        """The plaintext, None after erasure."""
        return (await self.service.vault.open([sealed]))[0]

    async def open_all(self, sealed: Sequence[Sealed | None]) -> list[str | None]:
        """The plaintexts of many, in one query."""
        return await self.service.vault.open(sealed)

    def _signed_in(self) -> Principal:
        if self.principal is None:
            raise _no_token()
        return self.principal

    async def identify(self, *, idempotent: bool) -> None:
        """Derive the command id from the Idempotency-Key, or insist on one."""
        request = self._request
        if request.method in ("GET", "HEAD"):
            return
        key = request.headers.get("idempotency-key")
        if key is None or not 0 < len(key) <= MAX_KEY:
            if idempotent and request.method == "POST":
                detail = f"Send an Idempotency-Key header of 1 to {MAX_KEY} characters."
                raise Problem(428, "missing_idempotency_key", detail)
            return
        body = await request.body()
        secret = self.service.secret
        if self.principal is None:
            # A stranger's key is nobody's: with the body in it, no one gets another's answer.
            self.command_id = uuid8(keyed(secret, "anonymous", request.url.path, key, body.hex()))
        else:
            self.command_id = uuid8(keyed(secret, auth.ISSUER, str(self.principal.account_id), key))
        self.fingerprint = hmac.digest(
            secret, framed(request.method, request.url.path) + body, "sha256"
        )[:16]

    def _if_match(self) -> int | None:
        if (header := self._request.headers.get("if-match")) is None:
            return None
        text = header.strip().removeprefix("W/").strip('"')
        if not text.isdigit():
            raise Problem(412, "version_mismatch", "If-Match holds no version of ours.")
        return int(text)

    def _written(self, answer: Answer, ids: Mapping[str, UUID]) -> Written:
        topic, published = answer.published or ("", 0)
        position = Position(self.service.name, answer.position, topic, published).token()
        self._response.headers["Tessera-Position"] = position
        self._response.headers["ETag"] = f'"{answer.version}"'
        return Written(version=answer.version, position=position, **ids)  # type: ignore[arg-type]

    async def _dry_run(
        self, asks: Sequence[Ask], origin: Origin, ids: Mapping[str, UUID]
    ) -> Written:
        service = self.service
        events = await service.handler.dry_run(asks, origin)
        facts = [
            Fact(
                service.name, 0, random_id(), stream_id, origin.community_id, 0, type(body).__name__,
                origin.at, origin.at, body, origin.meta,
            )
            for stream_id, body in events
        ]  # fmt: skip
        intents = [
            intent for fact in facts for intent in intents_of(service.reactions.by_type, fact)
        ]
        contracts = [
            contract
            for fact in facts
            for publication in service.publications
            if publication.of is type(fact.body) and (contract := publication.map(fact)) is not None
        ]
        self._response.status_code = 200
        return Written(
            version=0,
            position="",
            would=DryRun(
                events=[
                    {"type": fact.type, "data": orjson.loads(service.types.encode(fact.body)[2])}
                    for fact in facts
                ],
                intents=[
                    {"reaction": reaction.name, **orjson.loads(service.codec.encode(intent))}
                    for reaction, _, intent in intents
                ],
                publications=[
                    {"type": c.type(), "data": c.model_dump(mode="json")} for c in contracts
                ],
            ),
            **ids,
        )

    async def _wait_for(self) -> None:
        """Until this service has read what the position speaks of; Unavailable after WAIT_SECONDS."""
        if (header := self._request.headers.get("tessera-wait-for")) is None:
            return
        position = Position.parse(header)
        deadline = monotonic() + WAIT_SECONDS
        while not await self.service.has_read(
            position.service, position.position, position.topic, position.published
        ):
            if monotonic() > deadline:
                message = "What you wait for has not arrived yet."
                raise Unavailable(message)
            await asyncio.sleep(0.01)


def _no_token() -> Problem:
    return Problem(401, "no_token", "Send an access token.", headers=_BEARER)


def _no_community() -> Problem:
    return Problem(403, "no_community", "This token is for no community; ask for one that is.")


def _no_person() -> Problem:
    return Problem(403, "no_person", "This account has not joined the community.")


def _opaque(text: str) -> str:
    """What a client sends back as it is."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _from_opaque(token: str) -> str:
    """The text behind it; ValueError when there is none."""
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()


@contextlib.asynccontextmanager
async def _seeing(connection: Connection, tenant: str) -> AsyncIterator[None]:
    """A read-only transaction in which row-level security shows the rows of `tenant`."""
    await connection.execute(f"BEGIN READ ONLY; SET LOCAL {TENANT_SETTING} = '{tenant}'")
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("ROLLBACK")


class Permission:
    """A route's gate, as a dependency that yields the Caller."""

    def __init__(
        self, name: str, *, strict: bool, idempotent: bool, if_match: bool, or_self: bool
    ) -> None:
        self.name = name
        self.strict = strict
        self.or_self = or_self
        self.idempotent = idempotent
        self.if_match = if_match

    async def __call__(self, request: Request, response: Response) -> Caller:
        """Who calls, once they may."""
        service: Service = request.app.state.service
        principal = self._principal(service, request)
        if self.name == "public":
            _throttle(request, service)
        elif principal is None:
            raise _no_token()
        elif self.name == "person":
            if principal.community_id is None or principal.person_id is None:
                raise _no_person()
        elif self.name == "platform.read":
            if not principal.is_platform_staff:
                raise Problem(403, "forbidden", "This is for platform staff.")
        elif self.name != "account" and not await self.is_self(request, principal):
            principal = await self._checked(service, principal)
        caller = Caller(service, request, response, principal)
        await caller.identify(idempotent=self.idempotent)
        if self.if_match and request.headers.get("if-match") is None:
            raise Problem(428, "missing_if_match", "Send the version you have seen as If-Match.")
        return caller

    async def is_self(self, request: Request, principal: Principal) -> bool:
        """Whether what the path names is the caller's own; a service may know more of that."""
        named = str(request.path_params.get("person_id", "")).lower()
        return self.or_self and named == str(principal.person_id)

    def _principal(self, service: Service, request: Request) -> Principal | None:
        if (header := request.headers.get("authorization")) is None:
            return None
        scheme, _, token = header.partition(" ")
        try:
            return service.verifier.verify(token.strip() if scheme.lower() == "bearer" else "")
        except InvalidToken:
            telemetry.count("http.invalid_tokens")
            told = "The access token is not valid."
            raise Problem(401, "invalid_token", told, headers=_BEARER) from None

    async def _checked(self, service: Service, principal: Principal) -> Principal:
        if principal.community_id is None:
            raise _no_community()
        principal, fresh = await auth.current(service.pool, principal)
        if self.strict and not fresh:
            message = "Roles may have changed and cannot be checked right now."
            raise Unavailable(message, retry_after=5)
        if not auth.may(principal.roles, self.name):
            raise Problem(403, "forbidden", f"Your roles do not allow {self.name}.")
        return principal


def needs(
    permission: str,
    *,
    strict: bool = False,
    idempotent: bool = True,
    if_match: bool = False,
    or_self: bool = False,
) -> Any:
    """The dependency of every route: `public`, `account`, `person`, or a permission of a role.

    `strict` routes (money, administration) answer 503 rather than trust roles older than 60 s; `if_match`
    routes answer 428 without If-Match; `idempotent=False` lets a POST go without Idempotency-Key; `or_self`
    lets the person through whose own `{person_id}` is in the path.
    """
    gate = Permission(
        permission, strict=strict, idempotent=idempotent, if_match=if_match, or_self=or_self
    )
    return Depends(gate)


class Page(BaseModel):
    """What a list was asked for: at most `limit` items after the cursor `after`."""

    limit: int
    after: str | None = None
    sort: str = ""
    filters: dict[str, str] = {}

    def cursor(self, parse: Callable[[str], Any] = str) -> Any:
        """The sort key of the last item seen, parsed by `parse`; None on the first page."""
        if self.after is None:
            return None
        try:
            return parse(_from_opaque(self.after))
        except (ValueError, OverflowError) as error:
            raise Problem(400, "malformed_cursor", "`after` is not a cursor of ours.") from error

    def answer(self, items: Sequence[Any], key: Callable[[Any], object]) -> dict[str, Any]:
        """`{items, next}` from up to limit + 1 items; `next` is None on the last page."""
        shown = items[: self.limit]
        more = len(items) > self.limit
        return {"items": shown, "next": _opaque(str(key(shown[-1]))) if more else None}


def by_moment(cursor: str) -> tuple[datetime, UUID]:
    """The cursor of a list that is sorted by a moment and then an id; ValueError when it is none."""
    at, id_ = cursor.split(" ")
    return datetime.fromisoformat(at).astimezone(UTC), UUID(id_)


def listing(*, filters: Sequence[str] = (), sorts: Sequence[str] = ()) -> Callable[..., Page]:
    """The dependency of a list: `?limit&after&sort=-x&filter[x]=`; what it does not know is 422."""

    def page(
        request: Request,
        limit: int = Query(50, ge=1, le=200),
        after: str | None = None,
        sort: str = "",
    ) -> Page:
        wanted: dict[str, str] = {}
        wrong = []
        for name, value in request.query_params.items():
            if name in ("limit", "after", "sort"):
                continue
            inner = name.removeprefix("filter[").removesuffix("]")
            if name == f"filter[{inner}]" and inner in filters:
                wanted[inner] = value
            elif name.startswith("filter["):
                wrong.append(error("unknown_filter", f"There is no filter {inner}.", f"?{name}"))
        if sort and sort.removeprefix("-") not in sorts:
            wrong.append(error("unknown_sort", f"This list does not sort by {sort}.", "?sort"))
        if wrong:
            detail = "The list cannot be asked for like this."
            raise Problem(422, "invalid_request", detail, errors=wrong)
        return Page(limit=limit, after=after, sort=sort, filters=wanted)

    return page


paging = listing()


class _Buckets:
    """Token buckets by address, for public routes; the oldest address is forgotten first."""

    def __init__(self, rate: float, *, burst_seconds: float = 4.0, addresses: int = 10_000) -> None:
        self._rate = rate
        self._burst = rate * burst_seconds
        self._addresses = addresses
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        now = monotonic()
        level, at = self._levels.pop(address, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        allowed = level >= 1
        self._levels[address] = (level - 1 if allowed else level), now
        if len(self._levels) > self._addresses:
            self._levels.popitem(last=False)
        return allowed


def _throttle(request: Request, service: Service) -> None:
    buckets = getattr(request.app.state, "buckets", None)
    if buckets is None:
        buckets = request.app.state.buckets = _Buckets(service.settings.public_rate)
    if not buckets.take(request.client.host if request.client else ""):
        detail, later = "Too many requests from this address.", {"Retry-After": "1"}
        raise Problem(429, "too_many_requests", detail, headers=later)


class _Edge:
    """Refuses bodies that are neither JSON nor CSV before anything reads them, and opens the request's span."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value for name, value in scope["headers"] if name in _READ}
        most = MAX_FILE if _is_file(scope, headers) else MAX_BODY
        refusal = _refused(scope, headers, most)
        if refusal is not None:
            await problem.document(refusal)(scope, receive, send)
            return

        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_SECURITY]
            await send(message)

        parent = headers.get(b"traceparent", b"").decode() or None
        with telemetry.span(f"{scope['method']} {self._prefix}", parent) as span:
            try:
                await self._app(scope, counted, secured)
            finally:
                if route := scope.get("route"):  # Its template: an address may be a link.
                    span.update_name(f"{scope['method']} {self._prefix}{route.path}")


_READ = set(b"content-length content-type idempotency-key traceparent transfer-encoding".split())
_SECURITY = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


def _is_file(scope: Scope, headers: Mapping[bytes, bytes]) -> bool:
    """Whether it goes to a file's door, which counts as it reads; a key would have the body read whole before."""
    return scope["method"] == "PUT" and FILES in scope["path"] and b"idempotency-key" not in headers


def _refused(scope: Scope, headers: Mapping[bytes, bytes], most: int) -> Problem | None:
    """What is wrong before the body is read; one of no declared length is counted as it comes."""
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return Problem(400, "malformed_address", "No name of anything has such a character.")
    if scope["method"] not in ("POST", "PUT", "PATCH") or most != MAX_BODY:
        return None
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length) > MAX_BODY:
        return Problem(413, "too_large", f"A body is at most {MAX_BODY} bytes.")
    is_sent = length != b"0" or b"transfer-encoding" in headers
    if is_sent and not _is_accepted(headers, scope["path"]):
        return Problem(415, "not_json", "Send the body as application/json.")
    return None


def _is_accepted(headers: Mapping[bytes, bytes], path: str) -> bool:
    """Mail programs opt out by a form (RFC 8058): where nobody is signed in, a form can do nobody any harm."""
    kind = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
    endings = (b"+json", b"/form-data", b"-form-urlencoded") if "/public/" in path else (b"+json",)
    return kind in (b"application/json", b"text/csv", b"message/rfc822") or kind.endswith(endings)


class OpenRoute(Exception):
    """A route names no permission: the service refuses to start."""


def create_app(service: Service) -> FastAPI:
    """The service's HTTP API: every feature's router under /api/<service>/v1."""
    app = FastAPI(
        title=f"Tessera {service.name}",
        version="1",
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
        telemetry={"tracing": False},  # Its spans hold the address, and an address may be a link.
    )
    app.state.service = service
    problem.install(app)
    prefix = f"/api/{service.name}/v1"
    routers = {
        feature.name: feature.router for feature in service.features if feature.router is not None
    }
    if service.settings.clock == "movable":
        routers["development"] = _development(service)
    for name, router in routers.items():
        for route in router.routes:
            # A router within a router, or a mount, would bring routes that nobody looked at.
            if not isinstance(route, APIRoute) or permission_of(route) is None:
                message = f"{name}: {getattr(route, 'path', route)} names no permission."
                raise OpenRoute(message)
        app.include_router(router, prefix=prefix, tags=[name])
    app.add_middleware(_Edge, prefix=prefix)
    return app


def permission_of(route: APIRoute) -> Permission | None:
    """The permission a route names, None when it names none."""

    def search(dependant: Dependant) -> Permission | None:
        if isinstance(dependant.call, Permission):
            return dependant.call
        return next(
            (found for sub in dependant.dependencies if (found := search(sub)) is not None), None
        )

    return search(route.dependant)


class MoveClock(Body):
    """Where the business clock of a development stack goes; never back."""

    to: datetime


def _development(service: Service) -> APIRouter:
    """Routes that exist only where the clock may be moved."""
    router = APIRouter()
    gate = needs("public", idempotent=False)

    @router.get("/dev/clock", operation_id="read_clock", dependencies=[gate])
    async def read_clock() -> dict[str, Any]:
        return {"now": service.clock.now(), "next_due": await service.next_due()}

    @router.put("/dev/clock", operation_id="move_clock", dependencies=[gate])
    async def move_clock(body: MoveClock) -> dict[str, Any]:
        await service.move_clock(body.to)
        return {"now": service.clock.now(), "next_due": await service.next_due()}

    @router.get("/dev/quiet", operation_id="read_quiet", dependencies=[gate])
    async def read_quiet() -> dict[str, Any]:
        return asdict(await service.quiet())

    return router


def create_admin_app(
    api: FastAPI | None, ready: Callable[[], Awaitable[Mapping[str, bool]]], service: Service
) -> FastAPI:
    """Health, metrics and documentation, on a port of their own that is never public."""
    from shared.admin import routes  # noqa: PLC0415 - only the processes that serve it pay for it

    app = FastAPI(title=f"Tessera {service.name} (admin)", openapi_url=None)
    problem.install(app)
    app.include_router(routes(api, partial(ready), service))
    return app
