"""Intents: announced, confirmed, refused, authenticated, cancelled; and the charges that come of them."""

import hmac
from dataclasses import dataclass
from typing import Any, ClassVar

from tests.doubles.stripe.customers import (
    NOBODY,
    PaymentMethod,
    customer_of,
    decline,
    may_be_used,
    method_of,
)
from tests.doubles.stripe.forms import (
    anything,
    boolean,
    changed,
    currency,
    integer,
    metadata,
    one_of,
    text,
    texts,
)
from tests.doubles.stripe.ledger import book_charge, book_fee
from tests.doubles.stripe.refusals import Refusal, invalid, unexpected_state
from tests.doubles.stripe.world import (
    Book,
    Call,
    Json,
    Operation,
    World,
    listing,
    retrieving,
)

INTENTS, CHARGES = "/v1/payment_intents", "/v1/charges"
LEAST = 50
CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
NOT_AUTHENTICATED: Json = {
    "type": "invalid_request_error",
    "code": "payment_intent_authentication_failure",
    "message": "The provided PaymentMethod has failed authentication.",
}
DEBIT_FAILED: Json = {
    "type": "invalid_request_error",
    "message": "The payment was returned.",
}


@dataclass(slots=True)
class Intent:
    kind: ClassVar[str] = "payment_intent"
    prefix: ClassVar[str] = "pi"
    id: str
    created: int
    amount: int
    currency: str
    types: list[str]
    metadata: dict[str, str]
    customer: str | None = None
    payment_method: str | None = None
    setup_future_usage: str | None = None
    application_fee_amount: int | None = None
    description: str | None = None
    receipt_email: str | None = None
    return_url: str | None = None
    status: str = "requires_payment_method"
    latest_charge: str | None = None
    received: int = 0
    error: Json | None = None
    canceled_at: int | None = None
    cancellation_reason: str | None = None

    @property
    def client_secret(self) -> str:
        return f"{self.id}_secret_{self.id[-12:]}"

    def shown(self) -> Json:
        return {
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": 0,
            "amount_details": {"tip": {}},
            "amount_received": self.received,
            "application": None,
            "application_fee_amount": self.application_fee_amount,
            "automatic_payment_methods": None,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": "automatic",
            "client_secret": self.client_secret,
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": self.description,
            "last_payment_error": self.error,
            "latest_charge": self.latest_charge,
            "livemode": False,
            "metadata": self.metadata,
            "next_action": self._next_action(),
            "on_behalf_of": None,
            "payment_method": self.payment_method,
            "payment_method_configuration_details": None,
            "payment_method_options": {},
            "payment_method_types": self.types,
            "processing": None,
            "receipt_email": self.receipt_email,
            "review": None,
            "setup_future_usage": self.setup_future_usage,
            "shipping": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": self.status,
            "transfer_data": None,
            "transfer_group": None,
        }

    def _next_action(self) -> Json | None:
        if self.status != "requires_action":
            return None
        if self.return_url:
            to = {"return_url": self.return_url, "url": f"https://hooks.stripe.test/{self.id}"}
            return {"type": "redirect_to_url", "redirect_to_url": to}
        return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


