"""Charges and refunds listed as Stripe lists them, which `localstripe` does not: by account and by when they were made.

What is asked is judged as Stripe judges it: unknown parameters are refused, and what was not expanded is an id.
"""

# ruff: noqa: SLF001  The double has no other door.

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web
from localstripe import server
from localstripe.resources import PaymentIntent, store

Json = dict[str, Any]

LIST = "/v1/payment_intents"
REFUNDS = "/v1/refunds"
WITH_BANKS = frozenset(["off_session", "setup_future_usage"])
LISTED = re.compile(r"limit|starting_after|created\[(gte|lt)\]|expand\[\d+\]")

_accounts: dict[str, str | None] = {}


def _received(intent: PaymentIntent) -> int:
    return int(intent.amount) if intent.status == "succeeded" else 0


def error(status: int, message: str) -> web.Response:
    """No, as Stripe says it."""
    kind = {429: "rate_limit_error", 400: "invalid_request_error"}.get(status, "api_error")
    code = {"code": "rate_limit"} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return web.json_response({"error": {"type": kind, "message": message} | code}, status=status)


def lists(request: web.Request) -> bool:
    """Whether an account is asked what happened on it."""
    is_list = request.path == LIST or (
        request.path == REFUNDS and "payment_intent" not in request.query
    )
    return is_list and request.method == "GET" and "Stripe-Account" in request.headers


def _list(path: str, asked: Json, account: str | None) -> web.Response:
    if not all(LISTED.fullmatch(name) for name in asked):
        return error(400, "Received unknown parameter")
    kind = "refund" if path == REFUNDS else "payment_intent"
    since, until = int(asked.get("created[gte]", 0)), int(asked.get("created[lt]", 2**40))
    found = [
        one
        for one in store.values()
        if getattr(one, "object", None) == kind
        and _accounts.get(_intent_of(one)) == account
        and since <= one.created < until
    ]
    found.reverse()  # The newest first.
    ids = [one.id for one in found]
    start = ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
    end = start + int(asked.get("limit", 10))
    data = [_shown(one, set(asked.values())) for one in found[start:end]]
    listed = {"object": "list", "url": path, "data": data, "has_more": end < len(found)}
    return web.json_response(listed)


def _intent_of(one: Any) -> str:
    return str(one.payment_intent if one.object == "refund" else one.id)


def _shown(one: Any, paths: set[str]) -> Json:
    """With an id in place of what nobody asked to see."""
    shown: Json = one._export()
    if one.object == "payment_intent":
        return _with_charge(shown, seen="data.latest_charge" in paths)
    if any(path.startswith("data.payment_intent") for path in paths):
        intent = PaymentIntent._api_retrieve(one.payment_intent)._export()
        seen = "data.payment_intent.latest_charge" in paths
        return shown | {"payment_intent": _with_charge(intent, seen=seen)}
    return shown


def _with_charge(intent: Json, *, seen: bool) -> Json:
    charge = intent["latest_charge"]
    return intent if seen or not charge else intent | {"latest_charge": charge["id"]}


@web.middleware
async def payments(request: web.Request, handler: Any) -> web.StreamResponse:
    """Note whose account an intent is made on, and answer lists of those of an account."""
    account = request.headers.get("Stripe-Account")
    if lists(request):
        return _list(request.path, dict(request.query), account)
    makes = request.path == LIST and request.method == "POST"
    before = set(store) if makes else set()
    answer: web.StreamResponse = await handler(request)
    for key in set(store) - before if makes else ():
        if key.startswith("payment_intent:"):
            _accounts[key.removeprefix("payment_intent:")] = account
    return answer


def _leaving_out(read: Callable[..., Any]) -> Callable[..., Any]:
    """What it does not know: it has no bank that wants to see a payer first, so that they may be away later."""

    async def known(request: web.Request, **more: Any) -> Any:
        asked = await read(request, **more)
        if asked and request.path.startswith(LIST):
            return {name: value for name, value in asked.items() if name not in WITH_BANKS}
        return asked

    return known


def install(app: web.Application) -> None:
    """From now on an account can be read, and a payer be away."""
    PaymentIntent.amount_received = property(_received)
    server.get_post_data = _leaving_out(server.get_post_data)
    app.middlewares.append(payments)
