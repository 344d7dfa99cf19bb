"""What the others hear of money, and what the payer is told."""

from collections.abc import Sequence

from services.billing.payment import events
from shared.contracts import billing_payment as contracts
from shared.contracts.billing_message import MessageRequested
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.feature import Publication


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
    return MessageRequested(
        community_id=fact.community_id,
        occurred_at=fact.at,
        person_id=refund.person_id,
        template="payment_refunded",
        values={"amount": MoneyValue.of(refund.amount), "reason": refund.reason},
    )


def _lines(lines: Sequence[events.MoneyLine]) -> tuple[contracts.MoneyLine, ...]:
    return tuple(
        contracts.MoneyLine(charged_for=line.charged_for, amount=MoneyValue.of(line.amount))
        for line in lines
    )


PUBLICATIONS = (
    Publication(events.PaymentSucceeded, contracts.PaymentSucceeded, succeeded),
    Publication(events.PaymentFailed, contracts.PaymentFailed, failed),
    Publication(events.RefundIssued, contracts.RefundIssued, refunded),
    Publication(events.RefundIssued, MessageRequested, tell_of_refund),
)