@dataclass(slots=True)
class Charge:
    kind: ClassVar[str] = "charge"
    prefix: ClassVar[str] = "ch"
    id: str
    created: int
    amount: int
    currency: str
    status: str
    metadata: dict[str, str]
    customer: str | None
    payment_intent: str
    payment_method: str
    details: Json
    billing: Json
    code: str | None = None
    refunded: int = 0
    disputed: bool = False
    balance_transaction: str | None = None
    application_fee: str | None = None
    application_fee_amount: int | None = None

    def shown(self) -> Json:
        took = self.status == "succeeded"
        return {
            "id": self.id,
            "object": "charge",
            "amount": self.amount,
            "amount_captured": self.amount if took else 0,
            "amount_refunded": self.refunded,
            "application": None,
            "application_fee": self.application_fee,
            "application_fee_amount": self.application_fee_amount,
            "balance_transaction": self.balance_transaction,
            "billing_details": self.billing,
            "calculated_statement_descriptor": None,
            "captured": took,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer,
            "description": None,
            "disputed": self.disputed,
            "failure_balance_transaction": None,
            "failure_code": self.code,
            "failure_message": "Your card was declined." if self.code else None,
            "fraud_details": {},
            "livemode": False,
            "metadata": self.metadata,
            "on_behalf_of": None,
            "outcome": self._outcome(),
            "paid": self.status != "failed",
            "payment_intent": self.payment_intent,
            "payment_method": self.payment_method,
            "payment_method_details": self.details,
            "receipt_email": None,
            "receipt_number": None,
            "receipt_url": None,
            "refunded": self.refunded == self.amount,
            "review": None,
            "shipping": None,
            "source_transfer": None,
            "statement_descriptor": None,
            "statement_descriptor_suffix": None,
            "status": self.status,
            "transfer_data": None,
            "transfer_group": None,
        }

    def _outcome(self) -> Json:
        refused = self.status == "failed"
        return {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "declined_by_network" if refused else "approved_by_network",
            "reason": self.code,
            "seller_message": "Payment complete." if not refused else "The bank declined it.",
            "type": "issuer_declined" if refused else "authorized",
        }


def _create(call: Call) -> Json:
    return create(call).shown()


def create(call: Call) -> Intent:
    """Announced; and charged at once where that was asked too."""
    asked = dict(call.asked)
    confirmed, off_session = asked.pop("confirm", False), asked.pop("off_session", False)
    if asked["amount"] < LEAST:
        message = f"Amount must be at least {LEAST} of the smallest unit."
        raise invalid(message, "amount", "amount_too_small")
    if "application_fee_amount" in asked and call.book.account is None:
        message = "Can only apply an application_fee_amount on a connected account."
        raise invalid(message, "application_fee_amount")
    if asked.get("customer"):
        customer_of(call.book, asked["customer"])
    for name in ("mandate_data", "payment_method_options", "automatic_payment_methods"):
        asked.pop(name, None)
    types = asked.pop("payment_method_types", ["card"])
    labels = changed({}, asked.pop("metadata", {}))
    method = asked.pop("payment_method", None)
    intent = Intent(
        call.world.new_id(Intent), call.world.seconds, types=types, metadata=labels, **asked
    )
    if method:
        _take(call, intent, method)
    call.book.put(intent)
    call.world.tell(call.book, "payment_intent.created", intent)
    if confirmed:
        attempt(call.world, call.book, intent, off_session=off_session)
    return intent


def _take(call: Call, intent: Intent, method_id: str) -> None:
    method = method_of(call, method_id)
    if method.type not in intent.types:
        raise invalid(
            f"The PaymentMethod provided ({method.type}) is not allowed for this PaymentIntent.",
            "payment_method",
        )
    may_be_used(method, intent.customer)
    intent.payment_method = method.id
    intent.status, intent.error = "requires_confirmation", None


def _change(call: Call) -> Json:
    intent, asked = _intent(call), call.asked
    if intent.status not in CONFIRMABLE:
        message = (
            f"This PaymentIntent could not be updated because it has a status of {intent.status}."
        )
        raise unexpected_state(message, intent.shown())
    intent.metadata = changed(intent.metadata, asked.get("metadata", {}))
    for name in ("amount", "currency", "customer", "description", "receipt_email"):
        setattr(intent, name, asked.get(name, getattr(intent, name)))
    if "payment_method" in asked:
        _take(call, intent, asked["payment_method"])
    return intent.shown()


def _confirm(call: Call) -> Json:
    intent, asked = _intent(call), call.asked
    if intent.status not in CONFIRMABLE:
        raise unexpected_state(_why_not_confirmed(intent), intent.shown())
    intent.return_url = asked.get("return_url", intent.return_url)
    intent.setup_future_usage = asked.get("setup_future_usage", intent.setup_future_usage)
    if "payment_method" in asked:
        _take(call, intent, asked["payment_method"])
    if intent.payment_method is None:
        message = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise unexpected_state(message, intent.shown())
    if intent.status == "requires_confirmation":
        attempt(call.world, call.book, intent, off_session=asked.get("off_session", False))
    return intent.shown()


