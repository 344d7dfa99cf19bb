"""An amount is collected at most once, in whatever order news comes; no more goes back than came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, assert_never
from uuid import UUID

from services.billing.comparison import RefundThere
from services.billing.payer.events import BY_HAND, HOSTED, Instrument
from services.billing.payment import commands, events
from services.billing.payment.events import Charge, ChargedFor, MoneyLine, total
from services.billing.purse import Purse
from services.billing.taxes import returned
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, PersonId, derive
from shared.money import Money

Status = Literal[
    "started", "created", "action", "processing", "awaited", "failed", "withdrawn", "succeeded"
]  # fmt: skip


NO_PAYMENT_METHOD = Code("no_payment_method")

Returning = events.RefundStarted | events.RefundOwed | events.RefundedThere


@dataclass(frozen=True, slots=True)
class Dispute:
    """`amount` is what the bank wants, and in the end what it has decided about."""

    opened: events.DisputeOpened
    amount: Money
    respond_by: datetime | None
    outcome: events.DisputeOutcome | None = None

    @property
    def is_open(self) -> bool:
        return self.outcome is None

    @property
    def withheld(self) -> Money:
        """What the bank has taken, and keeps if the dispute is lost; an inquiry takes nothing."""
        taken = not self.opened.inquiry and self.outcome in (None, "lost")
        return self.amount * taken


@dataclass(frozen=True, slots=True)
class Payment:
    """One charge and its latest attempt. `left` is what was not refunded; a settled refund is None.

    `has_fee`: the platform has a part of it, which goes back with it.

    `issued` are the processor's ids of what went back. What went back there may be money that is promised in another
    refund as well, which fails then: until it does, `left` is less than nothing. Of two that promise it for different
    things, nobody knows before which one fails: it may stay less for one thing, and be as much more for another.

    What is paid by hand has no intent; the one it `replaced` may have been quicker. Those that were given up are
    `retired`, each with what it was made for. What one of them collected all the same is `surplus` until it went back.

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
    replaced: Code | None = None
    retired: Mapping[Code, Instrument | None] = field(default_factory=dict)
    surplus: Mapping[UUID, events.CollectedAgain | None] = field(default_factory=dict)
    receipt_id: UUID | None = None
    has_fee: bool = False
    refunds: Mapping[UUID, Returning | None] = field(default_factory=dict)
    issued: frozenset[Code] = frozenset()
    disputes: Mapping[Code, Dispute] = field(default_factory=dict)

    @property
    def refundable(self) -> Money:
        """What was neither refunded nor taken by a bank."""
        nothing = self.charge.amount * 0
        withheld = sum((one.withheld for one in self.disputes.values()), nothing)
        return max(total(self.left, nothing.currency) - withheld, nothing)

    @property
    def purse(self) -> Purse:
        """What may still go back, and whether a bank has taken it until it decides."""
        disputed = any(one.is_open and one.withheld for one in self.disputes.values())
        return Purse(self.left, self.refundable, disputed, self.charge.lines)

    @property
    def remaining(self) -> Money:
        """What neither went back nor was lost to a bank."""
        nothing = self.charge.amount * 0
        lost = (one.withheld for one in self.disputes.values() if not one.is_open)
        return max(sum(self.kept().values(), nothing) - sum(lost, nothing), nothing)

    def kept(self, but_for: UUID | None = None) -> dict[ChargedFor, Money]:
        """What has not gone back, by what it was charged for: of refunds, all but `but_for` may still fail."""
        kept = {line.charged_for: line.amount for line in self.left}
        for one in self.refunds.values():
            for line in one.lines if one and one.refund_id != but_for else ():
                kept[line.charged_for] += line.amount
        return kept

    @property
    def is_on_page(self) -> bool:
        """The processor's page collects it, under an id that is not known before it has."""
        return self.instrument.payment_method == HOSTED and self.status != "succeeded"

    def made_for(self, intent: Code) -> Instrument:
        """What an intent was made for: the one before may be at another processor."""
        return self.retired.get(intent) or self.instrument

    def knows(self, intent: Code) -> bool:
        """Whether we have made it, whatever became of it."""
        return intent == self.intent or intent in self.retired


