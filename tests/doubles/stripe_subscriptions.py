"""Subscriptions as Stripe keeps them, in place of `localstripe`'s, which know no prices, expansion or accounts.

A test lays them down in the shape of docs.stripe.com/api/subscriptions/object and lets time pass: at the end of its
period a subscription charges the next, or is cancelled where it was told to. What is asked of it is judged as Stripe
judges it: unknown parameters and changes of what is cancelled are refused, another account's are not found, and what
was not expanded is an id. It can be made to fail before it does what it is asked, or after.
"""

import re
from calendar import monthrange
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

Json = dict[str, Any]

PATH = re.compile(r"/v1/subscriptions(?:/(?P<id>[^/]+))?$")
LISTED = re.compile(r"limit|starting_after|status|customer|expand\[\d+\]")
CHANGED = re.compile(r"cancel_at_period_end|metadata\[(\w+)\]")
DEEPEST = 4
DEFAULT = "default_payment_method"

_subscriptions: dict[str, Json] = {}
_charged: dict[str, list[int]] = {}
_accounts: dict[str, str] = {}
_failures: list[Json] = []


def _error(status: int, message: str, code: str | None = None) -> web.Response:
    kind = "invalid_request_error" if status < 500 else "api_error"
    error = {"type": kind, "message": message} | ({"code": code} if code else {})
    return web.json_response({"error": error}, status=status)


def _expanded(found: Json, paths: set[str]) -> Json:
    """The object with an id in place of every object that nobody asked to see."""

    def shown(value: Any, path: str) -> Any:
        if path in paths or not isinstance(value, dict):
            return value
        return value["id"]

    customer = found["customer"]
    if "customer" in {path.split(".")[0] for path in paths}:
        settings = customer["invoice_settings"]
        inner = shown(settings[DEFAULT], f"customer.invoice_settings.{DEFAULT}")
        customer = customer | {
            "invoice_settings": settings | {DEFAULT: inner},
            "default_source": shown(customer["default_source"], "customer.default_source"),
        }
    else:
        customer = customer["id"]
    discounts = found["discounts"]
    if not any(path.startswith("discounts") for path in paths):
        discounts = [one["id"] for one in discounts]
    payment_method = shown(found[DEFAULT], DEFAULT)
    return found | {"customer": customer, "discounts": discounts, DEFAULT: payment_method}


def _paths(asked: Json, prefix: str) -> set[str]:
    paths = {value for name, value in asked.items() if name.startswith("expand")}
    if any(path.count(".") >= DEEPEST or not path.startswith(prefix) for path in paths):
        raise web.HTTPBadRequest
    return {path.removeprefix(prefix) for path in paths}


def _list(asked: Json, account: str | None) -> web.Response:
    if not all(LISTED.fullmatch(name) for name in asked):
        return _error(400, "Received unknown parameter", "parameter_unknown")
    ours = [
        one
        for one in _subscriptions.values()
        if _accounts[one["id"]] == account and one["status"] != "canceled"
    ]
    ids = [one["id"] for one in ours]
    start = ids.index(asked["starting_after"]) + 1 if "starting_after" in asked else 0
    end = start + int(asked.get("limit", 10))
    paths = _paths(asked, "data.")
    data = [_expanded(one, paths) for one in ours[start:end]]
    listed = {"object": "list", "url": "/v1/subscriptions", "data": data}
    return web.json_response(listed | {"has_more": end < len(ours)})


def _change(found: Json, asked: Json) -> web.Response | None:
    if not all(CHANGED.fullmatch(name) for name in asked):
        return _error(400, "Received unknown parameter", "parameter_unknown")
    if found["status"] == "canceled":
        return _error(400, "A canceled subscription can only update its cancellation_details.")
    for name, value in asked.items():
        if key := CHANGED.fullmatch(name).group(1):  # type: ignore[union-attr]  # It was matched above.
            found["metadata"].pop(key, None)
            found["metadata"] |= {key: value} if value else {}
        else:
            found[name] = value == "true"
    return None