def _why_not_confirmed(intent: Intent) -> str:
    if intent.status == "succeeded":
        return "You cannot confirm this PaymentIntent because it has already succeeded."
    return f"You cannot confirm this PaymentIntent because it has a status of {intent.status}."


def attempt(world: World, book: Book, intent: Intent, *, off_session: bool) -> None:
    """What the bank makes of it; its refusal is raised once it has been written down."""
    assert intent.payment_method is not None
    method = book.find(PaymentMethod, intent.payment_method)
    may_be_used(method, intent.customer)
    if method.card is None:
        _begin_debit(world, book, intent, method)
        return
    wants_payer = method.card.payer == "asked" or (
        method.card.payer == "once" and not method.set_up
    )
    if wants_payer and off_session:
        raise _refused(world, book, intent, method, "authentication_required")
    if wants_payer:
        intent.status = "requires_action"
        world.tell(book, "payment_intent.requires_action", intent)
    elif method.card.decline:
        raise _refused(world, book, intent, method, method.card.decline)
    else:
        _collect(world, book, intent, method)


def _refused(world: World, book: Book, intent: Intent, method: PaymentMethod, code: str) -> Refusal:
    charge = _charge(world, book, intent, method, "failed", code)
    shown = method.shown()
    error = decline(code, charge=charge.id, payment_method=shown).body["error"]
    _fail(world, book, intent, error)
    world.tell(book, "charge.failed", charge)
    return decline(code, charge=charge.id, payment_method=shown, payment_intent=intent.shown())


def _fail(world: World, book: Book, intent: Intent, error: Json) -> None:
    intent.status, intent.payment_method, intent.error = "requires_payment_method", None, error
    world.tell(book, "payment_intent.payment_failed", intent)


def _collect(world: World, book: Book, intent: Intent, method: PaymentMethod) -> None:
    _settled(world, book, intent, _charge(world, book, intent, method, "succeeded"))