def decide(command: commands.PaymentCommand, payment: Payment | None) -> list[events.PaymentEvent]:
    if payment is None:
        return _before_anything(command)
    match command:
        case commands.StartCharge():
            return _start_again(command, payment)
        case commands.RecordReceipt():
            return _receive(command, payment)
        case commands.RecordIntent() | commands.RecordRejection() if (
            command.attempt != payment.attempt or payment.intent
        ):
            return []
        case commands.RecordIntent(attempt, intent):
            account = payment.made_for(intent).account
            if payment.status == "withdrawn":
                return [events.WithdrawalAsked(intent, account)]
            return [events.PaymentIntentCreated(attempt, intent, account)]
        case commands.RecordRejection(attempt, code, final):
            if payment.status != "started":
                return []
            return [events.PaymentFailed(payment.charge, attempt, code, final)]
        case commands.RecordOutcome():
            return _outcome(command, payment)
        case commands.ResumePayment(person_id):
            return _resume(person_id, payment)
        case commands.WithdrawCharge():
            return _withdraw(payment)
        case commands.RefundPayment() | commands.ReturnMoney() if (
            command.refund_id in payment.refunds
        ):
            return []
        case commands.RefundPayment(refund_id, amount):
            return [_refund(payment, refund_id, _asked_back(amount, payment), "requested")]
        case commands.ReturnMoney(refund_id, lines, reason):
            back = payment.purse.still_there(lines)
            if not back:
                return [events.RefundFailed(refund_id, lines, reason, Code("nothing_left"))]
            return [_refund(payment, refund_id, back, reason)]
        case commands.RecordRefund() | commands.RecordRefundFailure() if (
            command.refund_id in payment.surplus
        ):
            return _returned(command, payment.surplus[command.refund_id])
        case commands.RecordRefund(refund_id, refund):
            begun = payment.refunds.get(refund_id)
            return [_once(payment, begun, refund)] if begun else []
        case commands.SettleRefund(refund_id):
            return _settle(payment, refund_id)
        case commands.RecordRefundFailure(refund_id, code):
            begun = payment.refunds.get(refund_id)
            return (
                [events.RefundFailed(refund_id, begun.lines, begun.reason, code)] if begun else []
            )
        case commands.RecordRefundsThere():
            return _refunded_there(command, payment)
        case commands.RecordDispute():
            return _dispute(command, payment)
        case commands.RemindOfEvidence(dispute, respond_by):
            return _remind(payment.disputes.get(dispute), respond_by)
        case _:
            assert_never(command)


def _before_anything(command: commands.PaymentCommand) -> list[events.PaymentEvent]:
    match command:
        case commands.StartCharge(charge):
            return _begun(command, charge, None, None)
        case (
            commands.RefundPayment()
            | commands.RecordReceipt()
            | commands.SettleRefund()
            | commands.ResumePayment()
        ):
            raise NotFound("payment_not_found", "There is no such payment.")
        case commands.ReturnMoney(refund_id, lines, reason):
            return [events.RefundFailed(refund_id, lines, reason, Code("nothing_left"))]
        case _:
            return []


def _start_again(asked: commands.StartCharge, payment: Payment) -> list[events.PaymentEvent]:
    due = payment.status in ("failed", "action", "awaited") and not payment.unwanted
    if not due or asked.attempt <= payment.attempt:
        return []
    before = payment.intent or payment.replaced
    made_for = payment.made_for(before) if before else None
    return _begun(asked, payment.charge, before, made_for)


