"""PayPal, by its REST API: an order is announced without effect, and collected by its id once that is recorded.

An idempotency key is worth six hours there, so nothing is tried again before the order itself was looked at.
"""

import asyncio
import base64
import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx

from services.billing.comparison import RefundThere
from services.billing.gateways.gateway import (
    Declined,
    Disputed,
    IfThere,
    IntentOrder,
    Kept,
    Outcome,
    PayerStep,
    ProcessorUnavailable,
    Subject,
    refund_named,
)
from services.billing.gateways.paypal_disputes import disputed
from services.billing.gateways.paypal_money import read, written
from shared.clock import monotonic
from shared.ids import Code
from shared.money import Money

LIVE = "https://api-m.paypal.com"
TIMEOUT = 20.0
RENEW_TOKEN_SECONDS = 60
TOKENS = "/v3/vault/payment-tokens"
ACCOUNT = "paypal:"
"""How the account of a seller at PayPal begins; what follows is their merchant id."""
MARK = re.compile(r"[0-9a-f]{32}\.[0-9a-f]{32}")
"""The form of what we write on an order."""
WALLET = Code("paypal")
"""The payment method of who agrees on PayPal's own page; one that is kept has an id."""

# What no later try with the same wallet will turn into money (developer.paypal.com/api/rest/reference/orders).
FINAL = frozenset(
    [
        "agreement_already_cancelled",
        "billing_agreement_not_found",
        "compliance_violation",
        "duplicate_invoice_id",
        "payer_account_locked_or_closed",
        "payer_account_restricted",
        "payer_cannot_pay",
        "resource_missing",
        "token_id_not_found",
    ]
)
# The same was asked before and is being done: what comes of it is heard by asking later.
UNDER_WAY = frozenset(["order_completion_in_progress", "previous_request_in_progress"])
# A key that was revoked, or a seller who has not let us in yet, is no fault of this charge: it waits.
NOT_NOW = frozenset(
    [
        HTTPStatus.UNAUTHORIZED,
        HTTPStatus.FORBIDDEN,
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
    ]
)
COLLECTED = frozenset(["COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"])
NOT_REFUNDED = frozenset(["FAILED", "CANCELLED"])
Json = dict[str, Any]


