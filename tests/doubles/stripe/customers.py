"""Customers, and the cards and accounts that they pay by."""

import hashlib
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.doubles.stripe.cards import CARDS, DEBITS, OWN_CODES, TOKENS, Card, is_iban, is_number
from tests.doubles.stripe.forms import (
    LISTED,
    anything,
    changed,
    integer,
    metadata,
    one_of,
    read,
    structure,
    text,
)
from tests.doubles.stripe.refusals import Refusal, invalid, missing
from tests.doubles.stripe.world import Book, Call, Json, Operation, World, listing, page, retrieving

CUSTOMERS, METHODS = "/v1/customers", "/v1/payment_methods"
NOBODY: Json = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
ABOUT = ("name", "email", "phone", "description")


@dataclass(slots=True)
class Customer:
    kind: ClassVar[str] = "customer"
    prefix: ClassVar[str] = "cus"
    id: str
    created: int
    metadata: dict[str, str]
    about: dict[str, str] = field(default_factory=dict)
    default_payment_method: str | None = None
    deleted: bool = False

    @property
    def email(self) -> str | None:
        return self.about.get("email")

    def shown(self) -> Json:
        if self.deleted:
            return {"id": self.id, "object": "customer", "deleted": True}
        settings = {
            "custom_fields": None,
            "default_payment_method": self.default_payment_method,
            "footer": None,
            "rendering_options": None,
        }
        return {
            "id": self.id,
            "object": "customer",
            "address": None,
            "balance": 0,
            "created": self.created,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "discount": None,
            "invoice_settings": settings,
            "livemode": False,
            "metadata": self.metadata,
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": None,
        } | {name: self.about.get(name) for name in ABOUT}


@dataclass(slots=True)
class PaymentMethod:
    """`used`: it was charged without a customer, which is its only time. `set_up`: the payer agreed to later ones."""

    kind: ClassVar[str] = "payment_method"
    prefix: ClassVar[str] = "pm"
    id: str
    created: int
    type: str
    details: Json
    billing: Json
    metadata: dict[str, str]
    card: Card | None
    debit: str | None = None
    customer: str | None = None
    used: bool = False
    set_up: bool = False

    def shown(self) -> Json:
        return {
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": self.billing,
            "created": self.created,
            "customer": self.customer,
            "livemode": False,
            "metadata": self.metadata,
            "type": self.type,
            self.type: self.details,
        }


def decline(code: str, **more: Any) -> Refusal:
    """What the bank says, as Stripe passes it on (docs.stripe.com/declines)."""
    shown = code if code in (*OWN_CODES, "authentication_required") else "card_declined"
    message = {"authentication_required": "This transaction requires authentication."}.get(
        code, "Your card was declined."
    )
    return Refusal(402, "card_error", message, code=shown, decline_code=code, **more)


def method_of(call: Call, id_: str, param: str = "payment_method") -> PaymentMethod:
    """Theirs, or a new one of those that are always there; an unknown one is no mistake of the path."""
    if id_ in TOKENS:
        return new_card(call.world, call.book, TOKENS[id_])
    try:
        return call.book.find(PaymentMethod, id_, param, 400)
    except Refusal:
        raise missing("PaymentMethod", id_, param, 400) from None


def new_card(world: World, book: Book, number: str) -> PaymentMethod:
    """One that nobody keeps yet."""
    card = {"number": number, "exp_month": "8", "exp_year": "2035", "cvc": "123"}
    return _made(world, book, "card", _card(book, card), {}, {})


def new_customer(world: World) -> Customer:
    """Of whom nothing is known."""
    return Customer(world.new_id(Customer), world.seconds, {})