def _begun(
    asked: commands.StartCharge,
    charge: Charge,
    replaces: Code | None,
    replaced_on: Instrument | None,
) -> list[events.PaymentEvent]:
    instrument, attempt = asked.instrument, asked.attempt
    if instrument.is_by_hand:
        return [events.PaymentAwaited(charge, attempt, instrument, replaces, replaced_on)]
    started = events.ChargeStarted(charge, attempt, instrument, replaces, replaced_on)
    if instrument.is_missing:
        return [started, events.PaymentFailed(charge, attempt, NO_PAYMENT_METHOD, final=True)]
    return [started]


def _receive(told: commands.RecordReceipt, payment: Payment) -> list[events.PaymentEvent]:
    charge = payment.charge
    if payment.status == "succeeded":
        if told.receipt_id == payment.receipt_id:
            return []
        raise Rejected("paid_already", "It has been paid.")
    if not payment.instrument.is_by_hand:
        raise Rejected("payment_not_awaited", "It is being charged in another way.")
    if told.amount != charge.amount:
        raise Rejected(
            "amount_differs", "That is not what is due.", pointer="/amount", due=charge.amount.minor
        )
    if told.on > told.today:
        raise Rejected("day_to_come", "That day is still to come.", pointer="/on")
    received = events.PaymentReceived(told.receipt_id, told.reference, told.way, told.on, told.by)
    return [received, events.PaymentSucceeded(charge, payment.attempt, BY_HAND)]


def _outcome(told: commands.RecordOutcome, payment: Payment) -> list[events.PaymentEvent]:
    charge, attempt, status = payment.charge, payment.attempt, payment.status
    if status == "succeeded":
        return _again(told, payment)
    if told.intent == payment.replaced and told.status == "succeeded":
        return _collected(told, payment)
    if told.intent != payment.intent:
        return []
    match told.status:
        case "succeeded":
            return _collected(told, payment)
        case "approved" if status == "action" and not payment.unwanted:
            account = payment.instrument.account
            return [events.PaymentApproved(charge, attempt, told.intent, account)]
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


def _collected(told: commands.RecordOutcome, payment: Payment) -> list[events.PaymentEvent]:
    charge, attempt = payment.charge, payment.attempt
    if told.amount in (None, charge.amount):
        page = told.intent if told.collected_as else None
        intent = told.collected_as or told.intent
        return [
            events.PaymentSucceeded(charge, attempt, intent, told.kept, page, told.platform_fee)
        ]
    # Nothing is sold for other money than was asked; it is at the seller's, who has to look.
    if payment.status == "failed":
        return []
    return [events.PaymentFailed(charge, attempt, Code("amount_differs"), final=True)]


def _again(told: commands.RecordOutcome, payment: Payment) -> list[events.PaymentEvent]:
    """It is paid; what an intent that was given up has collected as well goes back."""
    intent = told.collected_as or told.intent
    if told.status != "succeeded" or told.intent not in payment.retired or intent == payment.intent:
        return []
    charge = payment.charge
    refund_id = derive(charge.origin_id, "collected again", intent)
    if refund_id in payment.surplus:
        return []
    amount, account = told.amount or charge.amount, payment.made_for(told.intent).account
    with_fee = bool(told.platform_fee)
    return [events.CollectedAgain(refund_id, charge, amount, intent, account, with_fee)]


def _returned(
    told: commands.RecordRefund | commands.RecordRefundFailure, again: events.CollectedAgain | None
) -> list[events.PaymentEvent]:
    match told:
        case _ if again is None:
            return []
        case commands.RecordRefund(refund_id, refund):
            return [events.SurplusReturned(refund_id, again.charge, again.amount, refund)]
        case commands.RecordRefundFailure(refund_id, code):
            return [events.SurplusKept(refund_id, code)]


def _resume(person_id: PersonId, payment: Payment) -> list[events.PaymentEvent]:
    if payment.charge.person_id != person_id:
        raise NotFound("payment_not_found", "There is no such payment.")
    if payment.status != "action" or payment.intent is None:
        return []
    return [events.PayerReturned(payment.intent)]


