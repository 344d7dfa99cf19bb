"""A PayPal of our own: orders, wallets that pay or do not, tokens kept in the vault, refunds, signed reports.

It remembers request ids for as long as PayPal does. Whoever follows an approval link has agreed, with the wallet that
they name there. As a process of its own it knows every seller, and sends its reports; tests/doubles/paypal.py judges
what is said to it by PayPal's own documents.
"""

import argparse
import asyncio
import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from deploy.local.paypal_authority import CERTS, Authority, Signer
from deploy.local.settings import HOST

CLIENT_ID, CLIENT_SECRET = "app-of-ours", "app-secret"
ORDERS, TOKENS = "/v2/checkout/orders", "/v3/vault/payment-tokens"
ORDER, CAPTURE = ORDERS + "/{id}", ORDERS + "/{id}/capture"
CAPTURED = "/v2/payments/captures/{capture_id}"
REFUND, REFUNDED = CAPTURED + "/refund", "/v2/payments/refunds/{refund_id}"
DISPUTE = "/v1/customer/disputes/{id}"

# For how long PayPal knows a request id (developer.paypal.com/api/rest/reference/idempotency).
REMEMBERS = {ORDERS: timedelta(hours=6), CAPTURE: timedelta(hours=6), REFUND: timedelta(days=45)}
UNAPPROVED_FOR = timedelta(hours=3)

Json = dict[str, Any]
PAYER: Json = {
    "name": {"given_name": "Philomena", "surname": "Vandersloot"},
    "email_address": "philomena.vandersloot@example.org",
    "payer_id": "QYR5Z8XDVJNXQ",
    "address": {"country_code": "PT"},
}
"""Who has all the wallets, as reports have them (developer.paypal.com/docs/api/orders/v2)."""
Wallet = Literal["good", "declines", "pending", "refused", "closed", "forgetful"]
"""`declines` is short of money, `refused` collects nothing, `closed` is for good, `forgetful` does not keep itself."""


class Refusal(Exception):
    """PayPal says no."""

    def __init__(self, status: int, name: str, issue: str | None = None) -> None:
        super().__init__(issue or name)
        self.status, self.name, self.issue = status, name, issue


def unprocessable(issue: str) -> Refusal:
    """It understands what is asked, and does not do it."""
    return Refusal(422, "UNPROCESSABLE_ENTITY", issue)


@dataclass
class Order:
    """One, with what was collected by it and what went back."""

    id: str
    at: datetime
    merchant: str
    unit: Json
    wallet_asked: Json | None
    status: str
    wallet: Wallet | None = None
    token: str | None = None
    captures: list[Json] = field(default_factory=list)
    refunds: list[Json] = field(default_factory=list)


@dataclass
class Token:
    """A wallet that a seller may charge later."""

    id: str
    customer: str
    merchant: str
    wallet: Wallet


@dataclass
class Failure:
    """`takes_it`: what is asked is done, and only the answer is lost."""

    operation: str
    refusal: Refusal
    takes_it: bool


@dataclass
class Report:
    """An event as it was sent: the bytes and their headers."""

    kind: str
    raw: bytes
    headers: dict[str, str]


