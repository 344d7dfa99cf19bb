"""What the others hear of money, and what the payer is told."""

from collections.abc import Sequence
from datetime import datetime

from services.billing.payment import events
from services.billing.references import reference_of
from shared.contracts import billing_dispute
from shared.contracts import billing_payment as contracts
from shared.contracts.billing_message import MessageRequested, StaffMessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication
from shared.ids import PersonId
from shared.money import Money

Values = dict[str, str | int | datetime | MoneyValue]


def succeeded(fact: Fact) -> contracts.PaymentSucceeded:
    payment: events.PaymentSucceeded = fact.body
    return contracts.PaymentSucceeded(
        community_id=fact.community_id,
        occurred_at=fact.at,
        payment_id=fact.stream_id,
        person_id=payment.charge.person_id,
        amount=MoneyValue.of(payment.charge.amount),
        lines=_lines(payment.charge.lines),
    )


def failed(fact: Fact) -> contracts.PaymentFailed:
    payment: events.PaymentFailed = fact.body
    return contracts.PaymentFailed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        payment_id=fact.stream_id,
        person_id=payment.charge.person_id,
        amount=MoneyValue.of(payment.charge.amount),
        reason=payment.code,
    )


def refunded(fact: Fact) -> contracts.RefundIssued:
    refund: events.RefundIssued = fact.body
    return contracts.RefundIssued(
        community_id=fact.community_id,
        occurred_at=fact.at,
        payment_id=fact.stream_id,
        person_id=refund.person_id,
        amount=MoneyValue.of(refund.amount),
        refund_id=refund.refund_id,
        lines=_lines(refund.lines),
    )


def tell_of_refund(fact: Fact) -> MessageRequested:
    refund: events.RefundIssued = fact.body
    return _back(fact, refund.person_id, refund.amount, refund.reason)


def tell_of_surplus(fact: Fact) -> MessageRequested:
    surplus: events.SurplusReturned = fact.body
    return _back(fact, surplus.charge.person_id, surplus.amount, "duplicate")


def _back(
    fact: Fact, person_id: PersonId, amount: Money, reason: events.RefundReason
) -> MessageRequested:
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=person_id,
        template="payment_refunded",
        values={"amount": MoneyValue.of(amount), "reason": reason},
    )


def dispute_opened(fact: Fact) -> billing_dispute.DisputeOpened:
    opened: events.DisputeOpened = fact.body
    return billing_dispute.DisputeOpened(
        community_id=fact.community_id,
        occurred_at=fact.at,
        payment_id=fact.stream_id,
        dispute=opened.dispute,
        person_id=opened.charge.person_id,
        amount=MoneyValue.of(opened.amount),
        reason=opened.reason,
        respond_by=opened.respond_by,
        inquiry=opened.inquiry,
    )


def dispute_closed(fact: Fact) -> billing_dispute.DisputeClosed:
    closed: events.DisputeClosed = fact.body
    return billing_dispute.DisputeClosed(
        community_id=fact.community_id,
        occurred_at=fact.at,
        payment_id=fact.stream_id,
        dispute=closed.dispute,
        person_id=closed.charge.person_id,
        amount=MoneyValue.of(closed.amount),
        outcome=closed.outcome,
        lost=_lines(closed.lost),
    )


def tell_staff_of_dispute(fact: Fact) -> StaffMessageRequested | None:
    opened: events.DisputeOpened = fact.body
    if opened.respond_by is None:
        return None
    values: Values = {
        "amount": MoneyValue.of(opened.amount),
        "reason": opened.reason,
        "respond_by": opened.respond_by,
    }
    return _to_staff(fact, "dispute_opened", values)


def remind_staff_of_evidence(fact: Fact) -> StaffMessageRequested:
    due: events.EvidenceDue = fact.body
    values: Values = {
        "amount": MoneyValue.of(due.amount),
        "reason": due.reason,
        "respond_by": due.respond_by,
    }
    return _to_staff(fact, "dispute_evidence_due", values)


def tell_of_awaited(fact: Fact) -> MessageRequested | None:
    """A renewal has a letter of its own."""
    awaited: events.PaymentAwaited = fact.body
    charge = awaited.charge
    if charge.origin != "checkout":
        return None
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=charge.person_id,
        template="payment_by_hand",
        values={"amount": MoneyValue.of(charge.amount), "reference": reference_of(fact.stream_id)},
        link=f"/checkouts/{charge.origin_id}",
    )


def tell_staff_of_refund(fact: Fact) -> StaffMessageRequested:
    owed: events.RefundOwed = fact.body
    amount, reference = MoneyValue.of(owed.amount), reference_of(fact.stream_id)
    return _to_staff(fact, "refund_by_hand", {"amount": amount, "reference": reference})


def _to_staff(fact: Fact, template: str, values: Values) -> StaffMessageRequested:
    return StaffMessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        permission="refunds.write",
        template=template,
        values=values,
    )


def _lines(lines: Sequence[events.MoneyLine]) -> tuple[contracts.MoneyLine, ...]:
    return tuple(
        contracts.MoneyLine(
            charged_for=line.charged_for,
            amount=MoneyValue.of(line.amount),
            tax=MoneyValue.of(line.tax) if line.tax is not None else None,
        )
        for line in lines
    )


PUBLICATIONS = (
    Publication(events.PaymentSucceeded, contracts.PaymentSucceeded, succeeded),
    Publication(events.PaymentFailed, contracts.PaymentFailed, failed),
    Publication(events.RefundIssued, contracts.RefundIssued, refunded),
    Publication(events.RefundIssued, MessageRequested, tell_of_refund),
    Publication(events.SurplusReturned, MessageRequested, tell_of_surplus),
    Publication(events.PaymentAwaited, MessageRequested, tell_of_awaited),
    Publication(events.RefundOwed, StaffMessageRequested, tell_staff_of_refund),
    Publication(events.DisputeOpened, billing_dispute.DisputeOpened, dispute_opened),
    Publication(events.DisputeOpened, StaffMessageRequested, tell_staff_of_dispute),
    Publication(events.EvidenceDue, StaffMessageRequested, remind_staff_of_evidence),
    Publication(events.DisputeClosed, billing_dispute.DisputeClosed, dispute_closed),
)