def may_be_used(method: PaymentMethod, customer: str | None) -> None:
    """Whoever keeps it has to be named, and without a customer it is good for one charge."""
    if method.customer and customer is None:
        raise invalid(
            "The payment method you provided is attached to a customer so for security purposes you must"
            " provide the customer in the request.",
            "payment_method",
        )
    if method.customer and method.customer != customer:
        raise invalid(
            "The payment method you provided has been attached to another customer.",
            "payment_method",
        )
    if method.used and not method.customer:
        raise invalid(
            "This PaymentMethod was previously used without being attached to a Customer or was detached from a"
            " Customer, and may not be used again.",
            "payment_method",
        )


def _create_customer(call: Call) -> Json:
    asked = call.asked
    customer = Customer(
        call.world.new_id(Customer),
        call.world.seconds,
        changed({}, asked.get("metadata", {})),
        {name: asked[name] for name in ABOUT if asked.get(name)},
    )
    call.book.put(customer)
    if "payment_method" in asked:
        _keep(call, method_of(call, asked["payment_method"]), customer)
    call.world.tell(call.book, "customer.created", customer)
    return customer.shown()


def _change_customer(call: Call) -> Json:
    customer, asked = _customer(call), call.asked
    customer.metadata = changed(customer.metadata, asked.get("metadata", {}))
    customer.about |= {name: asked[name] for name in ABOUT if name in asked}
    wanted = asked.get("invoice_settings", {}).get("default_payment_method")
    if wanted:
        customer.default_payment_method = method_of(call, wanted).id
    call.world.tell(call.book, "customer.updated", customer)
    return customer.shown()


def _delete_customer(call: Call) -> Json:
    customer = _customer(call)
    customer.deleted = True
    for method in _methods_of(call.book, customer.id):
        method.customer, method.used = None, True
    call.world.tell(call.book, "customer.deleted", customer)
    return customer.shown()


def _customer(call: Call) -> Customer:
    return customer_of(call.book, call.ids["customer"], "id", 404)


def customer_of(book: Book, id_: str, param: str = "customer", status: int = 400) -> Customer:
    customer = book.find(Customer, id_, param, status)
    if customer.deleted:
        raise missing("customer", id_, param, status)
    return customer


def _methods_of(book: Book, customer: str) -> list[PaymentMethod]:
    return [one for one in book.every(PaymentMethod) if one.customer == customer]


def _list_methods_of(call: Call) -> Json:
    customer = _customer(call).id
    url = f"{CUSTOMERS}/{customer}/payment_methods"
    return page(call, url, _methods_of(call.book, customer), ("type",))


def _create_method(call: Call) -> Json:
    asked, kind = call.asked, call.asked["type"]
    if kind not in asked:
        raise invalid(f"Missing required param: {kind}.", kind, "parameter_missing")
    details = (_card if kind == "card" else _debit)(call.book, asked[kind])
    about, labels = asked.get("billing_details", {}), asked.get("metadata", {})
    return _made(call.world, call.book, kind, details, about, labels).shown()


def _made(
    world: World, book: Book, kind: str, details: Json, about: Json, labels: dict[str, str]
) -> PaymentMethod:
    number = details.pop("number")
    method = PaymentMethod(
        world.new_id(PaymentMethod),
        world.seconds,
        kind,
        details,
        NOBODY | about | {"address": _address(about.get("address"))},
        changed({}, labels),
        CARDS[number] if kind == "card" else None,
        DEBITS[number] if kind == "sepa_debit" else None,
    )
    return book.put(method)


def _address(told: Any) -> Json:
    parts = ("city", "country", "line1", "line2", "postal_code", "state")
    return {name: (told or {}).get(name) for name in parts}


def _fingerprint(book: Book, number: str) -> str:
    """The same number is known again on the same account, and on no other."""
    return hashlib.sha256(f"{book.account} {number}".encode()).hexdigest()[:16]