def _charge(
    world: World,
    book: Book,
    intent: Intent,
    method: PaymentMethod,
    status: str,
    code: str | None = None,
) -> Charge:
    names = ("brand", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")
    about = {name: method.details[name] for name in names if name in method.details}
    charge = Charge(
        world.new_id(Charge),
        world.seconds,
        intent.amount,
        intent.currency,
        status,
        dict(intent.metadata),
        intent.customer,
        intent.id,
        method.id,
        {"type": method.type, method.type: _details(method, about)},
        NOBODY | method.billing,
        code,
    )
    intent.latest_charge = charge.id
    method.used = method.used or (status == "succeeded" and method.customer is None)
    if intent.setup_future_usage and intent.customer and status != "failed":
        method.customer, method.set_up = intent.customer, True
    return book.put(charge)


def _details(method: PaymentMethod, about: Json) -> Json:
    if method.type == "card":
        return about | {
            "amount_authorized": None,
            "authorization_code": None,
            "checks": method.details["checks"],
            "installments": None,
            "mandate": None,
            "network": method.details["brand"],
            "network_transaction_id": None,
            "regulated_status": None,
            "three_d_secure": None,
            "transaction_link_id": None,
            "wallet": None,
        }
    names = ("bank_code", "branch_code", "country", "fingerprint", "last4")
    return {name: method.details[name] for name in names} | {"mandate": None}


def _settled(world: World, book: Book, intent: Intent, charge: Charge) -> None:
    charge.status = intent.status = "succeeded"
    intent.received, intent.error = intent.amount, None
    if intent.application_fee_amount:
        fee = book_fee(world, book, charge.id, intent.application_fee_amount, intent.currency)
        charge.application_fee, charge.application_fee_amount = fee.id, fee.amount
    charge.balance_transaction = book_charge(
        world, book, charge.id, charge.amount, charge.currency, intent.application_fee_amount or 0
    ).id
    world.tell(book, "charge.succeeded", charge)
    world.tell(book, "payment_intent.succeeded", intent)


def _begin_debit(world: World, book: Book, intent: Intent, method: PaymentMethod) -> None:
    charge = _charge(world, book, intent, method, "pending")
    intent.status = "processing"
    world.tell(book, "charge.pending", charge)
    world.tell(book, "payment_intent.processing", intent)
    if method.debit != "waits":
        world.later(lambda: settle(world, book, intent.id, success=method.debit != "fails"))


def settle(
    world: World, book: Book, intent_id: str, *, success: bool, code: str = "insufficient_funds"
) -> None:
    """The bank has moved the money, or will not, and says why."""
    intent = book.find(Intent, intent_id)
    if intent.status != "processing":
        return
    charge = book.find(Charge, intent.latest_charge or "")
    method = book.find(PaymentMethod, charge.payment_method)
    if success:
        _settled(world, book, intent, charge)
        return
    charge.status, charge.code = "failed", code
    _fail(world, book, intent, DEBIT_FAILED | {"code": code, "payment_method": method.shown()})
    world.tell(book, "charge.failed", charge)


def _authenticate(call: Call) -> Json:
    """What the payer does in the issuer's window; no operation of Stripe's."""
    intent = _intent(call)
    if not hmac.compare_digest(call.asked["client_secret"], intent.client_secret):
        raise invalid("The client_secret provided does not match.", "client_secret")
    authenticate(call.world, call.book, intent.id, success=call.asked["success"])
    return intent.shown()


def authenticate(world: World, book: Book, intent_id: str, *, success: bool) -> None:
    intent = book.find(Intent, intent_id)
    if intent.status != "requires_action" or intent.payment_method is None:
        raise unexpected_state("Nobody waits for the payer.", intent.shown())
    method = book.find(PaymentMethod, intent.payment_method)
    if not success:
        _fail(world, book, intent, NOT_AUTHENTICATED | {"payment_method": method.shown()})
    elif method.card and method.card.decline:
        _refused(world, book, intent, method, method.card.decline)
    else:
        _collect(world, book, intent, method)


def _cancel(call: Call) -> Json:
    intent = _intent(call)
    if intent.status not in CONFIRMABLE:
        message = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent.status}."
        )
        raise unexpected_state(message, intent.shown())
    intent.status, intent.canceled_at = "canceled", call.world.seconds
    intent.cancellation_reason = call.asked.get("cancellation_reason")
    call.world.tell(call.book, "payment_intent.canceled", intent)
    return intent.shown()


def _intent(call: Call) -> Intent:
    return call.book.find(Intent, call.ids["intent"], "intent")


TYPES = one_of("card", "sepa_debit")


def types_read(name: str, value: Any) -> list[str]:
    return [TYPES(name, one) for one in texts(name, value)]


ANEW = {
    "amount": integer,
    "currency": currency,
    "customer": text,
    "description": text,
    "metadata": metadata,
    "payment_method": text,
    "receipt_email": text,
}
ON_SESSION = {
    "mandate_data": anything,
    "off_session": boolean,
    "payment_method_options": anything,
    "return_url": text,
    "setup_future_usage": one_of("off_session", "on_session"),
}
CREATED = ANEW | ON_SESSION
CREATED |= {
    "confirm": boolean,
    "application_fee_amount": integer,
    "payment_method_types": types_read,
}
ONE = INTENTS + "/{intent}"
AUTHENTICATE = ONE + "/_authenticate"
OPERATIONS = (
    Operation("POST", INTENTS, _create, CREATED, ("amount", "currency")),
    listing(INTENTS, Intent, customer=text),
    retrieving(ONE, Intent, "intent"),
    Operation("POST", ONE, _change, ANEW),
    Operation("POST", ONE + "/confirm", _confirm, {**ON_SESSION, "payment_method": text}),
    Operation("POST", ONE + "/cancel", _cancel, {"cancellation_reason": text}),
    Operation(
        "POST",
        AUTHENTICATE,
        _authenticate,
        {"client_secret": text, "success": boolean},
        ("client_secret", "success"),
    ),
    listing(CHARGES, Charge, customer=text, payment_intent=text),
    retrieving(CHARGES + "/{charge}", Charge, "charge"),
)
