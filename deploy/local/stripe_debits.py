"""Debits of bank accounts as Stripe makes them, which `localstripe` does not: under a mandate, and over days.

A debit is pending until its bank has spoken, which is soon; for one account, a test says what the bank does.
"""

# ruff: noqa: SLF001  The double has no other door.

import asyncio
import re
from collections.abc import Callable
from typing import Any

from aiohttp import web
from localstripe.errors import UserError
from localstripe.resources import (
    BalanceTransaction,
    Charge,
    PaymentIntent,
    PaymentMethod,
    SetupIntent,
    random_id,
)
from localstripe.server import get_post_data

Json = dict[str, Any]

WAITS = "AT321904300235473204"
"""Of a debit from this account a test says what the bank answers (docs.stripe.com/payments/sepa-debit, testing)."""

CONFIRMED = re.compile(r"/v1/payment_intents/([^/]+)/confirm")

_mandates: dict[str, Json] = {}
_waiting: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {}
_soon: set[asyncio.Future[None]] = set()


def _mandate_of(method: PaymentMethod) -> Json | None:
    return next((one for one in _mandates.values() if one["payment_method"] == method.id), None)


def _sign(method: PaymentMethod, acceptance: Json) -> Json:
    online = acceptance.get("online", {})
    if acceptance.get("type") != "online" or not {"ip_address", "user_agent"} <= online.keys():
        raise UserError(400, "Missing required param: mandate_data[customer_acceptance][online]")
    reference = random_id(16).upper()
    mandate = {
        "id": f"mandate_{random_id(24)}",
        "object": "mandate",
        "customer_acceptance": acceptance,
        "livemode": False,
        "payment_method": method.id,
        "payment_method_details": {
            "type": "sepa_debit",
            "sepa_debit": {"reference": reference, "url": f"https://hooks.test/{reference}"},
        },
        "status": "active",
        "type": "multi_use",
    }
    _mandates[mandate["id"]] = mandate
    return mandate


def _keep(asked: Json) -> web.Response:
    """With everything at once: the account is kept and the mandate signed."""
    method = PaymentMethod._api_retrieve(asked["payment_method"])
    if method.type not in asked.get("payment_method_types", []):
        raise UserError(400, "The payment method is of another type")
    acceptance = asked.get("mandate_data", {}).get("customer_acceptance")
    if acceptance is None:
        raise UserError(400, "A mandate is required", {"code": "setup_intent_mandate_invalid"})
    PaymentMethod._api_attach(method.id, customer=asked["customer"])
    setup = SetupIntent(customer=asked["customer"], payment_method_types=["sepa_debit"])
    setup.payment_method, setup.status = method.id, "succeeded"
    mandate = _sign(method, acceptance)
    shown = mandate if "mandate" in asked.get("expand", []) else mandate["id"]
    return web.json_response(setup._export() | {"mandate": shown, "last_setup_error": None})


def _set_up(asked: Json) -> web.Response:
    """A card without a charge: it is kept where its bank does not want to hear it of the payer."""
    method = PaymentMethod._api_retrieve(asked["payment_method"])
    setup = SetupIntent(customer=asked["customer"], payment_method_types=["card"])
    setup._attach_pm(method)
    if setup.status == "succeeded":
        PaymentMethod._api_attach(method.id, customer=asked["customer"])
    return web.json_response(setup._export() | {"last_setup_error": None})


def _check_type(asked: Json) -> None:
    method = asked.get("payment_method")
    types = asked.get("payment_method_types")
    if method and types and PaymentMethod._api_retrieve(method).type not in types:
        raise UserError(400, "The payment method is of another type")


def _check_mandate(intent_id: str) -> None:
    method = PaymentMethod._api_retrieve(PaymentIntent._api_retrieve(intent_id).payment_method)
    if method.type == "sepa_debit" and _mandate_of(method) is None:
        raise UserError(400, "Nobody signed", {"code": "payment_intent_mandate_invalid"})


@web.middleware
async def debits(request: web.Request, handler: Any) -> web.StreamResponse:
    """Judge what is asked of bank accounts as Stripe does."""
    if request.method == "POST" and request.path == "/v1/setup_intents":
        asked = await get_post_data(request)
        if "confirm" in asked:
            return _keep(asked) if "mandate_data" in asked else _set_up(asked)
    if request.method == "POST" and request.path == "/v1/payment_intents":
        _check_type(await get_post_data(request))
    if confirmed := CONFIRMED.fullmatch(request.path):
        _check_mandate(confirmed[1])
    answer: web.StreamResponse = await handler(request)
    return answer


async def answer_debit(request: web.Request) -> web.Response:
    """Let the bank speak: the money comes, or does not, for the reason `code`."""
    intent = PaymentIntent._api_retrieve(request.match_info["id"])
    _answered(intent.latest_charge, (await request.json()).get("code"))
    return web.json_response({})


def _answered(charge: Charge, code: str | None) -> None:
    on_success, on_failure = _waiting.pop(charge.id)
    if code is None:
        charge.status = "succeeded"
        moved = {"reporting_category": "charge", "type": "charge", "exchange_rate": 1.0}
        told = {"amount": charge.amount, "currency": charge.currency, "description": None}
        charge.balance_transaction = BalanceTransaction(**moved, **told, source=charge.id).id
        on_success()
    else:
        charge.status, charge.failure_code, charge.failure_message = "failed", code, "Returned."
        on_failure()


def install(app: web.Application) -> None:
    """From now on debits take their time, and need a mandate."""
    begin = Charge._initialize_charge

    def initialize(
        charge: Charge, on_success: Any = None, on_failure_now: Any = None, on_later: Any = None
    ) -> None:
        method = PaymentMethod._api_retrieve(charge.payment_method)
        if method.type != "sepa_debit":
            begin(charge, on_success, on_failure_now, on_later)
            return
        _waiting[charge.id] = on_success, on_later
        if method._sepa_debit_iban != WAITS:
            answering = asyncio.ensure_future(_answer_later(charge))
            _soon.add(answering)
            answering.add_done_callback(_soon.discard)

    Charge._initialize_charge = initialize
    app.middlewares.append(debits)
    app.router.add_post("/_config/debits/{id}", answer_debit)


async def _answer_later(charge: Charge) -> None:
    await asyncio.sleep(0.5)
    _answered(charge, None if charge._authorized else "insufficient_funds")
