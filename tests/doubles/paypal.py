"""A PayPal of our own: orders, wallets that pay or do not, tokens kept in the vault, refunds, signed reports.

It remembers request ids for as long as PayPal does. Every request and answer is judged by PayPal's own OpenAPI
documents where they are at hand; `wrong` keeps the verdicts. It proves that our requests have the vendor's shape and
that we survive its answers, never that it accepts us. Whoever follows an approval link has agreed, with the wallet that
they name there.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.doubles import openapi

CLIENT_ID, CLIENT_SECRET, WEBHOOK_ID = "app-of-ours", "app-secret", "8PT597110X687430LKGECATA"
SIGNER = "messageverificationcerts.paypal.com"
ORDERS, TOKENS = "/v2/checkout/orders", "/v3/vault/payment-tokens"
ORDER, CAPTURE = ORDERS + "/{id}", ORDERS + "/{id}/capture"
CAPTURED = "/v2/payments/captures/{capture_id}"
REFUND, REFUNDED = CAPTURED + "/refund", "/v2/payments/refunds/{refund_id}"
DISPUTE = "/v1/customer/disputes/{id}"
CERTS = "/v1/notifications/certs/"

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
    def __init__(self, status: int, name: str, issue: str | None = None) -> None:
        super().__init__(issue or name)
        self.status, self.name, self.issue = status, name, issue


def unprocessable(issue: str) -> Refusal:
    return Refusal(422, "UNPROCESSABLE_ENTITY", issue)


@dataclass
class Order:
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

    def __init__(self) -> None:
        self.now = datetime.now(UTC)
        self.orders: dict[str, Order] = {}
        self.tokens: dict[str, Token] = {}
        self.disputes: dict[str, Json] = {}
        self.merchants: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.reports: list[Report] = []
        self.failures: list[Failure] = []
        self.wrong: list[str] = []
        self.authority = Authority()
        self._keys: dict[tuple[str, str], tuple[datetime, Response]] = {}
        self._bearer = "A21AA"
        self._address = ""
        self._ids = count(1)
        self.app = Starlette(routes=list(self._routes()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
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
        assert order.status == "PAYER_ACTION_REQUIRED", order.status
        order.status, order.wallet = "APPROVED", wallet
        self._tell("CHECKOUT.ORDER.APPROVED", self._shown(order))

    def settle(self, order_id: str, *, success: bool) -> None:
        """A capture that was pending has arrived, or never will."""
        order = self.orders[order_id]
        (capture,) = order.captures
        assert capture["status"] == "PENDING"
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
            self._judge_request(method, template, body)
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
            self._judge_answer(method, template, done)
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
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {known}":
            return _json(401, {"error": "invalid_client"})
        assert form["grant_type"] == "client_credentials"
        return _json(200, {"access_token": self._bearer, "token_type": "Bearer", "expires_in": 900})

    async def _page(self, request: Request) -> Response:
        """Whoever follows the link agrees, and is led back."""
        order = self.orders[request.query_params["token"]]
        wallet: Any = request.query_params.get("wallet", "good")
        self.approve(order.id, wallet)
        assert order.wallet_asked is not None
        back = order.wallet_asked["experience_context"]["return_url"]
        return RedirectResponse(f"{back}?token={order.id}&PayerID=QYR5Z8XDVJNXQ", 302)

    async def _certificate(self, request: Request) -> Response:
        self.asked["GET certificate"] += 1
        signer = self.authority.issued.get(request.path_params["name"])
        return Response(signer.pem if signer else b"", 200 if signer else 404)

    def _create(self, _request: Request, merchant: str, body: Json) -> tuple[int, Json]:
        (unit,) = body["purchase_units"]
        assert unit["payee"]["merchant_id"] == merchant, "we act for whoever is paid"
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
            assert source["stored_credential"]["payment_initiator"] == "MERCHANT"
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
        assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "none"}
        assert not signature
        if told["iss"] != CLIENT_ID or told["payer_id"] not in self.merchants:
            raise Refusal(403, "NOT_AUTHORIZED", "PERMISSION_DENIED")
        return str(told["payer_id"])

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
            page = f"{self._address}/checkoutnow?token={order.id}"
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
            said = _descriptions(document_of(template)).get(refusal.issue, "No.")
            body["details"] = [{"issue": refusal.issue, "description": said}]
        return _json(refusal.status, body)

    def _judge_request(self, method: str, template: str, body: Any) -> None:
        spec = spec_of(template)
        if spec is not None:
            self.wrong += spec.wrong_request(method, template, body)

    def _judge_answer(self, method: str, template: str, answer: Response) -> None:
        spec = spec_of(template)
        # PayPal's documents know no 429 and no gateway's page: whoever meets one has no shape to hold it to.
        if spec is None or answer.status_code in (401, 403, 409, 429) or answer.status_code >= 500:
            return
        body = json.loads(bytes(answer.body)) if answer.body else None
        self.wrong += spec.wrong_answer(method, template, answer.status_code, body)

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


MESSAGES = {
    404: "The specified resource does not exist.",
    422: "The requested action could not be performed, semantically incorrect, or failed business validation.",
}
DOCUMENTS = {
    "/v1/customer": "paypal.customer_disputes_v1",
    "/v2/checkout": "paypal.checkout_orders_v2",
    "/v2/payments": "paypal.payments_payment_v2",
    "/v3/vault": "paypal.vault_payment_tokens_v3",
}


def spec_of(template: str) -> openapi.Spec | None:
    """PayPal's own document of an operation."""
    path = openapi.path_of(document_of(template))
    return openapi.Spec.read(path) if path else None


