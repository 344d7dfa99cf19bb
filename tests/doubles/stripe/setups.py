"""Cards that are given for later: by a form in which the payer agrees with their bank, or by whoever has its id."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.doubles.stripe.customers import (
    PaymentMethod,
    customer_of,
    decline,
    may_be_used,
    method_of,
)
from tests.doubles.stripe.forms import boolean, changed, metadata, one_of, text
from tests.doubles.stripe.payments import types_read
from tests.doubles.stripe.world import Book, Call, Json, Operation, World, retrieving

SETUPS = "/v1/setup_intents"


@dataclass(slots=True)
class Setup:
    kind: ClassVar[str] = "setup_intent"
    prefix: ClassVar[str] = "seti"
    id: str
    created: int
    customer: str | None
    metadata: dict[str, str]
    types: list[str]
    payment_method: str | None = None
    status: str = "requires_payment_method"

    def shown(self) -> Json:
        return {
            "id": self.id,
            "object": "setup_intent",
            "application": None,
            "client_secret": f"{self.id}_secret_of_it",
            "created": self.created,
            "customer": self.customer,
            "last_setup_error": None,
            "latest_attempt": None,
            "livemode": False,
            "mandate": None,
            "metadata": self.metadata,
            "next_action": None,
            "payment_method": self.payment_method,
            "payment_method_types": self.types,
            "status": self.status,
            "usage": "off_session",
        }


def agreed(world: World, book: Book, setup: Setup, method: PaymentMethod) -> None:
    """The payer gives a card, and does what its bank wants."""
    if method.card and method.card.decline and not method.card.kept:
        raise decline(method.card.decline)
    method.customer, method.set_up = setup.customer, True
    setup.payment_method, setup.status = method.id, "succeeded"
    world.tell(book, "setup_intent.succeeded", setup)


def _create(call: Call) -> Json:
    """With a card and confirmed at once, nobody is there to do what its bank wants."""
    asked = call.asked
    customer = customer_of(call.book, asked["customer"]).id if asked.get("customer") else None
    labels = changed({}, asked.get("metadata", {}))
    types = asked.get("payment_method_types", ["card"])
    setup = Setup(call.world.new_id(Setup), call.world.seconds, customer, labels, types)
    call.book.put(setup)
    if not asked.get("confirm"):
        return setup.shown()
    method = method_of(call, asked["payment_method"])
    may_be_used(method, customer)
    if method.card and method.card.payer:
        setup.payment_method, setup.status = method.id, "requires_action"
        call.world.tell(call.book, "setup_intent.requires_action", setup)
    else:
        agreed(call.world, call.book, setup, method)
    return setup.shown()


ASKED: dict[str, Any] = {
    "confirm": boolean,
    "customer": text,
    "metadata": metadata,
    "payment_method": text,
    "payment_method_types": types_read,
    "usage": one_of("off_session", "on_session"),
}
OPERATIONS = (
    Operation("POST", SETUPS, _create, ASKED),
    retrieving(SETUPS + "/{intent}", Setup, "intent"),
)
