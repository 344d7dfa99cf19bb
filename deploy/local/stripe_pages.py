"""Stripe's own page, which `localstripe` does not have: Checkout Sessions in mode payment, for a card.

What is asked is judged as Stripe judges it: unknown parameters are refused, a key is good for one question only, and a
page that is not open is not made to expire. Whoever follows the link has paid, by a good card or by the one whose
number they name there (`?card=4000000000000002`), and is led back.
"""

# ruff: noqa: SLF001  The double has no other door.

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from aiohttp import web
from localstripe.errors import UserError
from localstripe.resources import Customer, Event, PaymentIntent, PaymentMethod, random_id
from localstripe.server import get_post_data
from localstripe.webhooks import schedule_webhook

from deploy.local.settings import HOST

Json = dict[str, Any]

PATH = "/v1/checkout/sessions"
LIFETIME = timedelta(days=1)
GOOD = "4242424242424242"
ASKED = frozenset(
    [
        "mode", "payment_method_types", "line_items", "success_url", "cancel_url", "metadata",
        "payment_intent_data", "customer_creation",
    ]
)  # fmt: skip

_sessions: dict[str, Json] = {}
_begun: dict[str, tuple[Json, Json]] = {}


async def create(request: web.Request) -> web.Response:
    """A page that waits for its payer; the same key answers the same."""
    asked = await get_post_data(request)
    key = request.headers.get("Idempotency-Key", random_id(20))
    if key in _begun:
        before, answer = _begun[key]
        if before != asked:
            raise UserError(400, "Keys can only be used with the same parameters")
        return web.json_response(answer)
    if asked.keys() - ASKED or asked["mode"] != "payment":
        raise UserError(400, "Received unknown parameter")
    (line,) = asked["line_items"]
    price = line["price_data"]
    page = f"cs_test_{random_id(40)}"
    session = {
        "id": page,
        "object": "checkout.session",
        "amount_total": int(price["unit_amount"]) * int(line["quantity"]),
        "currency": price["currency"],
        "customer": None,
        "customer_details": None,
        "expires_at": int((datetime.now(UTC) + LIFETIME).timestamp()),
        "livemode": False,
        "metadata": asked["metadata"],
        "mode": "payment",
        "payment_intent": None,
        "payment_status": "unpaid",
        "status": "open",
        "success_url": asked["success_url"],
        "url": f"http://{HOST}:{request.url.port}/_config/pay/{page}",
    }
    _sessions[page] = session
    _begun[key] = asked, dict(session)
    session["_asked"] = asked
    return web.json_response(_shown(session, expand=False))


def _shown(session: Json, *, expand: bool) -> Json:
    shown = {name: value for name, value in session.items() if name != "_asked"}
    if session["payment_intent"] and expand:
        intent = PaymentIntent._api_retrieve(session["payment_intent"])._export()
        asked = session["_asked"].get("payment_intent_data", {})
        shown["payment_intent"] = intent | {"setup_future_usage": asked.get("setup_future_usage")}
    return shown


def _found(request: web.Request) -> Json:
    session = _sessions.get(request.match_info["id"])
    if session is None:
        raise UserError(404, "No such checkout.session")
    return session


async def retrieve(request: web.Request) -> web.Response:
    """As it stands, with the intent itself where that is asked for."""
    return web.json_response(
        _shown(_found(request), expand="payment_intent" in request.query.values())
    )


async def expire(request: web.Request) -> web.Response:
    """Nobody may pay there any more."""
    session = _found(request)
    if session["status"] != "open":
        raise UserError(400, "Only an open session can be expired")
    session |= {"status": "expired", "url": None}
    _report("checkout.session.expired", session)
    return web.json_response(_shown(session, expand=False))


async def pay(request: web.Request) -> web.Response:
    """The payer gives a card there; it may be declined, and then another may follow."""
    session = _found(request)
    _take(session, (await request.json())["number"])
    if request.query.get("silently") is None:
        _report("checkout.session.completed", session)
    return web.json_response({"location": session["success_url"]})


async def follow(request: web.Request) -> web.Response:
    """A person opens the page in a browser; once a card has paid, they are led back."""
    session = _found(request)
    _take(session, request.query.get("card", GOOD))
    _report("checkout.session.completed", session)
    raise web.HTTPSeeOther(session["success_url"])


def _take(session: Json, number: str) -> None:
    if session["status"] != "open":
        raise UserError(400, "This page is closed")
    asked = session["_asked"]
    card = {"number": number, "exp_month": "12", "exp_year": "2035", "cvc": "123"}
    method = PaymentMethod(type="card", card=card)
    if "customer_creation" in asked:
        customer = Customer(email="somebody@example.org")
        PaymentMethod._api_attach(method.id, customer=customer.id)
        session["customer"] = customer.id
    intent = PaymentIntent(
        amount=session["amount_total"],
        currency=session["currency"],
        payment_method=method.id,
        metadata=asked["payment_intent_data"]["metadata"],
        customer=session["customer"],
    )
    PaymentIntent._api_confirm(intent.id)
    session |= {
        "payment_intent": intent.id,
        "payment_status": "paid",
        "status": "complete",
        "url": None,
        "customer_details": {"email": "somebody@example.org", "name": "Somebody"},
    }


async def change(request: web.Request) -> web.Response:
    """Let a page have taken another amount than was asked."""
    session = _found(request)
    session["amount_total"] = (await request.json())["amount_total"]
    return web.json_response({})


def _report(kind: str, session: Json) -> None:
    shown = _shown(session, expand=False)
    schedule_webhook(Event(kind, SimpleNamespace(_export=lambda: shown)))


def install(app: web.Application) -> None:
    """Add the pages."""
    app.router.add_post(PATH, create)
    app.router.add_get(f"{PATH}/{{id}}", retrieve)
    app.router.add_post(f"{PATH}/{{id}}/expire", expire)
    app.router.add_post("/_config/pay/{id}", pay)
    app.router.add_get("/_config/pay/{id}", follow, allow_head=False)
    app.router.add_post("/_config/sessions/{id}", change)