def _card(book: Book, told: Json) -> Json:
    needs = ("number", "exp_month", "exp_year")
    takes = {"number": text, "exp_month": integer, "exp_year": integer, "cvc": text}
    asked = read(told, takes, needs)
    number = asked["number"].replace(" ", "")
    if not is_number(number) or number not in CARDS:
        raise Refusal(
            402,
            "card_error",
            "Your card number is incorrect.",
            code="incorrect_number",
            param="number",
        )
    if not 1 <= asked["exp_month"] <= 12:
        raise Refusal(
            402,
            "card_error",
            "Your card's expiration month is invalid.",
            code="invalid_expiry_month",
            param="exp_month",
        )
    checks = {"address_line1_check": None, "address_postal_code_check": None}
    return {
        "number": number,
        "brand": CARDS[number].brand,
        "checks": checks | {"cvc_check": "pass" if "cvc" in asked else None},
        "country": "US",
        "display_brand": CARDS[number].brand,
        "exp_month": asked["exp_month"],
        "exp_year": asked["exp_year"],
        "fingerprint": _fingerprint(book, number),
        "funding": "credit",
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [CARDS[number].brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def _debit(book: Book, told: Json) -> Json:
    iban = read(told, {"iban": text}, ("iban",))["iban"].replace(" ", "")
    if not is_iban(iban) or iban not in DEBITS:
        raise invalid(
            "The IBAN you provided is invalid.", "sepa_debit[iban]", "invalid_bank_account_iban"
        )
    return {
        "number": iban,
        "bank_code": iban[4:12],
        "branch_code": "",
        "country": iban[:2],
        "fingerprint": _fingerprint(book, iban),
        "generated_from": {"charge": None, "setup_attempt": None},
        "last4": iban[-4:],
    }


def _attach(call: Call) -> Json:
    method = method_of(call, call.ids["payment_method"])
    customer = customer_of(call.book, call.asked["customer"])
    if method.customer and method.customer != customer.id:
        raise invalid("The payment method you provided has already been attached to a customer.")
    may_be_used(method, customer.id)
    if method.card and method.card.decline and not method.card.kept:
        raise decline(method.card.decline)
    _keep(call, method, customer)
    return method.shown()


def _keep(call: Call, method: PaymentMethod, customer: Customer) -> None:
    if method.customer != customer.id:
        method.customer = customer.id
        call.world.tell(call.book, "payment_method.attached", method)


def _detach(call: Call) -> Json:
    method = method_of(call, call.ids["payment_method"])
    if method.customer is None:
        raise invalid("The payment method you provided is not attached to a customer.")
    call.world.tell(call.book, "payment_method.detached", method)
    method.customer, method.used = None, True
    return method.shown()


CUSTOMER_TAKES = dict.fromkeys(ABOUT, text) | {
    "metadata": metadata,
    "address": anything,
    "payment_method": text,
    "invoice_settings": structure,
}
KIND = one_of("card", "sepa_debit")
ONE, OF_ONE = CUSTOMERS + "/{customer}", CUSTOMERS + "/{customer}/payment_methods"
METHOD = METHODS + "/{payment_method}"
OPERATIONS = (
    Operation("POST", CUSTOMERS, _create_customer, CUSTOMER_TAKES),
    listing(CUSTOMERS, Customer, email=text),
    retrieving(ONE, Customer, "customer"),
    Operation("POST", ONE, _change_customer, CUSTOMER_TAKES),
    Operation("DELETE", ONE, _delete_customer),
    Operation("GET", OF_ONE, _list_methods_of, {**LISTED, "type": KIND}),
    Operation(
        "POST",
        METHODS,
        _create_method,
        {
            "type": KIND,
            "card": structure,
            "sepa_debit": structure,
            "billing_details": structure,
            "metadata": metadata,
        },
        ("type",),
    ),
    listing(METHODS, PaymentMethod, customer=text, type=KIND),
    retrieving(METHOD, PaymentMethod, "payment_method"),
    Operation("POST", METHOD + "/attach", _attach, {"customer": text}, ("customer",)),
    Operation("POST", METHOD + "/detach", _detach),
)
