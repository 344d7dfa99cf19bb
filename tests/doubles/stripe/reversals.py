"""Money that goes back: refunds that sellers make, and disputes that payers' banks open."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from tests.doubles.stripe.customers import PaymentMethod
from tests.doubles.stripe.forms import boolean, changed, integer, metadata, one_of, text
from tests.doubles.stripe.ledger import FOR_A_DISPUTE, Fee, book_money
from tests.doubles.stripe.payments import Charge, Intent
from tests.doubles.stripe.refusals import invalid, missing
from tests.doubles.stripe.world import (
    Book,
    Call,
    Event,
    Json,
    Operation,
    World,
    listing,
    retrieving,
)

REFUNDS, DISPUTES = "/v1/refunds", "/v1/disputes"
INQUIRY = "warning_"
ENDED = ("won", "lost", "warning_closed", "prevented")
TO_ANSWER = timedelta(days=9)


@dataclass(slots=True)
class Refund:
    kind: ClassVar[str] = "refund"
    prefix: ClassVar[str] = "re"
    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    status: str
    reason: str | None
    metadata: dict[str, str]
    balance_transaction: str | None = None
    failure_reason: str | None = None

    def shown(self) -> Json:
        failed = {"failure_reason": self.failure_reason} if self.failure_reason else {}
        return {
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "balance_transaction": self.balance_transaction,
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "metadata": self.metadata,
            "payment_intent": self.payment_intent,
            "reason": self.reason,
            "receipt_number": None,
            "source_transfer_reversal": None,
            "status": self.status,
            "transfer_reversal": None,
        } | failed


@dataclass(slots=True)
class Dispute:
    kind: ClassVar[str] = "dispute"
    prefix: ClassVar[str] = "dp"
    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    reason: str
    status: str
    due_by: int | None
    transactions: list[str]
    book: Book

    def shown(self) -> Json:
        kept = [self.book.get(id_) for id_ in self.transactions]
        return {
            "id": self.id,
            "object": "dispute",
            "amount": self.amount,
            "balance_transactions": [one.shown() for one in kept if one],
            "charge": self.charge,
            "created": self.created,
            "currency": self.currency,
            "enhanced_eligibility_types": [],
            "evidence": EVIDENCE,
            "evidence_details": {
                "due_by": self.due_by,
                "enhanced_eligibility": {},
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": self.status.startswith(INQUIRY),
            "livemode": False,
            "metadata": {},
            "payment_intent": self.payment_intent,
            "reason": self.reason,
            "status": self.status,
        }


EVIDENCE: Json = {"enhanced_evidence": {}} | dict.fromkeys(
    """access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal
    customer_communication customer_email_address customer_name customer_purchase_ip customer_signature
    duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt
    refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation
    shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number
    uncategorized_file uncategorized_text""".split()
)


def _refund(call: Call) -> Json:
    charge = _charge_of(call)
    if charge.disputed and not _only_asked(call.book, charge):
        message = f"Charge {charge.id} has been charged back; cannot issue a refund."
        raise invalid(message, code="charge_disputed")
    left = charge.amount - charge.refunded
    if not left:
        message = f"Charge {charge.id} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    amount = call.asked.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise invalid(message, "amount")
    return _give_back(call, charge, amount).shown()


def _give_back(call: Call, charge: Charge, amount: int) -> Refund:
    world, book = call.world, call.book
    card = book.find(PaymentMethod, charge.payment_method).card
    fate = card.refund if card else "succeeded"
    refund = Refund(
        world.new_id(Refund),
        world.seconds,
        amount,
        charge.currency,
        charge.id,
        charge.payment_intent,
        "succeeded" if fate == "failed" else fate,  # It fails later on.
        call.asked.get("reason"),
        changed({}, call.asked.get("metadata", {})),
    )
    book.put(refund)
    charge.refunded += amount
    refund.balance_transaction = book_money(
        world, book, "refund", -amount, charge.currency, refund.id
    ).id
    if call.asked.get("refund_application_fee") and charge.application_fee:
        fee = world.platform.find(Fee, charge.application_fee)
        fee.refunded = round(fee.amount * charge.refunded / charge.amount)
        world.tell(world.platform, "application_fee.refunded", fee)
    world.tell(book, "refund.created", refund)
    world.tell(book, "charge.refunded", charge)
    if fate != "succeeded":
        world.later(lambda: _decide_refund(world, book, refund, success=fate == "pending"))
    return refund


def _decide_refund(world: World, book: Book, refund: Refund, *, success: bool) -> None:
    refund.status = "succeeded" if success else "failed"
    if not success:
        refund.failure_reason = "expired_or_canceled_card"
        book.find(Charge, refund.charge).refunded -= refund.amount
        world.tell(book, "refund.failed", refund)
    world.tell(book, "refund.updated", refund)


def _charge_of(call: Call) -> Charge:
    asked, book = call.asked, call.book
    if asked.get("charge"):
        charge = book.find(Charge, asked["charge"], "charge")
    elif asked.get("payment_intent"):
        intent = book.find(Intent, asked["payment_intent"], "payment_intent")
        if intent.status != "succeeded" or intent.latest_charge is None:
            message = (
                f"This PaymentIntent ({intent.id}) does not have a successful charge to refund."
            )
            raise invalid(message, "payment_intent")
        charge = book.find(Charge, intent.latest_charge)
    else:
        raise invalid("One of the following params should be provided: payment_intent or charge.")
    if charge.status != "succeeded":
        raise invalid(f"Charge {charge.id} was not paid.", "charge")
    return charge


def _only_asked(book: Book, charge: Charge) -> bool:
    """Whether the bank has asked and taken nothing."""
    about = [one for one in book.every(Dispute) if one.charge == charge.id]
    return all(one.status.startswith(INQUIRY) for one in about)


def dispute_if_they_would(world: World, event: Event) -> None:
    """Some cards and accounts belong to people who want their money back at once."""
    if event.type != "payment_intent.succeeded":
        return
    book = world.books[event.account]
    charge = book.find(Charge, event.about["latest_charge"])
    method = book.find(PaymentMethod, charge.payment_method)
    if method.card and method.card.dispute:
        open_dispute(world, book, event.about["id"], *method.card.dispute)
    elif method.debit == "disputed":
        open_dispute(world, book, event.about["id"], "debit_not_authorized", "lost")


def open_dispute(
    world: World,
    book: Book,
    intent_id: str,
    reason: str,
    status: str,
    due_by: int | None = None,
) -> Dispute:
    """The payer's bank wants an intent's money back, or asks first."""
    intent = book.find(Intent, intent_id)
    if intent.latest_charge is None:
        raise missing("charge", intent_id)
    charge = book.find(Charge, intent.latest_charge)
    due = due_by if due_by is not None else int((world.now + TO_ANSWER).timestamp())
    dispute = Dispute(
        world.new_id(Dispute),
        world.seconds,
        charge.amount - charge.refunded,
        charge.currency,
        charge.id,
        intent.id,
        reason,
        status,
        due,
        [],
        book,
    )
    charge.disputed = True
    book.put(dispute)
    if not status.startswith(INQUIRY):
        _move(world, book, dispute, -dispute.amount, FOR_A_DISPUTE)
    world.tell(book, "charge.dispute.created", dispute)
    return dispute


def decide(
    world: World, book: Book, dispute_id: str, status: str | None, **more: int | None
) -> Dispute:
    """The bank has made up its mind, or has put its deadline off (`due_by`), or hears nobody."""
    dispute = book.find(Dispute, dispute_id)
    before, dispute.status = dispute.status, status or dispute.status
    dispute.due_by = more.get("due_by", dispute.due_by)
    if before.startswith(INQUIRY) and dispute.status in ("needs_response", "lost"):
        _move(world, book, dispute, -dispute.amount, FOR_A_DISPUTE)
    if dispute.status == "won" and before != "won":
        _move(world, book, dispute, dispute.amount, -FOR_A_DISPUTE)
    closed = dispute.status in ENDED
    world.tell(book, f"charge.dispute.{'closed' if closed else 'updated'}", dispute)
    return dispute


def _move(world: World, book: Book, dispute: Dispute, amount: int, fee: int) -> None:
    moved = book_money(world, book, "adjustment", amount, dispute.currency, dispute.id, fee)
    dispute.transactions.append(moved.id)
    what = "withdrawn" if amount < 0 else "reinstated"
    world.tell(book, f"charge.dispute.funds_{what}", dispute)


def _close(call: Call) -> Json:
    dispute = call.book.find(Dispute, call.ids["dispute"], "dispute")
    if dispute.status in ENDED:
        raise invalid("This dispute is already closed.")
    return decide(call.world, call.book, dispute.id, "lost").shown()


def _change_refund(call: Call) -> Json:
    refund = call.book.find(Refund, call.ids["refund"], "refund")
    refund.metadata = changed(refund.metadata, call.asked.get("metadata", {}))
    return refund.shown()


REFUND, DISPUTE = REFUNDS + "/{refund}", DISPUTES + "/{dispute}"
REASONS = one_of("duplicate", "fraudulent", "requested_by_customer")
REFUNDED = {
    "charge": text,
    "payment_intent": text,
    "amount": integer,
    "metadata": metadata,
    "reason": REASONS,
    "refund_application_fee": boolean,
}
OPERATIONS = (
    Operation("POST", REFUNDS, _refund, REFUNDED),
    listing(REFUNDS, Refund, charge=text, payment_intent=text),
    retrieving(REFUND, Refund, "refund"),
    Operation("POST", REFUND, _change_refund, {"metadata": metadata}),
    listing(DISPUTES, Dispute, charge=text, payment_intent=text),
    retrieving(DISPUTE, Dispute, "dispute"),
    Operation("POST", DISPUTE + "/close", _close),
)