class PaypalGateway:
    """One app of the platform's, which acts for each seller on the account that they connected."""

    def __init__(self, client_id: str, secret: str, url: str = LIVE) -> None:
        self._client_id = client_id
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT)
        self._credentials = httpx.BasicAuth(client_id, secret)
        self._token, self._good_until = "", 0.0
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        await self._http.aclose()

    async def delete_customer(self, customer: Code, account: Code | None) -> None:
        """A customer is what is kept for them: each token goes, and nothing is left."""
        for token in await self._kept(customer, account):
            await self._found("DELETE", f"{TOKENS}/{quote(token['id'], safe='')}", account)
        if await self._kept(customer, account):
            raise ProcessorUnavailable("PayPal still keeps something of a payer.", retry_after=5)

    async def create_intent(self, order: IntentOrder) -> Code:
        if order.customer is None and order.return_url is None:
            raise Declined(Code("not_kept"), final=True)
        body: Json = {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "amount": written(order.amount),
                    "custom_id": mark_of(order.community_id, order.payment_id),
                    # Of two orders with one invoice PayPal collects one.
                    "invoice_id": str(order.payment_id),
                    "payee": {"merchant_id": _merchant(order.account)},
                }
            ],
        }
        if order.customer is None:
            body["payment_source"] = {"paypal": _approval(order)}
        key = f"order:{order.payment_id}:{order.attempt}"
        return Code(
            (await self._ask("POST", "/v2/checkout/orders", order.account, body, key))["id"]
        )

    async def confirm_intent(
        self, intent: Code, payment_method: Code, account: Code | None, *, away: bool = False
    ) -> Outcome:
        del away  # Who agreed once is not asked again.
        order = await self.order(intent, account)
        by_us = payment_method != WALLET
        if order is None or order["status"] not in ("APPROVED", *["CREATED"] * by_us):
            return _outcome(order)
        body = {"payment_source": {"paypal": _by_merchant(payment_method)}} if by_us else {}
        path = f"/v2/checkout/orders/{quote(intent, safe='')}/capture"
        try:
            return _outcome(await self._ask("POST", path, account, body, f"capture:{intent}"))
        except Declined as declined:
            # It may be refused because it was collected before: only a second look says.
            now = _outcome(await self.order(intent, account))
            refused = now.status in ("untouched", "approved", "requires_action")
            if not refused:
                return now
            return Outcome("failed", declined.code, declined.final)

    async def fetch_intent(self, intent: Code, account: Code | None) -> Outcome:
        return _outcome(await self.order(intent, account))

    async def cancel_intent(self, intent: Code, account: Code | None) -> Outcome:
        """Nobody but us collects an order, and we do so only where it is wanted: it runs out by itself."""
        now = await self.fetch_intent(intent, account)
        return now if now.status in ("succeeded", "processing") else Outcome("cancelled")

    async def payer_step(self, intent: Code, account: Code | None) -> PayerStep:
        order = await self.order(intent, account) or {}
        return PayerStep(url=next(_links(order, "payer-action"), None))

    async def refund(
        self,
        intent: Code,
        account: Code | None,
        refund_id: UUID,
        amount: Money,
        *,
        with_fee: bool = False,
    ) -> Code:
        del with_fee  # The platform keeps nothing of what is paid here.
        capture = _capture(await self.order(intent, account) or {})
        if capture is None:
            raise Declined(Code("nothing_collected"), final=True)
        path = f"/v2/payments/captures/{quote(capture['id'], safe='')}/refund"
        body = {"amount": written(amount), "custom_id": str(refund_id)}
        refund = await self._ask("POST", path, account, body, f"refund:{refund_id}")
        if refund["status"] in NOT_REFUNDED:
            raise Declined(Code(refund["status"].lower()), final=True)
        return Code(refund["id"])

    async def find_refund(self, intent: Code, account: Code | None, refund_id: UUID) -> Code | None:
        for refund in await self._refunds(intent, account):
            named = refund_named(refund.get("custom_id")) == refund_id
            if named and refund["status"] not in NOT_REFUNDED:
                return Code(refund["id"])
        return None

    async def refunds(self, intent: Code, account: Code | None) -> tuple[RefundThere, ...]:
        return tuple(
            RefundThere(Code(one["id"]), read(one["amount"]), refund_named(one.get("custom_id")))
            for one in await self._refunds(intent, account)
            if one["status"] == "COMPLETED"
        )

    async def refunded(self, about: Code, account: Code | None) -> Subject | None:
        refund = await self._found("GET", f"/v2/payments/refunds/{quote(about, safe='')}", account)
        capture = next(_links(refund or {}, "up"), "")
        return await self._charged(urlsplit(capture).path.rpartition("/")[2], account)

    async def fetch_dispute(self, dispute: Code, account: Code | None) -> Disputed | None:
        """Of a dispute about several payments, the first is told."""
        path = f"/v1/customer/disputes/{quote(dispute, safe='')}"
        found = await self._found("GET", path, account) or {}
        for transaction in found.get("disputed_transactions", ())[:1]:
            subject = await self._charged(transaction.get("seller_transaction_id", ""), account)
            return disputed(found, subject) if subject else None
        return None

    async def _charged(self, capture: str, account: Code | None) -> Subject | None:
        """Whose payment it is that was collected so."""
        if not capture:
            return None
        path = f"/v2/payments/captures/{quote(capture, safe='')}"
        found = await self._found("GET", path, account) or {}
        related = found.get("supplementary_data", {}).get("related_ids", {})
        return subject_of_mark(found.get("custom_id"), related.get("order_id"))

    async def _refunds(self, intent: Code, account: Code | None) -> list[Json]:
        refunds: list[Json] = payments_of(await self.order(intent, account) or {}).get(
            "refunds", []
        )
        return refunds

    async def order(self, intent: Code, account: Code | None) -> Json | None:
        """The order, None once PayPal has forgotten that it was ever made."""
        return await self._found("GET", f"/v2/checkout/orders/{quote(intent, safe='')}", account)

    async def _kept(self, customer: Code, account: Code | None) -> list[Json]:
        """A page of what is in the vault for a customer."""
        path = f"{TOKENS}?customer_id={quote(customer, safe='')}"
        tokens: list[Json] = (await self._found("GET", path, account) or {}).get(
            "payment_tokens", []
        )
        return tokens

    async def _found(self, method: str, path: str, account: Code | None) -> Json | None:
        with IfThere():
            return await self._ask(method, path, account)
        return None

    async def _ask(
        self,
        method: str,
        path: str,
        account: Code | None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Json:
        headers = {"Prefer": "return=representation"}
        headers["PayPal-Auth-Assertion"] = _assertion(self._client_id, _merchant(account))
        if key:
            headers["PayPal-Request-Id"] = key
        try:
            answer = await self._sent(method, path, headers, body)
            if answer.status_code == HTTPStatus.UNAUTHORIZED:
                self._good_until = 0.0
                answer = await self._sent(method, path, headers, body)
            told: Json = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError, KeyError) as error:
            raise ProcessorUnavailable(f"PayPal: {error!r}", retry_after=5) from error
        if answer.is_success:
            return told
        raise _refused(answer.status_code, told)

    async def _sent(
        self, method: str, path: str, headers: Mapping[str, str], body: Any
    ) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {await self._fresh_token()}"}
        return await self._http.request(method, path, headers={**headers, **bearer}, json=body)

    async def _fresh_token(self) -> str:
        async with self._lock:
            if monotonic() >= self._good_until:
                answer = await self._http.post(
                    "/v1/oauth2/token",
                    data={"grant_type": "client_credentials"},
                    auth=self._credentials,
                )
                answer.raise_for_status()
                told = answer.json()
                self._token = told["access_token"]
                self._good_until = monotonic() + float(told["expires_in"]) - RENEW_TOKEN_SECONDS
            return self._token


