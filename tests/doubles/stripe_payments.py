"""Payment intents listed as Stripe lists them, which `localstripe` does not: by account and by when they were made.

What is asked is judged as Stripe judges it: unknown parameters are refused, and what was not expanded is an id. An
account can be made to refuse, and an intent to be lost.
"""

import re
from typing import Any

from aiohttp import web
from localstripe.resources import PaymentIntent, store

Json = dict[str, Any]

LIST = "/v1/payment_intents"
LISTED = re.compile(r"limit|starting_after|created\[(gte|lt)\]|expand\[\d+\]")

_accounts: dict[str, str | None] = {}
_failures: list[int] = []
_asked: list[Json] = []


def _received(intent: PaymentIntent) -> int:
    return int(intent.amount) if intent.status == "succeeded" else 0


def _error(status: int, message: str) -> web.Response:
    kind = {429: "rate_limit_error", 400: "invalid_request_error"}.get(status, "api_error")
    code = {"code": "rate_limit"} if status == 429 else {}
    return web.json_response({"error": {"type": kind, "message": message} | code}, status=status)


def _list(asked: Json, account: str | None) -> web.Response:
    if not all(LISTED.fullmatch(name) for name in asked):
        return _error(400, "Received unknown parameter")
    since, until = int(asked.get("created[gte]", 0)), int(asked.get("created[lt]", 2**40))
    found = [
        intent
        for key, intent in store.items()
        if key.startswith("payment_intent:")
        and _accounts.get(intent.id) == account
        and since <= intent.created < until
    ]
    found.reverse()  # The newest first.
    ids = [intent.id for intent in found]
    start = ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
    end = start + int(asked.get("limit", 10))
    shown = [intent._export() for intent in found[start:end]]
    if "data.latest_charge" not in asked.values():
        shown = [one | {"latest_charge": (one["latest_charge"] or {}).get("id")} for one in shown]
    listed = {"object": "list", "url": LIST, "data": shown, "has_more": end < len(found)}
    return web.json_response(listed)


@web.middleware
async def payments(request: web.Request, handler: Any) -> web.StreamResponse:
    """Note whose account an intent is made on, and answer lists of those of an account."""
    account = request.headers.get("Stripe-Account")
    if request.path == LIST and request.method == "GET" and account:
        asked = dict(request.query)
        _asked.append(asked)
        return _error(_failures.pop(0), "Not now") if _failures else _list(asked, account)
    makes = request.path == LIST and request.method == "POST"
    before = set(store) if makes else set()
    answer: web.StreamResponse = await handler(request)
    for key in set(store) - before if makes else ():
        if key.startswith("payment_intent:"):
            _accounts[key.removeprefix("payment_intent:")] = account
    return answer


async def fail(request: web.Request) -> web.Response:
    """Refuse to list, once with each of these statuses."""
    _failures.extend((await request.json())["statuses"])
    return web.json_response({})


async def asked(request: web.Request) -> web.Response:
    """What has been asked for lists, which is forgotten."""
    told = list(_asked)
    _asked.clear()
    return web.json_response(told)


async def change(request: web.Request) -> web.Response:
    """Let an intent be another than we made it, or none."""
    wanted = await request.json()
    key = f"payment_intent:{request.match_info['id']}"
    intent = store[key]
    if wanted.get("lost"):
        del store[key]
    for name in ("amount", "created", "metadata"):
        setattr(intent, name, wanted.get(name, getattr(intent, name)))
    return web.json_response({})


def install(app: web.Application) -> None:
    """Add what localstripe does not have."""
    PaymentIntent.amount_received = property(_received)
    app.middlewares.append(payments)
    app.router.add_post("/_config/payments/failures", fail)
    app.router.add_post("/_config/payments/asked", asked)
    app.router.add_post("/_config/payments/{id}", change)