class Paypal:
    """The vendor. `asked` counts what reached it, by operation; `reports` are what it has to tell."""

    def __init__(self, secret: str = CLIENT_SECRET, authority: Authority | None = None) -> None:
        self.now = datetime.now(UTC)
        self.orders: dict[str, Order] = {}
        self.tokens: dict[str, Token] = {}
        self.disputes: dict[str, Json] = {}
        self.merchants: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.reports: list[Report] = []
        self.failures: list[Failure] = []
        self.authority = authority or Authority()
        self.secret = secret
        self._keys: dict[tuple[str, str], tuple[datetime, Response]] = {}
        self._bearer = "A21AA"
        self.pages = ""
        self._address = ""
        self._ids = count(1)
        self.app = Starlette(routes=list(self._routes()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as an application does."""
        await self.app(scope, receive, send)

    # What people, time and trouble do.

    def merchant(self) -> str:
        """A seller who has let us act for them."""
        number = f"{next(self._ids):o}".translate(str.maketrans("01", "AB"))
        merchant = "M" + number.rjust(12, "Z")
        self.merchants.add(merchant)
        return merchant

    def approve(self, order_id: str, wallet: Wallet = "good") -> None:
        """The payer agrees on PayPal's own page."""
        order = self.orders[order_id]
        _need(order.status == "PAYER_ACTION_REQUIRED", order.status)
        order.status, order.wallet = "APPROVED", wallet
        self._tell("CHECKOUT.ORDER.APPROVED", self._shown(order))

    def settle(self, order_id: str, *, success: bool) -> None:
        """A capture that was pending has arrived, or never will."""
        order = self.orders[order_id]
        (capture,) = order.captures
        _need(capture["status"] == "PENDING", capture["status"])
        capture["status"] = "COMPLETED" if success else "DECLINED"
        capture.pop("status_details")
        self._tell_capture("COMPLETED" if success else "DENIED", order, capture)

    def give_back(self, order_id: str, value: str, status: str = "COMPLETED") -> Json:
        """The seller refunds some of it on PayPal's own page; what is PENDING is not there yet."""
        order = self.orders[order_id]
        (capture,) = order.captures
        amount = capture["amount"] | {"value": value}
        refund = self._back(order, capture, {"amount": amount, "status": status})
        if status == "COMPLETED":
            self._tell_refund(order, refund)
        return refund

    def settle_refund(self, order_id: str, refund: Json, status: str) -> None:
        """One that was pending has gone through, or failed."""
        refund["status"] = status
        name = {"COMPLETED": "PAYMENT.CAPTURE.REFUNDED"}.get(status, f"PAYMENT.REFUND.{status}")
        self._tell_refund(self.orders[order_id], refund, name)

    def open_dispute(self, order_id: str, **more: Any) -> str:
        """The buyer turns to the seller, or with another stage to PayPal, and wants all of it back."""
        order = self.orders[order_id]
        (capture,) = order.captures
        transaction = {
            "seller_transaction_id": capture["id"],
            "custom": order.unit["custom_id"],
            "gross_amount": capture["amount"],
            "buyer": {"name": "Philomena Vandersloot"},
            "seller": {"merchant_id": order.merchant, "name": "Club"},
        }
        dispute: Json = {
            "dispute_id": self._new_id("PP-D-", 20),
            "create_time": f"{self.now:%Y-%m-%dT%H:%M:%S.000Z}",
            "disputed_transactions": [transaction],
            "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
            "status": "WAITING_FOR_SELLER_RESPONSE",
            "dispute_amount": capture["amount"],
            "dispute_life_cycle_stage": "INQUIRY",
            "dispute_channel": "INTERNAL",
            "messages": [{"posted_by": "BUYER", "content": "Rua Augusta 1, says Philomena"}],
        } | more
        self.disputes[dispute["dispute_id"]] = dispute
        self._tell("CUSTOMER.DISPUTE.CREATED", dispute)
        return str(dispute["dispute_id"])

    def change_dispute(self, dispute_id: str, **more: Any) -> None:
        """Either of them answers, it is escalated, or another day is set."""
        self.disputes[dispute_id] |= more
        self._tell("CUSTOMER.DISPUTE.UPDATED", self.disputes[dispute_id])

    def resolve_dispute(self, dispute_id: str, outcome: str, returned: str | None = None) -> None:
        """PayPal, the buyer or the seller has ended it."""
        dispute = self.disputes[dispute_id]
        dispute |= {"status": "RESOLVED", "dispute_outcome": {"outcome_code": outcome}}
        dispute.pop("seller_response_due_date", None)
        if returned:
            amount = dispute["dispute_amount"] | {"value": returned}
            dispute["dispute_outcome"]["amount_refunded"] = amount
        self._tell("CUSTOMER.DISPUTE.RESOLVED", dispute)

    def pass_by(self, time: timedelta) -> None:
        """Orders that nobody approved are forgotten, and so are request ids."""
        self.now += time
        for order in list(self.orders.values()):
            if order.status in ("PAYER_ACTION_REQUIRED", "CREATED") and (
                self.now - order.at >= UNAPPROVED_FOR
            ):
                del self.orders[order.id]

    def fail(self, operation: str, status: int, issue: str | None = None, times: int = 1) -> None:
        """The next answers to an operation; nothing of what it asks is done."""
        self._fail(operation, status, issue, times, takes_it=False)

    def break_down(self, operation: str, status: int = 502, times: int = 1) -> None:
        """What is asked next is done, and the answer is lost on its way."""
        self._fail(operation, status, None, times, takes_it=True)

    def revoke_bearer(self) -> None:
        """Tokens of ours that are out are good no more."""
        self._bearer = self._new_id("A21AA", 20)

    def collected(self, merchant: str | None = None) -> list[tuple[str, Json]]:
        """What was collected: by which order, and the capture."""
        return [
            (order.id, capture)
            for order in self.orders.values()
            for capture in order.captures
            if merchant in (None, order.merchant) and capture["status"] != "DECLINED"
        ]

    def report(self, kind: str, resource: Json, signed_by: "Signer | None" = None) -> Report:
        """An event that says this, as PayPal would send it: with who pays."""
        shipping = {"name": {"full_name": "Philomena Vandersloot"}, "address": PAYER["address"]}
        units = [{"shipping": shipping} | unit for unit in resource.get("purchase_units", [])]
        person = {"payer": PAYER, "payment_source": {"paypal": PAYER}}
        resource = person | resource | ({"purchase_units": units} if units else {})
        event = {
            "id": self._new_id("WH-", 30),
            "event_version": "1.0",
            "create_time": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "resource_type": _resource_type(kind),
            "resource_version": "2.0",
            "event_type": kind,
            "summary": "Échéance payée par Philomena Vandersloot",
            "resource": resource,
        }
        raw = json.dumps(event, ensure_ascii=False).encode()
        signer = signed_by or self.authority.signer()
        headers = signer.headers(raw, self._address, self._new_id("", 20), self.now)
        return Report(kind, raw, headers)

    # The API.

    def _routes(self) -> Iterator[Route]:
        yield Route("/v1/oauth2/token", self._token, methods=["POST"])
        yield Route("/checkoutnow", self._page, methods=["GET"])
        yield Route(CERTS + "{name}", self._certificate, methods=["GET"])
        for method, template, act in (
            ("POST", ORDERS, self._create),
            ("GET", ORDER, self._read),
            ("POST", CAPTURE, self._collect),
            ("GET", CAPTURED, self._show_capture),
            ("POST", REFUND, self._give_back),
            ("GET", REFUNDED, self._show_refund),
            ("GET", DISPUTE, self._show_dispute),
            ("GET", TOKENS, self._list),
            ("DELETE", TOKENS + "/{id}", self._delete),
        ):
            yield Route(template, self._door(method, template, act), methods=[method])

    def _door(self, method: str, template: str, act: Any) -> Any:
        async def answer(request: Request) -> Response:
            self.asked[f"{method} {template}"] += 1
            self._address = str(request.base_url).rstrip("/")
            raw = await request.body()
            body = json.loads(raw) if raw else None
            self.judge_request(request, template, raw)
            request_id = request.headers.get("paypal-request-id", "")
            key = (template + str(request.path_params), request_id)
            try:
                merchant = self._acting_for(request)
                failure = self._failure(f"{method} {template}")
                if failure is not None and not failure.takes_it:
                    raise failure.refusal
                known = self._keys.get(key) if request_id else None
                if known and self.now - known[0] < REMEMBERS[template]:
                    done = known[1]
                else:
                    done = self._done(template, act, request, merchant, body or {})
                    self._keys[key] = self.now, done
                if failure is not None:
                    raise failure.refusal
            except Refusal as refusal:
                done = self._refused(template, refusal)
            self.judge_answer(request, template, done)
            return done

        return answer

    def _done(
        self, template: str, act: Any, request: Request, merchant: str, body: Json
    ) -> Response:
        try:
            status, told = act(request, merchant, body)
        except Refusal as refusal:
            return self._refused(template, refusal)
        return _json(status, told)

    async def _token(self, request: Request) -> Response:
        self.asked["POST /v1/oauth2/token"] += 1
        form = dict(parse_qsl((await request.body()).decode()))
        known = base64.b64encode(f"{CLIENT_ID}:{self.secret}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            return _json(401, {"error": "invalid_client"})
        _need(form["grant_type"] == "client_credentials", "we ask as the app that we are")
        return _json(200, {"access_token": self._bearer, "token_type": "Bearer", "expires_in": 900})

    async def _page(self, request: Request) -> Response:
        """Whoever follows the link agrees, and is led back."""
        order = self.orders[request.query_params["token"]]
        wallet: Any = request.query_params.get("wallet", "good")
        self.approve(order.id, wallet)
        back = (order.wallet_asked or {})["experience_context"]["return_url"]
        return RedirectResponse(f"{back}?token={order.id}&PayerID=QYR5Z8XDVJNXQ", 302)

    async def _certificate(self, request: Request) -> Response:
        self.asked["GET certificate"] += 1
        signer = self.authority.issued.get(request.path_params["name"])
        return Response(signer.pem if signer else b"", 200 if signer else 404)

    def _create(self, _request: Request, merchant: str, body: Json) -> tuple[int, Json]:
        (unit,) = body["purchase_units"]
        _need(unit["payee"]["merchant_id"] == merchant, "we act for whoever is paid")
        if Decimal(unit["amount"]["value"]) <= 0:
            raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
        asked = body.get("payment_source", {}).get("paypal")
        status = "PAYER_ACTION_REQUIRED" if asked else "CREATED"
        order = Order(self._new_id("", 17), self.now, merchant, unit, asked, status)
        self.orders[order.id] = order
        return (200 if asked else 201), self._shown(order)

    def _read(self, request: Request, merchant: str, _body: Json) -> tuple[int, Json]:
        return 200, self._shown(self._order(request, merchant))

    def _collect(self, request: Request, merchant: str, body: Json) -> tuple[int, Json]:
        order = self._order(request, merchant)
        if order.status == "COMPLETED":
            raise unprocessable("ORDER_ALREADY_CAPTURED")
        source = body.get("payment_source", {}).get("paypal")
        if source is not None:
            token = self.tokens.get(source["vault_id"])
            if token is None or token.merchant != merchant:
                raise unprocessable("TOKEN_ID_NOT_FOUND")
            initiator = source["stored_credential"]["payment_initiator"]
            _need(initiator == "MERCHANT", "nobody is there to agree")
            order.wallet = token.wallet
        elif order.status != "APPROVED":
            raise unprocessable("ORDER_NOT_APPROVED")
        invoice = order.unit.get("invoice_id")
        twice = (one for one in self.orders.values() if one.unit.get("invoice_id") == invoice)
        taken = (one.captures for one in twice if one.merchant == merchant)
        if any(capture["status"] != "DECLINED" for captures in taken for capture in captures):
            raise unprocessable("DUPLICATE_INVOICE_ID")
        self._take(order)
        return 201, self._shown(order)

    def _take(self, order: Order) -> None:
        match order.wallet:
            case "declines":
                raise unprocessable("INSTRUMENT_DECLINED")
            case "closed":
                raise unprocessable("PAYER_ACCOUNT_LOCKED_OR_CLOSED")
        status = {"pending": "PENDING", "refused": "DECLINED"}.get(order.wallet or "", "COMPLETED")
        capture: Json = {
            "id": self._new_id("", 17),
            "status": status,
            "amount": order.unit["amount"],
            "final_capture": True,
            "custom_id": order.unit["custom_id"],
            "invoice_id": order.unit["invoice_id"],
        }
        if status == "PENDING":
            capture["status_details"] = {"reason": "ECHECK"}
        order.captures.append(capture)
        order.status = "COMPLETED"
        wish = (order.wallet_asked or {}).get("attributes", {}).get("vault")
        if wish and status != "DECLINED" and order.wallet != "forgetful":
            token = Token(
                self._new_id("", 17), self._new_id("C", 10), order.merchant, order.wallet or "good"
            )
            self.tokens[token.id] = token
            order.token = token.id
        told = {"COMPLETED": "COMPLETED", "PENDING": "PENDING", "DECLINED": "DENIED"}[status]
        self._tell_capture(told, order, capture)

    def _give_back(self, request: Request, merchant: str, body: Json) -> tuple[int, Json]:
        order, capture = self._captured(request, merchant)
        if capture["status"] == "PENDING":
            raise unprocessable("PENDING_CAPTURE")
        gone = _gone(order)
        paid = Decimal(capture["amount"]["value"])
        if gone == paid:
            raise unprocessable("CAPTURE_FULLY_REFUNDED")
        if body["amount"]["currency_code"] != capture["amount"]["currency_code"]:
            raise unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH")
        if gone + Decimal(body["amount"]["value"]) > paid:
            raise unprocessable("REFUND_AMOUNT_EXCEEDED")
        refund = self._back(order, capture, {"status": "COMPLETED"} | body)
        self._tell_refund(order, refund)
        return 201, refund

    def _back(self, order: Order, capture: Json, asked: Json) -> Json:
        up = f"{self._address}{CAPTURED.format(capture_id=capture['id'])}"
        links = [{"href": up, "rel": "up", "method": "GET"}]
        refund = {"id": self._new_id("", 17), "links": links} | asked
        order.refunds.append(refund)
        is_all = _gone(order) == Decimal(capture["amount"]["value"])
        capture["status"] = "REFUNDED" if is_all else "PARTIALLY_REFUNDED"
        return refund

    def _captured(self, request: Request, merchant: str) -> tuple[Order, Json]:
        for order in self.orders.values():
            for capture in order.captures if order.merchant == merchant else ():
                if capture["id"] == request.path_params["capture_id"]:
                    return order, capture
        raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    def _show_capture(self, request: Request, merchant: str, _body: Json) -> tuple[int, Json]:
        order, capture = self._captured(request, merchant)
        return 200, capture | _related(order)

    def _show_refund(self, request: Request, merchant: str, _body: Json) -> tuple[int, Json]:
        for order in self.orders.values():
            for refund in order.refunds if order.merchant == merchant else ():
                if refund["id"] == request.path_params["refund_id"]:
                    return 200, refund
        raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    def _show_dispute(self, request: Request, merchant: str, _body: Json) -> tuple[int, Json]:
        dispute = self.disputes.get(request.path_params["id"])
        if dispute is not None:
            (transaction,) = dispute["disputed_transactions"]
            if transaction["seller"]["merchant_id"] == merchant:
                return 200, dispute
        raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")

    def _list(self, request: Request, merchant: str, _body: Json) -> tuple[int, Json]:
        customer = request.query_params["customer_id"]
        kept = [
            {
                "id": token.id,
                "customer": {"id": customer},
                "payment_source": {"paypal": {"usage_type": "MERCHANT"}},
            }
            for token in self.tokens.values()
            if (token.customer, token.merchant) == (customer, merchant)
        ]
        told = {"customer": {"id": customer}, "payment_tokens": kept}
        return 200, told if kept else {"customer": {"id": customer}}

    def _delete(self, request: Request, merchant: str, _body: Json) -> tuple[int, None]:
        token = self.tokens.get(request.path_params["id"])
        if token is not None and token.merchant == merchant:
            del self.tokens[token.id]
        return 204, None

    # The rest is how it is said.

    def _order(self, request: Request, merchant: str) -> Order:
        order = self.orders.get(request.path_params["id"])
        if order is None or order.merchant != merchant:
            raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
        return order

    def _acting_for(self, request: Request) -> str:
        if request.headers.get("authorization") != f"Bearer {self._bearer}":
            raise Refusal(401, "AUTHENTICATION_FAILURE")
        header, payload, signature = request.headers["paypal-auth-assertion"].split(".")
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        unsigned = json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "none"}
        _need(unsigned and not signature, "we say for whom we act, and sign nothing")
        if told["iss"] != CLIENT_ID or not self._knows(told["payer_id"]):
            raise Refusal(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")
        return str(told["payer_id"])

    def _knows(self, merchant: str) -> bool:
        return merchant in self.merchants

    def _shown(self, order: Order) -> Json:
        unit = {**order.unit, "reference_id": "default"}
        payments = {"captures": order.captures, "refunds": order.refunds}
        if found := {name: some for name, some in payments.items() if some}:
            unit["payments"] = found
        here = f"{self._address}{ORDERS}/{order.id}"
        links = [{"href": here, "rel": "self", "method": "GET"}]
        shown: Json = {
            "id": order.id,
            "intent": "CAPTURE",
            "status": order.status,
            "purchase_units": [unit],
            "links": links,
        }
        if order.status == "PAYER_ACTION_REQUIRED":
            page = f"{self.pages or self._address}/checkoutnow?token={order.id}"
            links.append({"href": page, "rel": "payer-action", "method": "GET"})
        if order.wallet is not None:
            shown["payment_source"] = {"paypal": {"account_status": "VERIFIED"}}
        if order.token in self.tokens:
            customer = {"id": self.tokens[order.token].customer}
            vault = {"id": order.token, "status": "VAULTED", "customer": customer}
            shown["payment_source"]["paypal"]["attributes"] = {"vault": vault}
        return shown

    def _tell_capture(self, kind: str, order: Order, capture: Json) -> None:
        self._tell(f"PAYMENT.CAPTURE.{kind}", capture | _related(order))

    def _tell_refund(
        self, order: Order, refund: Json, kind: str = "PAYMENT.CAPTURE.REFUNDED"
    ) -> None:
        """Of a refund, the payer is the seller."""
        self._tell(kind, refund | {"payer": {"merchant_id": order.merchant}})

    def _tell(self, kind: str, resource: Json) -> None:
        self.reports.append(self.report(kind, resource))

    def _fail(
        self, operation: str, status: int, issue: str | None, times: int, *, takes_it: bool
    ) -> None:
        names = {422: "UNPROCESSABLE_ENTITY", 429: "RATE_LIMIT_REACHED", 409: "RESOURCE_CONFLICT"}
        refusal = Refusal(status, names.get(status, "INTERNAL_SERVER_ERROR"), issue)
        self.failures += [Failure(operation, refusal, takes_it)] * times

    def _failure(self, operation: str) -> Failure | None:
        for failure in self.failures:
            if failure.operation == operation:
                self.failures.remove(failure)
                return failure
        return None

    def _refused(self, template: str, refusal: Refusal) -> Response:
        body: Json = {
            "name": refusal.name,
            "message": MESSAGES.get(refusal.status, "No."),
            "debug_id": "90957fca61718",
        }
        if refusal.issue:
            said = self.described(template, refusal.issue)
            body["details"] = [{"issue": refusal.issue, "description": said}]
        return _json(refusal.status, body)

    def judge_request(self, request: Request, template: str, raw: bytes) -> None:
        """Where somebody knows better what PayPal takes."""

    def judge_answer(self, request: Request, template: str, answer: Response) -> None:
        """And what it says."""

    def described(self, template: str, issue: str) -> str:
        """What PayPal says beside an issue."""
        del template, issue
        return "No."

    def _new_id(self, prefix: str, length: int) -> str:
        return prefix + f"{next(self._ids):X}".zfill(length - len(prefix))


def _related(order: Order) -> Json:
    return {"supplementary_data": {"related_ids": {"order_id": order.id}}}


def _gone(order: Order) -> Decimal:
    stand = (one for one in order.refunds if one["status"] in ("COMPLETED", "PENDING"))
    return sum((Decimal(one["amount"]["value"]) for one in stand), Decimal(0))


def _resource_type(kind: str) -> str:
    if "ORDER" in kind:
        return "checkout-order"
    if "DISPUTE" in kind:
        return "dispute"
    return "refund" if "REFUND" in kind else "capture"


def _need(holds: object, what: str) -> None:
    """What PayPal would not even refuse is a mistake of whoever asks."""
    if not holds:
        raise ValueError(what)


MESSAGES = {
    404: "The specified resource does not exist.",
    422: "The requested action could not be performed, semantically incorrect, or failed business validation.",
}


def _json(status: int, body: Json | None) -> Response:
    if body is None:
        return Response(status_code=status)
    return Response(json.dumps(body), status, media_type="application/json")


class Standing(Paypal):
    """It runs beside a stack: it knows every seller, lives in the time that is, and sends its reports by itself."""

    def __init__(self, secret: str, authority: Authority, webhook: str, pages: str) -> None:
        super().__init__(secret, authority)
        self.pages = pages
        self._webhook = webhook
        self._sending: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in the time that is."""
        self.now = datetime.now(UTC)
        await super().__call__(scope, receive, send)

    def _knows(self, merchant: str) -> bool:
        return bool(merchant)

    def _tell(self, kind: str, resource: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._send(self.report(kind, resource)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, report: Report) -> None:
        """Tried again for a while: whoever hears it may be starting."""
        headers = {"Content-Type": "application/json", **report.headers}
        async with httpx.AsyncClient() as client:
            for seconds in (1, 2, 4, 8, 16, 32):
                await asyncio.sleep(seconds)
                try:
                    answer = await client.post(self._webhook, content=report.raw, headers=headers)
                except httpx.HTTPError as error:
                    print(f"{report.kind}: {error!r}", flush=True)
                    continue
                print(f"{report.kind}: {answer.status_code}", flush=True)
                if answer.is_success:
                    return


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default=HOST, help="another in a container")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--webhook", required=True, help="where its reports go")
    parser.add_argument(
        "--keys",
        type=Path,
        required=True,
        help="a file of the app's secret and of the authority's key",
    )
    parser.add_argument(
        "--pages",
        default="",
        help="where payers reach it, if that is another address than billing's",
    )
    options = parser.parse_args()
    keys = json.loads(options.keys.read_text())
    authority = Authority.read(keys["paypal_authority"])
    paypal = Standing(keys["paypal_secret"], authority, options.webhook, options.pages)
    uvicorn.run(paypal, host=options.host, port=options.port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