@web.middleware
async def subscriptions(request: web.Request, handler: Any) -> web.StreamResponse:
    """Answer what is about subscriptions, and leave the rest to localstripe."""
    path = PATH.fullmatch(request.path)
    if path is None:
        answer: web.StreamResponse = await handler(request)
        return answer
    failure = _failures.pop(0) if _failures else None
    if failure and not failure["after"]:
        return _error(failure["status"], "Not now")
    answer = await _answer(request, path["id"])
    return _error(failure["status"], "Lost") if failure else answer


async def _answer(request: web.Request, id_: str | None) -> web.Response:
    account = request.headers.get("Stripe-Account")
    asked = dict(request.query) | dict(parse_qsl(await request.text(), keep_blank_values=True))
    if id_ is None:
        return _list(asked, account)
    found = _subscriptions.get(id_)
    if found is None or _accounts[id_] != account:
        return _error(404, f"No such subscription: '{id_}'", "resource_missing")
    if request.method == "POST" and (refused := _change(found, asked)):
        return refused
    paths = _paths(asked, "") if request.method == "GET" else set()
    return web.json_response(_expanded(found, paths))


async def lay_down(request: web.Request) -> web.Response:
    """Let there be a subscription on an account."""
    asked = await request.json()
    found: Json = asked["subscription"]
    _subscriptions[found["id"]] = found
    _accounts[found["id"]] = asked["account"]
    _charged[found["id"]] = [found["items"]["data"][0]["current_period_start"]]
    return web.json_response(found)


async def change(request: web.Request) -> web.Response:
    """Let the creator or the customer change it there."""
    found = _subscriptions[request.match_info["id"]]
    found |= await request.json()
    return web.json_response(found)


async def look(request: web.Request) -> web.Response:
    """How it stands, and the beginnings of all periods that it has charged."""
    id_ = request.match_info["id"]
    return web.json_response({"subscription": _subscriptions[id_], "charged": _charged[id_]})


async def pass_time(request: web.Request) -> web.Response:
    """Let it be then: what ends ends, and what goes on is charged."""
    now = (await request.json())["now"]
    for found in _subscriptions.values():
        item = found["items"]["data"][0]
        while found["status"] == "active" and item["current_period_end"] <= now:
            _turn(found, item)
    return web.json_response({})


def _turn(found: Json, item: Json) -> None:
    end = item["current_period_end"]
    if found["cancel_at_period_end"]:
        found |= {"status": "canceled", "ended_at": end, "canceled_at": end}
        return
    item |= {"current_period_start": end, "current_period_end": _following(found, item, end)}
    _charged[found["id"]].append(end)


def _following(found: Json, item: Json, end: int) -> int:
    recurring = item["price"]["recurring"]
    months = {"month": 1, "year": 12}[recurring["interval"]] * recurring["interval_count"]
    was = datetime.fromtimestamp(end, UTC)
    years, month = divmod(was.month - 1 + months, 12)
    year = was.year + years
    day = datetime.fromtimestamp(found["billing_cycle_anchor"], UTC).day
    day = min(day, monthrange(year, month + 1)[1])
    return int(was.replace(year=year, month=month + 1, day=day).timestamp())


async def fail(request: web.Request) -> web.Response:
    """Refuse to answer so many times, before doing what was asked or after."""
    asked = await request.json()
    _failures.extend([asked] * asked["times"])
    return web.json_response({})


async def forget(_: web.Request) -> web.Response:
    """Nothing was ever there."""
    for kept in (_subscriptions, _charged, _accounts, _failures):
        kept.clear()
    return web.json_response({})


def install(app: web.Application) -> None:
    """Take the place of what localstripe has."""
    app.middlewares.append(subscriptions)
    router = app.router
    router.add_delete("/_config/subscriptions", forget)
    router.add_post("/_config/subscriptions", lay_down)
    router.add_post("/_config/subscriptions/now", pass_time)
    router.add_post("/_config/subscriptions/failures", fail)
    router.add_post("/_config/subscriptions/{id}", change)
    router.add_get("/_config/subscriptions/{id}", look)