def _withdraw(payment: Payment) -> list[events.PaymentEvent]:
    if payment.unwanted or payment.status in ("withdrawn", "succeeded"):
        return []
    # The intent that is being replaced may have been quicker: nobody knows before the processor says so.
    intent = payment.intent or payment.replaced
    if intent is None:
        return [events.PaymentWithdrawn(payment.attempt, payment.charge)]
    return [events.WithdrawalAsked(intent, payment.made_for(intent).account)]


def _asked_back(amount: Money | None, payment: Payment) -> tuple[MoneyLine, ...]:
    if payment.status != "succeeded":
        raise Rejected("payment_not_collected", "Nothing has been paid yet.")
    left = payment.refundable
    wanted = left if amount is None else amount
    if wanted.currency != left.currency:
        raise Rejected("other_currency", "It was paid in another currency.", pointer="/amount")
    if wanted.minor < 0 or (amount is not None and not amount):
        raise Rejected("refund_not_positive", "A refund is more than nothing.", pointer="/amount")
    if payment.purse.disputed:
        raise Rejected("payment_disputed", "While a bank decides whose it is, none of it moves.")
    if not left or left < wanted:
        raise Rejected(
            "refund_exceeds_payment", "That is more than is left of it.", left=left.minor
        )
    parts = wanted.split([max(line.amount.minor, 0) for line in payment.left])
    return tuple(
        MoneyLine(line.charged_for, part)
        for line, part in zip(payment.left, parts, strict=True)
        if part
    )


def _refund(
    payment: Payment, refund_id: UUID, lines: tuple[MoneyLine, ...], reason: events.RefundReason
) -> events.RefundStarted | events.RefundOwed:
    charge = payment.charge
    lines = returned(charge.lines, payment.left, lines)
    amount = total(lines, charge.amount.currency)
    if payment.receipt_id:
        return events.RefundOwed(refund_id, charge.person_id, amount, lines, reason)
    assert payment.intent  # noqa: S101  What a processor has collected has an intent.
    return events.RefundStarted(
        refund_id,
        charge.person_id,
        amount,
        lines,
        reason,
        payment.intent,
        payment.instrument.account,
        payment.has_fee,
    )


def _settle(payment: Payment, refund_id: UUID) -> list[events.PaymentEvent]:
    if refund_id not in payment.refunds:
        raise NotFound("refund_not_found", "There is no such refund.")
    match payment.refunds[refund_id]:
        case events.RefundOwed() as owed:
            return [_issued(payment, owed, BY_HAND)]
        case events.RefundStarted() | events.RefundedThere():
            raise Rejected("refund_by_processor", "The processor sends this one back.")
        case None:
            return []


def _once(
    payment: Payment, begun: Returning, refund: Code
) -> events.RefundIssued | events.RefundFailed:
    if refund not in payment.issued:
        return _issued(payment, begun, refund)
    # It was found there without our mark, and recorded as somebody else's: the money went back once.
    return events.RefundFailed(begun.refund_id, begun.lines, begun.reason, Code("known_already"))


def _issued(payment: Payment, begun: Returning, refund: Code) -> events.RefundIssued:
    kept = payment.kept(but_for=begun.refund_id)
    is_all = sum(amount.minor for amount in kept.values()) <= 0
    emptied = tuple(kind for kind, amount in kept.items() if is_all or amount.minor <= 0)
    return events.RefundIssued(
        begun.refund_id,
        begun.person_id,
        begun.amount,
        begun.lines,
        begun.reason,
        refund,
        payment.charge,
        emptied,
    )


def _refunded_there(
    told: commands.RecordRefundsThere, payment: Payment
) -> list[events.PaymentEvent]:
    """Who hears of the refund first hears of the payment, too."""
    news = _outcome(told.outcome, payment)
    payment = _after(payment, news)
    if payment.status != "succeeded" or payment.intent != told.outcome.intent:
        return news
    for one in told.refunds:
        found = [] if one.refund in payment.issued else _found(one, payment)
        payment = _after(payment, found)
        news += found
    return news


