"""An amount is collected at most once, in whatever order news comes; no more goes back than came."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never
from uuid import UUID

from services.billing.payer.events import Instrument
from services.billing.payment import commands, events
from services.billing.payment.events import Charge, MoneyLine
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code
from shared.money import Money

Status = Literal[
    "started", "created", "action", "processing", "failed", "withdrawn", "succeeded"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Payment:
    """One charge and its latest attempt. `left` is what has not gone back; a settled refund is None.

    An intent is confirmed only once it is recorded here, and a new attempt begins by cancelling
    the intent of the one before at the processor: so two of them never both succeed.
    """

    charge: Charge
    attempt: int
    instrument: Instrument
    status: Status = "started"
    intent: Code | None = None
    unwanted: bool = False
    left: tuple[MoneyLine, ...] = ()
    refunds: Mapping[UUID, events.RefundStarted | None] = field(default_factory=dict)


def decide(command: commands.PaymentCommand, payment: Payment | None) -> list[events.PaymentEvent]:
    if payment is None:
        return _before_anything(command)
    match command:
        case commands.StartCharge():
            return _start_again(command, payment)
        case commands.RecordIntent() | commands.RecordRejection() if (
            command.attempt != payment.attempt or payment.intent
        ):
            return []
        case commands.RecordIntent(attempt, intent):
            account = payment.instrument.account
            if payment.status == "withdrawn":
                return [events.WithdrawalAsked(intent, account)]
            return [events.PaymentIntentCreated(attempt, intent, account)]
        case commands.RecordRejection(attempt, code, final):
            if payment.status != "started":
                return []
            return [events.PaymentFailed(payment.charge, attempt, code, final)]
        case commands.RecordOutcome():
            return _outcome(command, payment)
        case commands.WithdrawCharge():
            return _withdraw(payment)
        case commands.RefundPayment() | commands.ReturnMoney() if (
            command.refund_id in payment.refunds
        ):
            return []
        case commands.RefundPayment(refund_id, amount):
            return [_refund(payment, refund_id, _asked_back(amount, payment), "requested")]
        case commands.ReturnMoney(refund_id, lines, reason):
            back = _still_there(lines, payment.left)
            if not back:
                return [events.RefundFailed(refund_id, lines, reason, Code("nothing_left"))]
            return [_refund(payment, refund_id, back, reason)]
        case commands.RecordRefund(refund_id, refund):
            begun = payment.refunds.get(refund_id)
            return [_issued(begun, refund)] if begun else []
        case commands.RecordRefundFailure(refund_id, code):
            begun = payment.refunds.get(refund_id)
            return (
                [events.RefundFailed(refund_id, begun.lines, begun.reason, code)] if begun else []
            )
        case _:
            assert_never(command)


def _before_anything(command: commands.PaymentCommand) -> list[events.PaymentEvent]:
    match command:
        case commands.StartCharge(charge, attempt, instrument):
            return [events.ChargeStarted(charge, attempt, instrument, None)]
        case commands.RefundPayment():
            raise NotFound("payment_not_found", "There is no such payment.")
        case commands.ReturnMoney(refund_id, lines, reason):
            return [events.RefundFailed(refund_id, lines, reason, Code("nothing_left"))]
        case _:
            return []


def _start_again(asked: commands.StartCharge, payment: Payment) -> list[events.PaymentEvent]:
    due = payment.status in ("failed", "action") and not payment.unwanted
    if not due or asked.attempt <= payment.attempt:
        return []
    return [events.ChargeStarted(payment.charge, asked.attempt, asked.instrument, payment.intent)]


def _outcome(told: commands.RecordOutcome, payment: Payment) -> list[events.PaymentEvent]:
    charge, attempt, status = payment.charge, payment.attempt, payment.status
    if told.intent != payment.intent or status == "succeeded":
        return []
    match told.status:
        case "succeeded":
            return [events.PaymentSucceeded(charge, attempt, told.intent)]
        case "requires_action" if status == "created":
            return [events.PaymentActionRequired(charge, attempt)]
        case "processing" if status in ("created", "action"):
            return [events.PaymentProcessing(charge, attempt)]
        case "cancelled" if payment.unwanted and status != "withdrawn":
            return [events.PaymentWithdrawn(attempt, charge)]
        case "failed" | "cancelled" if status in ("created", "action", "processing"):
            code = told.code or Code(told.status)
            return [events.PaymentFailed(charge, attempt, code, told.final)]
        case _:
            return []


def _withdraw(payment: Payment) -> list[events.PaymentEvent]:
    if payment.unwanted or payment.status in ("withdrawn", "succeeded"):
        return []
    if payment.intent is None:
        return [events.PaymentWithdrawn(payment.attempt, payment.charge)]
    return [events.WithdrawalAsked(payment.intent, payment.instrument.account)]


def _asked_back(amount: Money | None, payment: Payment) -> tuple[MoneyLine, ...]:
    if payment.status != "succeeded":
        raise Rejected("payment_not_collected", "Nothing has been paid yet.")
    left = total(payment.left, payment.charge.amount.currency)
    wanted = left if amount is None else amount
    if wanted.currency != left.currency:
        raise Rejected("other_currency", "It was paid in another currency.", pointer="/amount")
    if wanted.minor < 0 or (amount is not None and not amount):
        raise Rejected("refund_not_positive", "A refund is more than nothing.", pointer="/amount")
    if not left or left < wanted:
        raise Rejected(
            "refund_exceeds_payment", "That is more than is left of it.", left=left.minor
        )
    parts = wanted.split([line.amount.minor for line in payment.left])
    return tuple(
        MoneyLine(line.charged_for, part)
        for line, part in zip(payment.left, parts, strict=True)
        if part
    )


def _still_there(
    wanted: tuple[MoneyLine, ...], left: tuple[MoneyLine, ...]
) -> tuple[MoneyLine, ...]:
    rest = {line.charged_for: line.amount for line in left}
    return tuple(
        MoneyLine(line.charged_for, min(line.amount, rest[line.charged_for]))
        for line in wanted
        if rest.get(line.charged_for)
    )


def _refund(
    payment: Payment, refund_id: UUID, lines: tuple[MoneyLine, ...], reason: events.RefundReason
) -> events.RefundStarted:
    assert payment.intent  # noqa: S101  What has succeeded has an intent.
    charge = payment.charge
    amount = total(lines, charge.amount.currency)
    return events.RefundStarted(
        refund_id,
        charge.person_id,
        amount,
        lines,
        reason,
        payment.intent,
        payment.instrument.account,
    )


def _issued(begun: events.RefundStarted, refund: Code) -> events.RefundIssued:
    return events.RefundIssued(
        begun.refund_id, begun.person_id, begun.amount, begun.lines, begun.reason, refund
    )


def total(lines: tuple[MoneyLine, ...], currency: str) -> Money:
    return sum((line.amount for line in lines), Money(0, currency))


def evolve(payment: Payment | None, event: events.PaymentEvent) -> Payment | None:
    match event:
        case events.ChargeStarted(charge, attempt, instrument):
            return Payment(charge, attempt, instrument)
        case _ if payment is None:
            return None
        case events.PaymentIntentCreated(intent=intent):
            return replace(payment, status="created", intent=intent)
        case events.PaymentActionRequired():
            return replace(payment, status="action")
        case events.PaymentProcessing():
            return replace(payment, status="processing")
        case events.PaymentFailed():
            return replace(payment, status="failed")
        case events.PaymentWithdrawn():
            return replace(payment, status="withdrawn", unwanted=True)
        case events.WithdrawalAsked(intent):
            return replace(payment, intent=intent, unwanted=True)
        case events.PaymentSucceeded(charge):
            return replace(payment, status="succeeded", left=charge.lines)
        case events.RefundStarted(refund_id, lines=lines):
            refunds = {**payment.refunds, refund_id: event}
            return replace(payment, left=_moved(payment.left, lines, -1), refunds=refunds)
        case events.RefundIssued(refund_id):
            return replace(payment, refunds={**payment.refunds, refund_id: None})
        case events.RefundFailed(refund_id, lines):
            begun = payment.refunds.get(refund_id)
            left = _moved(payment.left, lines, 1) if begun else payment.left
            return replace(payment, left=left, refunds={**payment.refunds, refund_id: None})
        case _:
            assert_never(event)


def _moved(
    left: tuple[MoneyLine, ...], lines: tuple[MoneyLine, ...], sign: int
) -> tuple[MoneyLine, ...]:
    change = {line.charged_for: line.amount * sign for line in lines}
    return tuple(
        MoneyLine(line.charged_for, line.amount + change[line.charged_for])
        if line.charged_for in change
        else line
        for line in left
    )


PAYMENT: Decider[commands.PaymentCommand, Payment | None, events.PaymentEvent] = Decider(
    "payment",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.PaymentCommand,
    events=events.PaymentEvent,
)
