"""Money moves in three steps: it is due, it is announced, it is confirmed. A crash repeats a step, never the money."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast, get_args
from uuid import UUID

from services.billing.checkout.events import ChargeAsked, CheckoutExpired
from services.billing.gateways.gateway import (
    Declined,
    Disputed,
    IfThere,
    IntentOrder,
    Kept,
    Outcome,
    Subject,
)
from services.billing.gateways.processors import processor_at
from services.billing.gateways.reports import (
    dispute_reported,
    intent_reported,
    refund_reported,
)
from services.billing.order.events import OrderPaidAgain, OrderReturnAsked
from services.billing.payer.events import Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT, Payment
from services.billing.payment.events import Charge, DisputeReason, MoneyLine, payment_of
from services.billing.reconciliation.events import DriftFound
from services.billing.subscription.events import (
    ChangeBilled,
    ChangeDropped,
    LateRenewalPaid,
    RenewalStarted,
    SubscriptionEnded,
    Terms,
    WonBackAgain,
)
from services.billing.tax.projections import rates_now
from services.billing.taxes import with_tax
from services.billing.withdrawal.events import WithdrawalDeclared
from shared.consumer import Webhook
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import Code, derive
from shared.money import Money
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction, Transient

TIME_TO_ANSWER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class TaxCharge:
    """What a subscription owes from a day of this time zone on, before the tax in it is said."""

    payment_id: UUID
    start: commands.StartCharge
    at: datetime
    time_zone: Code


@dataclass(frozen=True, slots=True)
class CreateIntent:
    payment_id: UUID
    attempt: int
    amount: Money
    instrument: Instrument
    replaces: Code | None
    replaced_on: Instrument | None = None
    is_kept: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmIntent:
    payment_id: UUID
    intent: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class CancelIntent:
    payment_id: UUID
    intent: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class FetchIntent:
    payment_id: UUID
    intent: Code


@dataclass(frozen=True, slots=True)
class CreateRefund:
    payment_id: UUID
    refund_id: UUID
    amount: Money
    intent: Code
    account: Code | None
    with_fee: bool = False


@dataclass(frozen=True, slots=True)
class FetchRefunds:
    payment_id: UUID
    intent: Code


@dataclass(frozen=True, slots=True)
class FindRefunded:
    """Of `about`, a refund or an intent, somebody says that money went back."""

    about: Code
    account: Code | None


@dataclass(frozen=True, slots=True)
class FetchDispute:
    dispute: Code
    account: Code | None


def when_charge_asked_start_charge(fact: Fact) -> list[Ask]:
    asked: ChargeAsked = fact.body
    charge = Charge(asked.person_id, asked.due, asked.charges, "checkout", fact.stream_id)
    start = commands.StartCharge(charge, asked.attempt, asked.instrument)
    return [Ask(PAYMENT, payment_of(fact.stream_id), start)]


def when_renewal_started_start_charge(fact: Fact) -> list[Call]:
    renewal: RenewalStarted = fact.body
    start = commands.StartCharge(
        _charge(fact, renewal.terms, renewal.amount), renewal.attempt, renewal.instrument
    )
    zone = renewal.terms.time_zone
    return [Call(TaxCharge(renewal.payment_id, start, renewal.period.start, zone))]


def when_change_billed_start_charge(fact: Fact) -> list[Call]:
    billed: ChangeBilled = fact.body
    to = billed.change.to
    start = commands.StartCharge(_charge(fact, to, billed.change.due), 1, billed.instrument)
    return [Call(TaxCharge(billed.payment_id, start, fact.at, to.time_zone))]


def _charge(fact: Fact, terms: Terms, amount: Money) -> Charge:
    lines = (MoneyLine(terms.charged_for, amount),)
    return Charge(terms.person_id, amount, lines, "subscription", fact.stream_id)


def when_change_dropped_withdraw_charge(fact: Fact) -> list[Ask]:
    dropped: ChangeDropped = fact.body
    withdraw = commands.WithdrawCharge()
    return [Ask(PAYMENT, dropped.payment_id, withdraw)] if dropped.payment_id else []


def when_checkout_expired_withdraw_charge(fact: Fact) -> list[Ask]:
    return [Ask(PAYMENT, payment_of(fact.stream_id), commands.WithdrawCharge())]


def when_subscription_ended_withdraw_charge(fact: Fact) -> list[Ask]:
    ended: SubscriptionEnded = fact.body
    return [Ask(PAYMENT, ended.unpaid, commands.WithdrawCharge())] if ended.unpaid else []


def when_order_paid_again_return_money(fact: Fact) -> list[Ask]:
    again: OrderPaidAgain = fact.body
    refund_id = derive(fact.stream_id, "paid again", str(again.payment_id))
    back = commands.ReturnMoney(refund_id, again.charges, "duplicate")
    return [Ask(PAYMENT, again.payment_id, back)]


def when_won_back_again_return_money(fact: Fact) -> list[Ask]:
    again: WonBackAgain = fact.body
    refund_id = derive(fact.stream_id, "won back again", str(again.payment_id))
    back = commands.ReturnMoney(refund_id, again.charges, "duplicate")
    return [Ask(PAYMENT, again.payment_id, back)] if again.charges else []


def when_order_return_asked_return_money(fact: Fact) -> list[Ask]:
    asked: OrderReturnAsked = fact.body
    back = commands.ReturnMoney(fact.stream_id, asked.charges, asked.reason)
    return [Ask(PAYMENT, asked.payment_id, back)] if asked.charges else []


def when_withdrawal_declared_return_money(fact: Fact) -> list[Ask]:
    declared: WithdrawalDeclared = fact.body
    return [
        Ask(
            PAYMENT,
            back.payment_id,
            commands.ReturnMoney(
                derive(fact.stream_id, str(back.payment_id)), back.lines, "withdrawn"
            ),
        )
        for back in declared.returns
    ]


def when_late_renewal_paid_return_money(fact: Fact) -> list[Ask]:
    late: LateRenewalPaid = fact.body
    lines = (MoneyLine(late.charged_for, late.amount),)
    back = commands.ReturnMoney(derive(late.payment_id, "late"), lines, "ended")
    return [Ask(PAYMENT, late.payment_id, back)]


def when_charge_started_create_intent(fact: Fact) -> list[Call]:
    begun: events.ChargeStarted = fact.body
    create = CreateIntent(
        fact.stream_id,
        begun.attempt,
        begun.charge.amount,
        begun.instrument,
        begun.replaces,
        begun.replaced_on,
        is_kept=_is_kept(begun),
    )
    return [] if begun.instrument.is_missing else [Call(create)]  # It has failed already.


def _is_kept(begun: events.ChargeStarted) -> bool:
    """Whether a card that is charged now is charged again when its payer is away."""
    card = begun.instrument
    return begun.charge.origin == "checkout" and bool(card.customer) and not card.mandate


def when_payment_awaited_cancel_intent(fact: Fact) -> list[Call]:
    """Who first tried a card, and then chose to pay by hand, does not pay twice."""
    awaited: events.PaymentAwaited = fact.body
    if awaited.replaces is None:
        return []
    account = (awaited.replaced_on or awaited.instrument).account
    return [Call(CancelIntent(fact.stream_id, awaited.replaces, account))]


def when_intent_created_confirm_intent(fact: Fact) -> list[Call]:
    created: events.PaymentIntentCreated = fact.body
    return [Call(ConfirmIntent(fact.stream_id, created.intent, created.account))]


def when_payer_returned_fetch_intent(fact: Fact) -> list[Call]:
    returned: events.PayerReturned = fact.body
    return [Call(FetchIntent(fact.stream_id, returned.intent))]


def when_payment_approved_confirm_intent(fact: Fact) -> list[Call]:
    approved: events.PaymentApproved = fact.body
    return [Call(ConfirmIntent(fact.stream_id, approved.intent, approved.account))]


def when_withdrawal_asked_cancel_intent(fact: Fact) -> list[Call]:
    asked: events.WithdrawalAsked = fact.body
    return [Call(CancelIntent(fact.stream_id, asked.intent, asked.account))]


def when_processor_reported_fetch_intent(fact: Fact) -> list[Call]:
    subject = intent_reported(fact.body)
    return [Call(FetchIntent(subject.payment_id, subject.intent))] if subject else []


def when_drift_found_fetch_intent(fact: Fact) -> list[Call]:
    """A report was lost, or never sent: what the processor has collected is learned of after all."""
    drift = fact.body.drift
    if drift.cause not in ("succeeded_there", "charged_twice"):
        return []
    return [Call(FetchIntent(drift.payment_id, drift.intent))]


def when_drift_found_fetch_refunds(fact: Fact) -> list[Call]:
    """What went back there is recorded here, though nobody reported it."""
    drift = fact.body.drift
    if drift.cause != "refunded_there":
        return []
    return [Call(FetchRefunds(drift.payment_id, drift.intent))]


def when_processor_reported_find_refunded(fact: Fact) -> list[Call]:
    subject = refund_reported(fact.body)
    return [Call(FindRefunded(*subject))] if subject else []


def when_refund_started_create_refund(fact: Fact) -> list[Call]:
    begun: events.RefundStarted = fact.body
    refund = CreateRefund(
        fact.stream_id,
        begun.refund_id,
        begun.amount,
        begun.intent,
        begun.account,
        begun.with_fee,
    )
    return [Call(refund)]


def when_collected_again_create_refund(fact: Fact) -> list[Call]:
    again: events.CollectedAgain = fact.body
    refund = CreateRefund(
        fact.stream_id,
        again.refund_id,
        again.amount,
        again.intent,
        again.account,
        again.with_fee,
    )
    return [Call(refund)]


def when_processor_reported_fetch_dispute(fact: Fact) -> list[Call]:
    subject = dispute_reported(fact.body)
    return [Call(FetchDispute(*subject))] if subject else []


def when_dispute_deadline_known_remind(fact: Fact) -> list[At]:
    told: events.DisputeOpened | events.DisputeDeadlineMoved = fact.body
    if told.respond_by is None:
        return []
    remind = commands.RemindOfEvidence(told.dispute, told.respond_by)
    return [At(told.respond_by - TIME_TO_ANSWER, Ask(PAYMENT, fact.stream_id, remind))]


async def tax_charge(action: TaxCharge, context: ActionContext) -> Ask:
    """An attempt after the first is charged as that was: the payment knows."""
    rates = await rates_now(context.service, context.community_id)
    charge = action.start.charge
    lines = with_tax(charge.lines, rates, action.at, action.time_zone)
    return Ask(
        PAYMENT, action.payment_id, replace(action.start, charge=replace(charge, lines=lines))
    )


async def create_intent(action: CreateIntent, context: ActionContext) -> Ask:
    instrument = action.instrument
    if action.replaces:
        on = (action.replaced_on or instrument).account
        before = await processor_at(context.gateways, on).cancel_intent(action.replaces, on)
        if before.status in ("succeeded", "processing"):
            # The attempt before was quicker: it becomes this one, and nothing else is charged.
            adopt = commands.RecordIntent(action.attempt, action.replaces)
            return Ask(PAYMENT, action.payment_id, adopt)
    order = IntentOrder(
        context.community_id,
        action.payment_id,
        action.attempt,
        action.amount,
        instrument.payment_method,
        instrument.customer,
        instrument.account,
        instrument.approval.return_url if instrument.approval else None,
        keep=instrument.approval.keep if instrument.approval else action.is_kept,
        debit=instrument.mandate is not None,
    )
    processor = processor_at(context.gateways, instrument.account)
    answer: commands.RecordIntent | commands.RecordRejection
    try:
        answer = commands.RecordIntent(action.attempt, await processor.create_intent(order))
    except Declined as no:
        answer = commands.RecordRejection(action.attempt, no.code, no.final)
    return Ask(PAYMENT, action.payment_id, answer)


async def confirm_intent(action: ConfirmIntent, context: ActionContext) -> Ask | None:
    """What was answered meanwhile, or is no longer wanted, is not tried again: it is looked at."""
    payment = await _payment(action.payment_id, context)
    if payment is None or payment.intent != action.intent:
        return None
    if payment.status != "created" or payment.unwanted:
        return await fetch_intent(FetchIntent(action.payment_id, action.intent), context)
    processor = processor_at(context.gateways, action.account)
    outcome = await processor.confirm_intent(
        action.intent,
        payment.instrument.payment_method,
        action.account,
        away=payment.charge.origin == "subscription" and not payment.instrument.mandate,
    )
    return _record(payment, action.payment_id, action.intent, outcome)


async def cancel_intent(action: CancelIntent, context: ActionContext) -> Ask | None:
    processor = processor_at(context.gateways, action.account)
    outcome = await processor.cancel_intent(action.intent, action.account)
    payment = await _payment(action.payment_id, context)
    return _record(payment, action.payment_id, action.intent, outcome) if payment else None


async def fetch_intent(action: FetchIntent, context: ActionContext) -> Ask | None:
    payment, intent = await _payment(action.payment_id, context), action.intent
    if payment is None:
        return None
    if not payment.knows(intent):
        if payment.intent is None or not payment.is_on_page:
            return None
        intent = payment.intent
    account = payment.made_for(intent).account
    # A late report may be of what is no longer there: the daily comparison says so.
    with IfThere():
        outcome = await processor_at(context.gateways, account).fetch_intent(intent, account)
        if outcome.status != "untouched":
            return _record(payment, action.payment_id, intent, outcome)
    return None


async def create_refund(action: CreateRefund, context: ActionContext) -> Ask:
    processor = processor_at(context.gateways, action.account)
    refund_id, intent, account = action.refund_id, action.intent, action.account
    answer: commands.RecordRefund | commands.RecordRefundFailure
    try:
        # A refund has no two steps, and a key is not kept for ever: so it is looked for first.
        refund = await processor.find_refund(intent, account, refund_id)
        refund = refund or await processor.refund(
            intent, account, refund_id, action.amount, with_fee=action.with_fee
        )
        answer = commands.RecordRefund(refund_id, refund)
    except Declined as no:
        answer = commands.RecordRefundFailure(refund_id, no.code)
    return Ask(PAYMENT, action.payment_id, answer)


async def fetch_refunds(action: FetchRefunds, context: ActionContext) -> Ask | None:
    payment_id, community_id = action.payment_id, context.community_id
    payment = await _payment(payment_id, context)
    if payment is None:
        return None
    return await _refunded(payment, Subject(community_id, payment_id, action.intent), context)


async def find_refunded(action: FindRefunded, context: ActionContext) -> Ask | None:
    processor = processor_at(context.gateways, action.account)
    subject = await processor.refunded(action.about, action.account)
    if subject is None:
        return None
    payment = await _payment_at(action.account, subject, context)
    return await _refunded(payment, subject, context) if payment else None


async def _refunded(payment: Payment, subject: Subject, context: ActionContext) -> Ask | None:
    intent, account = subject.intent, payment.made_for(subject.intent).account
    processor = processor_at(context.gateways, account)
    refunds = await processor.refunds(intent, account)
    if not refunds:
        return None
    outcome = await processor.fetch_intent(intent, account)
    record = commands.RecordRefundsThere(_outcome(payment, intent, outcome), refunds)
    return Ask(PAYMENT, subject.payment_id, record, community_id=subject.community_id)


async def fetch_dispute(action: FetchDispute, context: ActionContext) -> Ask | None:
    processor = processor_at(context.gateways, action.account)
    found = await processor.fetch_dispute(action.dispute, action.account)
    if found is None:
        return None
    payment = await _payment_at(action.account, found, context)
    if payment is None:
        return None
    outcome = await _unheard(payment, found.intent, context)
    known = found.reason in get_args(DisputeReason)
    record = commands.RecordDispute(
        action.dispute,
        found.intent,
        found.amount,
        cast("DisputeReason", found.reason) if known else "general",
        found.standing,
        found.respond_by,
        outcome,
    )
    return Ask(PAYMENT, found.payment_id, record, community_id=found.community_id)


async def _unheard(
    payment: Payment, intent: Code, context: ActionContext
) -> commands.RecordOutcome | None:
    """That it was collected, and what was kept of it, where nobody has said so yet."""
    if payment.status == "succeeded" or payment.intent != intent:
        return None
    account = payment.made_for(intent).account
    with IfThere():
        told = await processor_at(context.gateways, account).fetch_intent(intent, account)
        return _outcome(payment, intent, told) if told.status == "succeeded" else None
    return None


async def _payment_at(
    account: Code | None, named: Subject | Disputed, context: ActionContext
) -> Payment | None:
    """Whoever has an account at the processor can write any name on an intent: the payment compares it."""
    payment = await _payment(named.payment_id, context, named.community_id)
    made_there = payment and payment.made_for(named.intent).account == account
    return payment if made_there else None


async def _payment(
    payment_id: UUID, context: ActionContext, community_id: UUID | None = None
) -> Payment | None:
    """As it is now. Whoever has an account at the processor can write any name on an intent: there may be none."""
    try:
        payment: Payment | None
        payment, _ = await context.service.handler.state(
            PAYMENT, payment_id, community_id or context.community_id
        )
    except NotFound:
        return None
    return payment


def _record(payment: Payment, payment_id: UUID, intent: Code, outcome: Outcome) -> Ask:
    return Ask(PAYMENT, payment_id, _outcome(payment, intent, outcome))


def _outcome(payment: Payment, intent: Code, outcome: Outcome) -> commands.RecordOutcome:
    if outcome.status == "untouched":
        raise Transient("The processor has not made up its mind.")
    return commands.RecordOutcome(
        intent,
        outcome.status,
        outcome.code,
        outcome.final,
        outcome.amount,
        _kept(outcome.kept, payment.made_for(intent).account),
        outcome.collected_as,
        outcome.platform_fee,
    )


def _kept(kept: Kept | None, account: Code | None) -> Instrument | None:
    return Instrument(kept.payment_method, kept.customer, account) if kept else None


REACTIONS = (
    Reaction(
        "billing.payment.when_charge_asked_start_charge",
        ChargeAsked,
        when_charge_asked_start_charge,
    ),
    Reaction(
        "billing.payment.when_renewal_started_start_charge",
        RenewalStarted,
        when_renewal_started_start_charge,
    ),
    Reaction(
        "billing.payment.when_change_billed_start_charge",
        ChangeBilled,
        when_change_billed_start_charge,
    ),
    Reaction(
        "billing.payment.when_change_dropped_withdraw_charge",
        ChangeDropped,
        when_change_dropped_withdraw_charge,
    ),
    Reaction(
        "billing.payment.when_checkout_expired_withdraw_charge",
        CheckoutExpired,
        when_checkout_expired_withdraw_charge,
    ),
    Reaction(
        "billing.payment.when_subscription_ended_withdraw_charge",
        SubscriptionEnded,
        when_subscription_ended_withdraw_charge,
    ),
    Reaction(
        "billing.payment.when_order_paid_again_return_money",
        OrderPaidAgain,
        when_order_paid_again_return_money,
    ),
    Reaction(
        "billing.payment.when_won_back_again_return_money",
        WonBackAgain,
        when_won_back_again_return_money,
    ),
    Reaction(
        "billing.payment.when_order_return_asked_return_money",
        OrderReturnAsked,
        when_order_return_asked_return_money,
    ),
    Reaction(
        "billing.payment.when_withdrawal_declared_return_money",
        WithdrawalDeclared,
        when_withdrawal_declared_return_money,
    ),
    Reaction(
        "billing.payment.when_late_renewal_paid_return_money",
        LateRenewalPaid,
        when_late_renewal_paid_return_money,
    ),
    Reaction(
        "billing.payment.when_charge_started_create_intent",
        events.ChargeStarted,
        when_charge_started_create_intent,
    ),
    Reaction(
        "billing.payment.when_payment_awaited_cancel_intent",
        events.PaymentAwaited,
        when_payment_awaited_cancel_intent,
    ),
    Reaction(
        "billing.payment.when_intent_created_confirm_intent",
        events.PaymentIntentCreated,
        when_intent_created_confirm_intent,
    ),
    Reaction(
        "billing.payment.when_payer_returned_fetch_intent",
        events.PayerReturned,
        when_payer_returned_fetch_intent,
    ),
    Reaction(
        "billing.payment.when_payment_approved_confirm_intent",
        events.PaymentApproved,
        when_payment_approved_confirm_intent,
    ),
    Reaction(
        "billing.payment.when_withdrawal_asked_cancel_intent",
        events.WithdrawalAsked,
        when_withdrawal_asked_cancel_intent,
    ),
    Reaction(
        "billing.payment.when_processor_reported_fetch_intent",
        Webhook,
        when_processor_reported_fetch_intent,
    ),
    Reaction(
        "billing.payment.when_drift_found_fetch_intent",
        DriftFound,
        when_drift_found_fetch_intent,
    ),
    Reaction(
        "billing.payment.when_drift_found_fetch_refunds",
        DriftFound,
        when_drift_found_fetch_refunds,
    ),
    Reaction(
        "billing.payment.when_processor_reported_find_refunded",
        Webhook,
        when_processor_reported_find_refunded,
    ),
    Reaction(
        "billing.payment.when_refund_started_create_refund",
        events.RefundStarted,
        when_refund_started_create_refund,
    ),
    Reaction(
        "billing.payment.when_collected_again_create_refund",
        events.CollectedAgain,
        when_collected_again_create_refund,
    ),
    Reaction(
        "billing.payment.when_processor_reported_fetch_dispute",
        Webhook,
        when_processor_reported_fetch_dispute,
    ),
    Reaction(
        "billing.payment.when_dispute_opened_remind_of_evidence",
        events.DisputeOpened,
        when_dispute_deadline_known_remind,
    ),
    Reaction(
        "billing.payment.when_dispute_deadline_moved_remind_of_evidence",
        events.DisputeDeadlineMoved,
        when_dispute_deadline_known_remind,
    ),
)

ACTIONS = (
    Action(TaxCharge, tax_charge),
    Action(CreateIntent, create_intent),
    Action(ConfirmIntent, confirm_intent),
    Action(CancelIntent, cancel_intent),
    Action(FetchIntent, fetch_intent),
    Action(CreateRefund, create_refund),
    Action(FetchRefunds, fetch_refunds),
    Action(FindRefunded, find_refunded),
    Action(FetchDispute, fetch_dispute),
)
