"""A Stripe of our own: every operation that the gateways ask for, with the state that decides what it answers.

It knows accounts (no object of one is seen from another), idempotency keys as Stripe keeps them, and trouble on demand.
Where `spec` is given, every request and answer is held to Stripe's own OpenAPI document, and where there is a
`witness`, every request is shown to Stripe's own stripe-mock: `wrong` keeps the verdicts of both. What people, banks
and trouble do is a method here, or a path under /_config for whoever has it in another process.
"""

import asyncio
import base64
import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.doubles import openapi
from tests.doubles.stripe import (
    accounts,
    checkout,
    customers,
    ledger,
    payments,
    refusals,
    reversals,
    setups,
    subscriptions,
)
from tests.doubles.stripe.customers import PaymentMethod
from tests.doubles.stripe.forms import LISTED, decoded, read, text
from tests.doubles.stripe.judge import Spec
from tests.doubles.stripe.refusals import Refusal
from tests.doubles.stripe.reports import Endpoint
from tests.doubles.stripe.world import Book, Call, Event, Json, Operation, World, page

EVENTS = "/v1/events"
REMEMBERS = timedelta(hours=24)
OPERATIONS = (
    *accounts.OPERATIONS,
    *customers.OPERATIONS,
    *payments.OPERATIONS,
    *ledger.OPERATIONS,
    *reversals.OPERATIONS,
    *subscriptions.OPERATIONS,
    *checkout.OPERATIONS,
    *setups.OPERATIONS,
)
Witness = Callable[[Request, bytes], Awaitable[str | None]]
"""What a witness has against a request, None for nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


@dataclass(slots=True)
class Known:
    """What was asked under a key, and what was answered; None while that is being worked out."""

    mark: bytes
    at: datetime
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """`takes_it`: what is asked is done, and only the answer is lost. Without a status, it is only slow."""

    operation: str
    status: int | None
    seconds: float
    takes_it: bool


class Stripe(World):
    """The vendor. `asked` counts what reached it, by operation; `collected`, how many charges brought money."""

    def __init__(
        self,
        takes_seconds: float | None = 0.3,
        spec: Spec | None = None,
        witness: Witness | None = None,
    ) -> None:
        super().__init__(takes_seconds)
        self.asked: Counter[str] = Counter()
        self.collected = 0
        self.faults: list[Fault] = []
        self.revoked: set[str] = set()
        self.consents: dict[str, str] = {}
        self.endpoints: dict[str, Endpoint] = {}
        self.wrong: list[str] = []
        self._spec, self.witness, self.is_asked_rightly = spec, witness, True
        self._keys: dict[tuple[str | None, str], Known] = {}
        self.listeners.append(self._report)
        self.listeners.append(lambda event: reversals.dispute_if_they_would(self, event))
        self.app = Starlette(routes=[*self._routes(), *self._controls()])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    async def close(self) -> None:
        """Report nothing more."""
        for endpoint in self.endpoints.values():
            await endpoint.close()

    # What people, banks, time and trouble do.

    def fail(self, operation: str, status: int, times: int = 1, seconds: float = 0) -> None:
        """The next answers to an operation; nothing of what it asks is done."""
        self.faults += [Fault(operation, status, seconds, takes_it=False)] * times

    def break_down(
        self, operation: str, status: int = 500, times: int = 1, seconds: float = 0
    ) -> None:
        """What is asked next is done, and the answer is lost on its way."""
        self.faults += [Fault(operation, status, seconds, takes_it=True)] * times

    def slow_down(self, operation: str, seconds: float, times: int = 1) -> None:
        """What is asked next is done, after a while."""
        self.faults += [Fault(operation, None, seconds, takes_it=True)] * times

    def pass_by(self, time: timedelta) -> None:
        """Keys are forgotten, and what runs there runs on."""
        self.passed += time
        subscriptions.turn(self, self.now)

    def settle(self, intent: str, account: str | None = None, *, success: bool = True) -> None:
        """A debit has arrived, or never will."""
        payments.settle(self, self.books[account], intent, success=success)

    def authenticate(
        self, intent: str, account: str | None = None, *, success: bool = True
    ) -> None:
        """The payer does as the issuer wants, or does not."""
        payments.authenticate(self, self.books[account], intent, success=success)

    def fill_in(self, form: str, card: str, account: str | None = None) -> None:
        """The payer gives a card in a form, by its secret, and does as its bank wants."""
        book = self.books[account]
        setup = book.find(setups.Setup, form.partition("_secret_")[0])
        setups.agreed(self, book, setup, book.find(PaymentMethod, card))

    def dispute(
        self, intent: str, account: str | None = None, *, reason: str = "fraudulent", **more: Any
    ) -> reversals.Dispute:
        told = {"status": "needs_response"} | more
        return reversals.open_dispute(self, self.books[account], intent, reason, **told)

    def decide(self, dispute: str, status: str, account: str | None = None) -> reversals.Dispute:
        return reversals.decide(self, self.books[account], dispute, status)

    def charges(self, account: str | None = None) -> list[Json]:
        """What has been collected, whatever we believe; the oldest first."""
        every = reversed(self.books[account].every(payments.Charge))
        return [one.shown() for one in every if one.status == "succeeded"]

    def agree(self, account: str) -> str:
        """The owner of an account lets us act for it; the code that they come back with."""
        self.connect(account)
        code = f"ac_{next(self._ids):024x}"
        self.consents[code] = account
        return code

    # The API.

    def _routes(self) -> list[Route]:
        known = [
            *OPERATIONS,
            Operation("GET", EVENTS, self._list_events, {**LISTED, "type": text}),
            Operation("GET", EVENTS + "/{id}", self._read_event),
        ]
        return [
            *(Route(one.template, self._door(one), methods=[one.method]) for one in known),
            Route(checkout.PAGE, self._page, methods=["GET"]),
            Route("/setup/{account}", self._fill_in, methods=["GET"]),
            Route("/oauth/token", self._token, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        """Whoever follows a session's link gives the card that they name there, and is led back."""
        number = request.query_params.get("card", "4242424242424242")
        try:
            back = checkout.visit(self, request.path_params["session"], number)
        except Refusal as refusal:
            return Response(_refused(refusal).body, refusal.status, media_type="application/json")
        return RedirectResponse(back, 303)

    async def _fill_in(self, request: Request) -> Response:
        """Whoever follows an account's link has told all that is missing."""
        accounts.fill_in(self, request.path_params["account"])
        return Response()

    async def _token(self, request: Request) -> Response:
        """The account of a consent, by a code that is good once (docs.stripe.com/connect/oauth-reference)."""
        asked = decoded((await request.body()).decode())
        account = self.consents.pop(asked.get("code", ""), None)
        told = {"stripe_user_id": account, "scope": "read_write", "livemode": False}
        if account is None:
            said = "This authorization code has already been used."
            told = {"error": "invalid_grant", "error_description": said}
        return Response(json.dumps(told), 200 if account else 400, media_type="application/json")

    def _door(self, operation: Operation) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            raw = await request.body()
            self.asked[operation.name] += 1
            self.address = str(request.base_url).rstrip("/")
            told = raw if operation.method == "POST" else request.url.query.encode()
            asked = openapi.Asked.of(request, operation.template, told)
            if self.is_asked_rightly and operation.template != payments.AUTHENTICATE:
                await self._judge_request(operation, request, raw, asked)
            headers = {}
            try:
                done, again = await self._answer(operation, request, raw)
                headers = {"Idempotent-Replayed": "true"} if again else {}
            except Refusal as refusal:
                done = _refused(refusal)
            if self._spec and self._spec.knows(operation.method, operation.template):
                answered = openapi.Answered(done.status, done.body)
                self._note(operation, self._spec.wrong_answer(asked, answered))
            return Response(done.body, done.status, headers, "application/json")

        return answer

    async def _answer(
        self, operation: Operation, request: Request, raw: bytes
    ) -> tuple[Answer, bool]:
        """What is answered, and whether it was before."""
        book = self._book_of(request)
        fault = self._fault(operation)
        name = request.headers.get("idempotency-key") if operation.method == "POST" else None
        if name is None:
            return await self._done(operation, request, book, raw, fault), False
        mark = hashlib.sha256(request.url.path.encode() + b"\n" + raw).digest()
        known = self._keys.get((book.account, name))
        if known and self.now - known.at < REMEMBERS:
            return _replayed(known, mark), True
        known = self._keys[book.account, name] = Known(mark, self.now)
        try:
            known.answer = await self._done(operation, request, book, raw, fault, known)
        finally:
            if known.answer is None:
                del self._keys[book.account, name]
        return known.answer, False

    async def _done(
        self,
        operation: Operation,
        request: Request,
        book: Book,
        raw: bytes,
        fault: Fault | None,
        known: Known | None = None,
    ) -> Answer:
        """Done once it is understood; a refusal of what was understood is an answer like any other."""
        if fault and fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault and fault.status and not fault.takes_it:
            raise refusals.trouble(fault.status)
        told = raw.decode() if operation.method == "POST" else request.url.query
        asked = read(decoded(told), operation.reads, operation.needs)
        paths = asked.pop("expand", [])
        try:
            found = operation.act(Call(self, book, request.path_params, asked))
            answer = Answer(200, json.dumps(book.expanded(found, paths)).encode())
        except Refusal as refusal:
            answer = _refused(refusal)
        if fault and fault.status:
            if known:
                known.answer = answer
            raise refusals.trouble(fault.status)
        return answer

    def _book_of(self, request: Request) -> Book:
        key = _key_of(request.headers.get("authorization", ""))
        if not key.startswith(("sk_", "rk_")) or key in self.revoked:
            raise refusals.NO_KEY
        account = request.headers.get("stripe-account")
        if account not in self.books:
            message = f"The provided key does not have access to account '{account}'."
            raise refusals.invalid(message, code="account_invalid", status=403)
        return self.books[account]

    def _fault(self, operation: Operation) -> Fault | None:
        for fault in self.faults:
            if fault.operation == operation.name:
                self.faults.remove(fault)
                return fault
        return None

    async def _judge_request(
        self, operation: Operation, request: Request, raw: bytes, asked: openapi.Asked
    ) -> None:
        if self.witness and (complaint := await self.witness(request, raw)):
            self._note(operation, [complaint])
        if self._spec and self._spec.knows(operation.method, operation.template):
            self._note(operation, self._spec.wrong_request(asked))

    def _note(self, operation: Operation, wrong: list[str]) -> None:
        self.wrong += [f"{operation.name}: {one}" for one in wrong]

    def _list_events(self, call: Call) -> Json:
        mine = [one for one in reversed(self.events) if one.account == call.book.account]
        return page(call, EVENTS, mine, ("type",))

    def _read_event(self, call: Call) -> Json:
        mine = (one for one in self.events if one.account == call.book.account)
        found = next((one for one in mine if one.id == call.ids["id"]), None)
        if found is None:
            raise refusals.missing("event", call.ids["id"])
        return found.shown()

    def _report(self, event: Event) -> None:
        self.collected += event.type == "charge.succeeded"
        for endpoint in self.endpoints.values():
            endpoint.hear(event)

    # The same from another process.

    def _controls(self) -> list[Route]:
        acts: dict[str, Callable[[Request, Json], Any]] = {
            "/_config/webhooks/{name}": self._add_endpoint,
            "/_config/accounts/{account}": self._connect,
            "/_config/charges": self._count_charges,
            "/_config/faults": self._add_fault,
            "/_config/debits/{intent}": self._settle,
            "/_config/disputes": self._open_dispute,
            "/_config/disputes/{id}": self._decide,
        }
        return [Route(path, _control(act), methods=["POST"]) for path, act in acts.items()]

    def _add_endpoint(self, request: Request, told: Json) -> Json:
        self.endpoints[request.path_params["name"]] = Endpoint(**told)
        return {}

    def _connect(self, request: Request, told: Json) -> Json:
        """With what the platform has written on it."""
        account = request.path_params["account"]
        self.connect(account)
        accounts.of(self, account).metadata |= told
        return {"id": account}

    def _count_charges(self, _: Request, __: Json) -> Json:
        return {"charges": self.collected}

    def _add_fault(self, _: Request, told: Json) -> Json:
        status, seconds = told.get("status"), told.get("seconds", 0)
        fault = Fault(told["operation"], status, seconds, told.get("takes_it", False))
        self.faults += [fault] * told.get("times", 1)
        return {}

    def _open_dispute(self, request: Request, told: Json) -> Json:
        account = request.headers.get("stripe-account")
        return self.dispute(told.pop("payment_intent"), account, **told).shown()

    def _decide(self, request: Request, told: Json) -> Json:
        book = self.books[request.headers.get("stripe-account")]
        id_, status = request.path_params["id"], told.pop("status", None)
        return reversals.decide(self, book, id_, status, **told).shown()

    def _settle(self, request: Request, told: Json) -> Json:
        """A debit has arrived; or it never will, for the reason `code`."""
        book, intent = (
            self.books[request.headers.get("stripe-account")],
            request.path_params["intent"],
        )
        why = {"code": told["code"]} if told.get("code") else {}
        payments.settle(self, book, intent, success=not why, **why)
        return {}


def _control(act: Callable[[Request, Json], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        raw = await request.body()
        told = act(request, json.loads(raw) if raw else {})
        return Response(json.dumps(told), media_type="application/json")

    return answer


def _replayed(known: Known, mark: bytes) -> Answer:
    if known.mark != mark:
        raise refusals.ANOTHER_BODY
    if known.answer is None:
        raise refusals.IN_USE
    return known.answer


def _refused(refusal: Refusal) -> Answer:
    return Answer(refusal.status, json.dumps(refusal.body).encode())


def _key_of(header: str) -> str:
    """As a bearer's token, or as the name that curl sends."""
    scheme, _, told = header.partition(" ")
    if scheme == "Basic":
        return base64.b64decode(told).decode().partition(":")[0]
    return told if scheme == "Bearer" else ""