def mark_of(community_id: UUID, payment_id: UUID) -> str:
    """What we write on an order, and PayPal on its reports."""
    return f"{community_id.hex}.{payment_id.hex}"


def subject_of_mark(mark: Any, order: Any) -> Subject | None:
    """Whose payment an order is; None for what we did not write."""
    try:
        community, payment = mark.split(".")
        subject = Subject(UUID(hex=community), UUID(hex=payment), Code(order))
    except (AttributeError, ValueError):
        return None
    return subject if isinstance(order, str) and order else None


def _merchant(account: Code | None) -> str:
    return (account or "").removeprefix(ACCOUNT)


def _assertion(client_id: str, merchant: str) -> str:
    """For which seller we act: an unsigned JWT, as PayPal wants it; that we may, PayPal knows from the seller."""
    parts = ({"alg": "none"}, {"iss": client_id, "payer_id": merchant})
    texts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode() for part in parts)
    return ".".join(text.rstrip("=") for text in texts) + "."


def _approval(order: IntentOrder) -> Json:
    wallet: Json = {
        "experience_context": {
            "return_url": order.return_url,
            "cancel_url": order.return_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        }
    }
    if order.keep:
        vault = {
            "store_in_vault": "ON_SUCCESS",
            "usage_type": "MERCHANT",
            "usage_pattern": "RECURRING_PREPAID",
            "permit_multiple_payment_tokens": True,
        }
        wallet["attributes"] = {"vault": vault}
    return wallet


def _by_merchant(payment_method: Code) -> Json:
    return {
        "vault_id": payment_method,
        "stored_credential": {
            "payment_initiator": "MERCHANT",
            "usage": "SUBSEQUENT",
            "usage_pattern": "RECURRING_PREPAID",
        },
    }


def payments_of(order: Json) -> Json:
    units = order.get("purchase_units") or [{}]
    payments: Json = units[0].get("payments") or {}
    return payments


def _capture(order: Json) -> Json | None:
    """What was collected, or is on its way, or else what became of the last try."""
    captures: list[Json] = payments_of(order).get("captures") or []
    good = [one for one in captures if one["status"] in (*COLLECTED, "PENDING")]
    return next(reversed(good or captures), None)


def _links(found: Json, rel: str) -> Iterator[Code]:
    for link in found.get("links", ()):
        if link["rel"] == rel:
            yield Code(link["href"])


def _outcome(order: Json | None) -> Outcome:
    if order is None:
        return Outcome("cancelled")
    capture = _capture(order)
    if capture is not None:
        return _collected(order, capture)
    match order["status"]:
        case "PAYER_ACTION_REQUIRED":
            return Outcome("requires_action")
        case "APPROVED":
            return Outcome("approved")
        case "VOIDED":
            return Outcome("cancelled")
        case _:
            return Outcome("untouched")


def _collected(order: Json, capture: Json) -> Outcome:
    if capture["status"] == "PENDING":
        return Outcome("processing")
    if capture["status"] not in COLLECTED:
        reason = capture.get("status_details", {}).get("reason", "capture_declined")
        return Outcome("failed", Code(reason.lower()))
    vault = order.get("payment_source", {}).get("paypal", {}).get("attributes", {}).get("vault", {})
    customer = vault.get("customer", {}).get("id")
    kept = Kept(Code(vault["id"]), Code(customer)) if vault.get("id") and customer else None
    return Outcome("succeeded", amount=read(capture["amount"]), kept=kept)


def _refused(status: int, told: Json) -> Declined | ProcessorUnavailable:
    issues = [detail.get("issue", "") for detail in told.get("details") or ()]
    code = (issues[0] if issues else told.get("name") or "invalid_request").lower()
    busy = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in NOT_NOW or code in UNDER_WAY
    if busy:
        return ProcessorUnavailable(f"PayPal answered {status} {code}", retry_after=5)
    if status == HTTPStatus.NOT_FOUND:
        code = "resource_missing"
    # What PayPal does not understand it will not understand tomorrow.
    return Declined(Code(code), final=code in FINAL or status == HTTPStatus.BAD_REQUEST)
