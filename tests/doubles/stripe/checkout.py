"""Stripe's own page: a session is opened, the payer comes, and is led back once they have paid or given a card."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

from tests.doubles.stripe.customers import (
    PaymentMethod,
    customer_of,
    new_card,
    new_customer,
)
from tests.doubles.stripe.forms import (
    anything,
    changed,
    currency,
    integer,
    metadata,
    one_of,
    structure,
    text,
)
from tests.doubles.stripe.payments import Intent, create, types_read
from tests.doubles.stripe.refusals import invalid
from tests.doubles.stripe.setups import Setup, agreed
from tests.doubles.stripe.world import Book, Call, Json, Operation, World, listing, retrieving

SESSIONS = "/v1/checkout/sessions"
PAGE = "/pay/{session}"
OPEN_FOR = timedelta(hours=24)
PASSED_ON = ("metadata", "application_fee_amount", "setup_future_usage", "description")


@dataclass(slots=True)
class Session:
    kind: ClassVar[str] = "checkout.session"
    prefix: ClassVar[str] = "cs_test"
    id: str
    created: int
    asked: Json
    total: int | None
    currency: str | None
    expires_at: int
    address: str
    status: str = "open"
    payment_intent: str | None = None
    setup_intent: str | None = None
    paid: bool = False
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def mode(self) -> str:
        return str(self.asked["mode"])

    @property
    def customer(self) -> str | None:
        return self.asked.get("customer")

    def shown(self) -> Json:
        unpaid = "unpaid" if self.mode == "payment" else "no_payment_required"
        return {
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": self.total,
            "amount_total": self.total,
            "automatic_tax": {
                "enabled": False,
                "liability": None,
                "provider": None,
                "status": None,
            },
            "cancel_url": self.asked.get("cancel_url"),
            "client_reference_id": self.asked.get("client_reference_id"),
            "created": self.created,
            "currency": self.currency,
            "custom_fields": [],
            "custom_text": dict.fromkeys(
                ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
            ),
            "customer": self.customer,
            "customer_email": self.asked.get("customer_email"),
            "expires_at": self.expires_at,
            "livemode": False,
            "metadata": self.metadata,
            "mode": self.mode,
            "payment_intent": self.payment_intent,
            "payment_method_types": self.asked.get("payment_method_types", ["card"]),
            "payment_status": "paid" if self.paid else unpaid,
            "setup_intent": self.setup_intent,
            "shipping_options": [],
            "status": self.status,
            "success_url": self.asked.get("success_url"),
            "url": self.address if self.status == "open" else None,
        }


def _open(call: Call) -> Json:
    asked, now = call.asked, call.world.seconds
    if asked.get("customer"):
        customer_of(call.book, asked["customer"])
    total, coin = _total(asked) if asked["mode"] == "payment" else (None, asked.get("currency"))
    id_ = call.world.new_id(Session)
    expires_at = asked.get("expires_at", now + int(OPEN_FOR.total_seconds()))
    address = call.world.address + PAGE.format(session=id_)
    session = Session(id_, now, asked, total, coin, expires_at, address)
    session.metadata = changed({}, asked.get("metadata", {}))
    return call.book.put(session).shown()


def _total(asked: Json) -> tuple[int, str]:
    """What all lines cost together; they name their prices themselves."""
    lines = asked.get("line_items") or []
    if not lines:
        raise invalid("Missing required param: line_items.", "line_items", "parameter_missing")
    total, coins = 0, set()
    for line in lines:
        price = structure("line_items[price_data]", line.get("price_data"))
        amount = integer("line_items[price_data][unit_amount]", price.get("unit_amount"))
        total += amount * integer("line_items[quantity]", line.get("quantity", "1"))
        coins.add(currency("line_items[price_data][currency]", price.get("currency")))
    if len(coins) != 1:
        raise invalid("All line items must be in one currency.", "line_items")
    return total, coins.pop()


def visit(world: World, session_id: str, number: str) -> str:
    """The payer gives a card of that number on the page; where they are led then. A decline is raised, as there."""
    books = world.books.values()
    book = next(one for one in books if one.get(session_id))
    session = book.find(Session, session_id)
    if session.status != "open" or session.expires_at <= world.seconds:
        raise invalid("This Checkout Session is no longer open.")
    method = new_card(world, book, number)
    if session.mode == "setup":
        _set_up(world, book, session, method)
    else:
        _pay(world, book, session, method)
    session.status = "complete"
    world.tell(book, "checkout.session.completed", session)
    return str(session.asked["success_url"]).replace("{CHECKOUT_SESSION_ID}", session.id)


def _pay(world: World, book: Book, session: Session, method: PaymentMethod) -> None:
    told = session.asked.get("payment_intent_data", {})
    asked: Json = {name: told[name] for name in PASSED_ON if name in told}
    if "application_fee_amount" in asked:
        asked["application_fee_amount"] = int(asked["application_fee_amount"])
    asked |= {"amount": session.total, "currency": session.currency, "confirm": True}
    asked |= {"payment_method": method.id, "payment_method_types": [method.type]}
    if not session.customer and session.asked.get("customer_creation") == "always":
        session.asked["customer"] = book.put(new_customer(world)).id
    asked |= {"customer": session.customer} if session.customer else {}
    # Whoever is on the page authenticates there and then.
    method.set_up = True
    intent: Intent = create(Call(world, book, {}, asked))
    session.payment_intent, session.paid = intent.id, intent.status == "succeeded"


def _set_up(world: World, book: Book, session: Session, method: PaymentMethod) -> None:
    labels = changed({}, session.asked.get("setup_intent_data", {}).get("metadata", {}))
    setup = Setup(world.new_id(Setup), world.seconds, session.customer, labels, [method.type])
    agreed(world, book, book.put(setup), method)
    session.setup_intent = setup.id


def _expire(call: Call) -> Json:
    session = call.book.find(Session, call.ids["session"], "session")
    if session.status != "open":
        raise invalid(f"This Session has a status of {session.status} and cannot be expired.")
    session.status = "expired"
    call.world.tell(call.book, "checkout.session.expired", session)
    return session.shown()


OPENED: dict[str, Any] = {
    "cancel_url": text,
    "client_reference_id": text,
    "currency": currency,
    "customer": text,
    "customer_creation": one_of("always", "if_required"),
    "customer_email": text,
    "expires_at": integer,
    "line_items": anything,
    "locale": text,
    "metadata": metadata,
    "mode": one_of("payment", "setup"),
    "payment_intent_data": structure,
    "payment_method_types": types_read,
    "setup_intent_data": structure,
    "success_url": text,
}
ONE = SESSIONS + "/{session}"
OPERATIONS = (
    Operation("POST", SESSIONS, _open, OPENED, ("mode", "success_url")),
    listing(SESSIONS, Session, customer=text, payment_intent=text),
    retrieving(ONE, Session, "session"),
    Operation("POST", ONE + "/expire", _expire),
)
