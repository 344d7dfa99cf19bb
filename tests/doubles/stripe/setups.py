"""What is given for later: a card, by a form in which the payer agrees with their bank or by its id, or a debit.

A bank account is kept under a mandate, which its owner signs there and then (docs.stripe.com/api/mandates).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.doubles.stripe.customers import (
    PaymentMethod,
    customer_of,
    decline,
    may_be_used,
    method_of,
)
from tests.doubles.stripe.forms import boolean, changed, metadata, one_of, structure, text
from tests.doubles.stripe.payments import types_read
from tests.doubles.stripe.refusals import invalid
from tests.doubles.stripe.world import Book, Call, Json, Operation, World, listing, retrieving

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
    mandate: str | None = None

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
            "mandate": self.mandate,
            "metadata": self.metadata,
            "next_action": None,
            "payment_method": self.payment_method,
            "payment_method_types": self.types,
            "status": self.status,
            "usage": "off_session",
        }


@dataclass(slots=True)
class Mandate:
    kind: ClassVar[str] = "mandate"
    prefix: ClassVar[str] = "mandate"
    id: str
    created: int
    payment_method: str
    acceptance: Json

    def shown(self) -> Json:
        reference = self.id.rpartition("_")[2][-16:].upper()
        debit = {"reference": reference, "url": f"https://hooks.stripe.test/{reference}"}
        return {
            "id": self.id,
            "object": "mandate",
            "customer_acceptance": self.acceptance,
            "livemode": False,
            "multi_use": {},
            "payment_method": self.payment_method,
            "payment_method_details": {"type": "sepa_debit", "sepa_debit": debit},
            "status": "active",
            "type": "multi_use",
        }


def _sign(call: Call, method: PaymentMethod) -> Mandate:
    """Online: from where and by which browser, or nobody could show it to a bank."""
    acceptance = structure("mandate_data", call.asked.get("mandate_data")).get(
        "customer_acceptance", {}
    )
    online = acceptance.get("online", {})
    if acceptance.get("type") != "online" or not {"ip_address", "user_agent"} <= online.keys():
        raise invalid("A mandate is required.", "mandate_data", "setup_intent_mandate_invalid")
    accepted = {"accepted_at": int(acceptance["accepted_at"]), "online": online, "type": "online"}
    mandate = Mandate(call.world.new_id(Mandate), call.world.seconds, method.id, accepted)
    return call.book.put(mandate)


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
    if method.type not in types:
        raise invalid("The PaymentMethod provided is of another type.", "payment_method")
    if method.type == "sepa_debit":
        setup.mandate = _sign(call, method).id
    if method.card and method.card.payer != "never":
        setup.payment_method, setup.status = method.id, "requires_action"
        call.world.tell(call.book, "setup_intent.requires_action", setup)
    else:
        agreed(call.world, call.book, setup, method)
    return setup.shown()


ASKED: dict[str, Any] = {
    "confirm": boolean,
    "customer": text,
    "mandate_data": structure,
    "metadata": metadata,
    "payment_method": text,
    "payment_method_types": types_read,
    "usage": one_of("off_session", "on_session"),
}
OPERATIONS = (
    Operation("POST", SETUPS, _create, ASKED),
    listing(SETUPS, Setup, customer=text, payment_method=text),
    retrieving(SETUPS + "/{intent}", Setup, "intent"),
    retrieving("/v1/mandates/{mandate}", Mandate, "mandate"),
)