def document_of(template: str) -> str:
    return next(name for at, name in DOCUMENTS.items() if template.startswith(at))


@cache
def _descriptions(document: str) -> Mapping[str, str]:
    """What PayPal says beside each issue; its documents hold answers to these very words."""
    found: dict[str, str] = {}

    def walk(node: Any) -> None:
        match node:
            case {"issue": {"enum": [issue]}, "description": {"enum": [description, *_]}}:
                found[issue] = description
            case dict():
                for value in node.values():
                    walk(value)
            case list():
                for value in node:
                    walk(value)

    if path := openapi.path_of(document):
        walk(json.loads(path.read_text()))
    return found


def _json(status: int, body: Json | None) -> Response:
    if body is None:
        return Response(status_code=status)
    return Response(json.dumps(body), status, media_type="application/json")


# Certificates, made here as an authority would: PayPal's own keys sign nothing of ours.


@dataclass
class Signer:
    """A key with a certificate, at PayPal's door."""

    name: str
    key: RSAPrivateKey
    pem: bytes

    def headers(self, raw: bytes, address: str, transmission: str, at: datetime) -> dict[str, str]:
        """What PayPal sends beside these bytes."""
        time = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        text = f"{transmission}|{time}|{WEBHOOK_ID}|{binascii.crc32(raw) & 0xFFFFFFFF}"
        signature = self.key.sign(text.encode(), PKCS1v15(), SHA256())
        return {
            "PayPal-Transmission-Id": transmission,
            "PayPal-Transmission-Time": time,
            "PayPal-Transmission-Sig": base64.b64encode(signature).decode(),
            "PayPal-Cert-Url": f"{address}{CERTS}{self.name}",
            "PayPal-Auth-Algo": "SHA256withRSA",
        }


class Authority:
    """One of its own, and the certificates under it; `above` it there may be another."""

    def __init__(self, above: "Authority | None" = None) -> None:
        self._key = _new_key()
        said = "One in between" if above else "A root of ours"
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, said)])
        self.issued: dict[str, Signer] = {}
        self._usual: Signer | None = None
        usage = _usage(signs_certificates=True)
        signer = above or self
        own = (
            signer._draft(self._name, self._key, timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .sign(signer._key, SHA256())
        )
        self.pem = own.public_bytes(Encoding.PEM)

    def signer(self) -> Signer:
        """The one that PayPal uses now."""
        self._usual = self._usual or self.issue()
        return self._usual

    def issue(self, common_name: str = SIGNER, good_for: timedelta = timedelta(days=20)) -> Signer:
        """Another certificate; with a negative time, one that has expired."""
        key = _new_key()
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        leaf = (
            self._draft(subject, key, good_for)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(usage, critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(common_name)]), critical=False)
            .sign(self._key, SHA256())
        )
        name = f"CERT-360caa42-fca2a594-{len(self.issued)}"
        pem = leaf.public_bytes(Encoding.PEM)
        self.issued[name] = Signer(name, key, pem)
        return self.issued[name]

    def write(self, folder: Path) -> Path:
        """The root, where settings can name it."""
        path = folder / "root.pem"
        path.write_bytes(self.pem)
        return path

    def _draft(
        self, subject: x509.Name, key: RSAPrivateKey, good_for: timedelta
    ) -> x509.CertificateBuilder:
        today = datetime.now(UTC)
        own, issuer = key.public_key(), self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(own)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - timedelta(days=40))
            .not_valid_after(today + good_for)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False
            )
        )


def _new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