def _found(one: RefundThere, payment: Payment) -> list[events.PaymentEvent]:
    ours = payment.refunds.get(one.refund_id) if one.refund_id else None
    if ours:
        return [_issued(payment, ours, one.refund)]
    lines = returned(payment.charge.lines, payment.left, _gone(one.amount, payment))
    if not lines:
        return []
    charge = payment.charge
    refund_id = derive(charge.origin_id, "refunded there", one.refund)
    amount = total(lines, charge.amount.currency)
    there = events.RefundedThere(
        refund_id, charge.person_id, amount, lines, "made_there", one.refund
    )
    return [there, _issued(_after(payment, [there]), there, one.refund)]


def _gone(amount: Money, payment: Payment) -> tuple[MoneyLine, ...]:
    """What it was charged for that went back: first what is promised to nobody, then what is promised elsewhere."""
    kept, nothing = payment.kept(), payment.charge.amount * 0
    if amount.currency != nothing.currency:
        return ()
    purse = min(amount, payment.remaining)
    free = {line.charged_for: max(line.amount, nothing) for line in payment.left}
    first = min(purse, sum(free.values(), nothing))
    parts = _shares(first, list(free.values()))
    promised = [max(kept[kind] - part, nothing) for kind, part in zip(free, parts, strict=True)]
    others = _shares(purse - first, promised)
    pairs = zip(free, parts, others, strict=True)
    return tuple(MoneyLine(kind, one + other) for kind, one, other in pairs if one + other)


def _shares(amount: Money, of: Sequence[Money]) -> list[Money]:
    return amount.split([one.minor for one in of]) if amount else [amount] * len(of)


def _after(payment: Payment, news: Sequence[events.PaymentEvent]) -> Payment:
    for event in news:
        payment = evolve(payment, event) or payment
    return payment


def _dispute(told: commands.RecordDispute, payment: Payment) -> list[events.PaymentEvent]:
    if told.intent != payment.intent:
        return []
    charge, known = payment.charge, payment.disputes.get(told.dispute)
    news: list[events.PaymentEvent] = []
    if payment.status != "succeeded":  # What is disputed was paid, whoever says so first.
        of_it = _outcome(told.outcome, payment) if told.outcome else []
        paid = [one for one in of_it if isinstance(one, events.PaymentSucceeded)]
        news += paid or [events.PaymentSucceeded(charge, payment.attempt, told.intent)]
    opening = _opening(told, charge)
    if known is None or (known.opened.inquiry and not opening.inquiry):
        news.append(opening)
        known = Dispute(opening, opening.amount, told.respond_by)
    match told.standing:
        case "inquiry" | "open":
            if known.is_open and told.respond_by != known.respond_by:
                news.append(events.DisputeDeadlineMoved(told.dispute, told.respond_by))
        case outcome if known.is_open:
            # What a seller gave back to end it is not lost as well.
            lost = min(opening.amount, _after(payment, news).remaining)
            amount = lost if outcome == "lost" else known.amount
            news.append(events.DisputeClosed(told.dispute, charge, amount, outcome))
    return news


def _opening(told: commands.RecordDispute, charge: Charge) -> events.DisputeOpened:
    comparable = told.amount.currency == charge.amount.currency
    amount = min(told.amount, charge.amount) if comparable else charge.amount
    inquiry = told.standing in ("inquiry", "dropped")
    return events.DisputeOpened(told.dispute, charge, amount, told.reason, told.respond_by, inquiry)


def _remind(dispute: Dispute | None, respond_by: datetime) -> list[events.PaymentEvent]:
    if dispute is None or not dispute.is_open or dispute.respond_by != respond_by:
        return []
    opened = dispute.opened
    return [events.EvidenceDue(opened.dispute, opened.amount, opened.reason, respond_by)]


def evolve(payment: Payment | None, event: events.PaymentEvent) -> Payment | None:
    match event:
        case events.ChargeStarted(charge, attempt, instrument, replaces):
            retired = _retired(payment, event)
            return Payment(charge, attempt, instrument, replaced=replaces, retired=retired)
        case events.PaymentAwaited(charge, attempt, instrument, replaces):
            waits = Payment(charge, attempt, instrument, status="awaited")
            return replace(waits, replaced=replaces, retired=_retired(payment, event))
        case _ if payment is None:
            return None
        case events.PaymentIntentCreated(intent=intent):
            made_for = payment.made_for(intent)
            return replace(payment, status="created", intent=intent, instrument=made_for)
        case events.PaymentApproved():
            return replace(payment, status="created")
        case events.PayerReturned():
            return payment
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
        case events.PaymentReceived(receipt_id):
            return replace(payment, receipt_id=receipt_id)
        case events.PaymentSucceeded(charge, _, intent, page=page, platform_fee=fee):
            made_for = payment.made_for(page or intent)
            paid = replace(payment, status="succeeded", left=charge.lines, intent=intent)
            return replace(paid, instrument=made_for, has_fee=bool(fee))
        case (
            events.RefundStarted(refund_id, lines=lines)
            | events.RefundOwed(refund_id, lines=lines)
            | events.RefundedThere(refund_id, lines=lines)
        ):
            refunds = {**payment.refunds, refund_id: event}
            return replace(payment, left=_moved(payment.left, lines, -1), refunds=refunds)
        case events.RefundIssued(refund_id, refund=refund):
            refunds, issued = {**payment.refunds, refund_id: None}, payment.issued | {refund}
            return replace(payment, refunds=refunds, issued=issued)
        case events.RefundFailed(refund_id, lines):
            begun = payment.refunds.get(refund_id)
            left = _moved(payment.left, lines, 1) if begun else payment.left
            return replace(payment, left=left, refunds={**payment.refunds, refund_id: None})
        case events.CollectedAgain(refund_id):
            return replace(payment, surplus={**payment.surplus, refund_id: event})
        case events.SurplusReturned(refund_id) | events.SurplusKept(refund_id):
            return replace(payment, surplus={**payment.surplus, refund_id: None})
        case events.DisputeOpened(dispute, respond_by=respond_by):
            return _with(payment, dispute, Dispute(event, event.amount, respond_by))
        case events.DisputeDeadlineMoved(dispute, respond_by):
            return _with(
                payment, dispute, replace(payment.disputes[dispute], respond_by=respond_by)
            )
        case events.DisputeClosed(dispute, amount=amount, outcome=outcome):
            decided = replace(payment.disputes[dispute], outcome=outcome, amount=amount)
            return _with(payment, dispute, decided)
        case events.EvidenceDue():
            return payment
        case _:
            assert_never(event)


def _retired(
    payment: Payment | None, begun: events.ChargeStarted | events.PaymentAwaited
) -> Mapping[Code, Instrument | None]:
    before = payment.retired if payment else {}
    return {**before, begun.replaces: begun.replaced_on} if begun.replaces else before


def _with(payment: Payment, name: Code, dispute: Dispute) -> Payment:
    return replace(payment, disputes={**payment.disputes, name: dispute})


def _moved(
    left: tuple[MoneyLine, ...], lines: tuple[MoneyLine, ...], sign: int
) -> tuple[MoneyLine, ...]:
    change = {line.charged_for: line for line in lines}
    return tuple(
        _less(line, change[line.charged_for], sign) if line.charged_for in change else line
        for line in left
    )


def _less(line: MoneyLine, moved: MoneyLine, sign: int) -> MoneyLine:
    """Tax goes with what it is in."""
    tax = line.tax if line.tax is None or moved.tax is None else line.tax + moved.tax * sign
    return MoneyLine(line.charged_for, line.amount + moved.amount * sign, tax)


PAYMENT: Decider[commands.PaymentCommand, Payment | None, events.PaymentEvent] = Decider(
    "payment",
    initial=None,
    decide=decide,
    evolve=evolve,
    commands=commands.PaymentCommand,
    events=events.PaymentEvent,
)
