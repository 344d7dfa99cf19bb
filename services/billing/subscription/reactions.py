"""A subscription begins with its order, renews by the clock, and follows its payments and its payer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.billing.checkout.events import (
    AccessTrusted,
    Basket,
    Line,
    OfferLine,
    TrustLost,
    charges_of,
)
from services.billing.founder.events import FirstPaymentsPutOff
from services.billing.links import LINK_LIFE, make_link
from services.billing.order.events import OrderPaid, OrderReversed, Purchase, order_of
from services.billing.payer.events import (
    BY_HAND,
    Instrument,
    PayerForgotten,
    PayerShutOut,
    PaymentMethodSaved,
    SubscriptionLinked,
    SubscriptionOrphaned,
)
from services.billing.payment.events import (
    REVERSALS,
    Charge,
    DisputeClosed,
    DisputeOpened,
    PaymentActionRequired,
    PaymentAwaited,
    PaymentFailed,
    PaymentSucceeded,
    RefundIssued,
    Reversal,
    payment_of,
)
from services.billing.policy.projections import policy_now
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import (
    DEBIT_NOTICE,
    period_payment_of,
    subscription_of,
    terms_of,
)
from services.billing.takeover.events import (
    TakeoverBegun,
    TakeoverFailed,
    TakeoverReverted,
    TheirsEnded,
    TheirsRenewed,
)
from services.billing.withdrawal.events import WithdrawalDeclared
from shared.event_store import Fact
from shared.ids import Code
from shared.reaction import Action, ActionContext, Ask, At, Call, Reaction

TRIAL_NOTICE = timedelta(days=3)
"""So long before a trial ends who has given no card is asked for one."""


@dataclass(frozen=True, slots=True)
class MakeCardLink:
    """Who tries it without a card is asked for one by a link of ours."""

    subscription_id: UUID
    until: datetime


@dataclass(frozen=True, slots=True)
class ConsultPolicy:
    """What the seller wants to follow from a reversal."""

    subscription_id: UUID
    payment_id: UUID
    reversal: Reversal
    dispute: Code | None


@dataclass(frozen=True, slots=True)
class ConsultOnBan:
    """What the seller wants to follow when who pays is shut out."""

    subscription_id: UUID


# As long as the processors keep a first payment open (Stripe: 23 hours).
CHANGE_LASTS = timedelta(hours=23)

# As long as a bank may think about a debit (Stripe: 14 of its days), and what it thinks may be on its way.
DEBITED_CHANGE_LASTS = timedelta(days=21)


@dataclass(frozen=True, slots=True)
class BeginDunning:
    """An attempt was declined: how often it is tried, the seller says; by which link it can be paid, we do."""

    subscription_id: UUID
    payment_id: UUID
    attempt: int
    code: Code
    final: bool
    at: datetime


def when_order_paid_start_subscription(fact: Fact) -> list[Ask]:
    paid: OrderPaid = fact.body
    purchase = paid.purchase
    if purchase.instrument is None:
        return []
    return [
        _start(fact.stream_id, line, purchase, purchase.instrument, purchase.payment_id, fact.at)
        for line in _recurring(purchase.lines)
    ]


def _start(
    order_id: UUID,
    line: OfferLine,
    bought: Purchase | Basket,
    instrument: Instrument,
    payment_id: UUID,
    at: datetime,
) -> Ask:
    start = commands.StartSubscription(
        terms_of(bought.person_id, line, bought.time_zone),
        instrument,
        line.trial_days,
        at,
        payment_id,
        line.first,
        line.first_full - line.off(1) if line.first else None,
        free_until=line.free_until,
    )
    return Ask(SUBSCRIPTION, subscription_of(order_id, line.offer_id), start)


def when_order_paid_record_won_back(fact: Fact) -> list[Ask]:
    paid: OrderPaid = fact.body
    return [
        Ask(
            SUBSCRIPTION,
            line.wins_back,
            commands.RecordWonBack(
                subscription_of(fact.stream_id, line.offer_id),
                paid.purchase.checkout_id,
                paid.purchase.payment_id,
                charges_of((line,)),
            ),
        )
        for line in paid.purchase.lines
        if isinstance(line, OfferLine) and line.wins_back
    ]


def when_won_back_take_credit(fact: Fact) -> list[Ask]:
    """It has begun: the order asks for that first."""
    back: events.SubscriptionWonBack = fact.body
    take = commands.TakeCredit(back.credit)
    return [Ask(SUBSCRIPTION, back.subscription_id, take)] if back.credit else []


def when_handed_credit_reversed_hear_reversal(fact: Fact) -> list[Ask]:
    news: events.PaymentReversed = fact.body
    hear = commands.HearReversal(news.payment_id, news.reversal, news.dispute)
    return [Ask(SUBSCRIPTION, news.handed, hear)] if news.handed else []


def when_won_back_again_end_subscription(fact: Fact) -> list[Ask]:
    again: events.WonBackAgain = fact.body
    return [Ask(SUBSCRIPTION, again.subscription_id, commands.EndSubscription("refunded"))]


def when_trial_started_renew_subscription(fact: Fact) -> list[At]:
    started: events.TrialStarted | events.TrialPutOff = fact.body
    return [_renew(fact, started.trial_ends_at)]


def when_card_awaited_miss_card(fact: Fact) -> list[At]:
    until: datetime = fact.body.until
    miss = commands.MissCard(until)
    return [At(max(until - TRIAL_NOTICE, fact.at), Ask(SUBSCRIPTION, fact.stream_id, miss))]


def when_card_missed_make_card_link(fact: Fact) -> list[Call]:
    missed: events.CardMissed = fact.body
    return [Call(MakeCardLink(fact.stream_id, missed.until))]


def when_first_payments_put_off_put_off_trial(fact: Fact) -> list[Ask]:
    off: FirstPaymentsPutOff = fact.body
    put_off = commands.PutOffTrial(off.before, off.until)
    return [Ask(SUBSCRIPTION, each, put_off) for each in off.subscriptions]


def when_period_paid_renew_subscription(fact: Fact) -> list[At]:
    paid: events.SubscriptionActivated | events.SubscriptionRenewed | events.SubscriptionResumed
    paid = fact.body
    return [] if _is_elsewhere(paid) else [_renew(fact, paid.period.end)]


def _is_elsewhere(paid: object) -> bool:
    """Its takeover asks for the next period, once nobody else charges it."""
    return bool(getattr(paid, "brought", None) or getattr(paid, "elsewhere", False))


def when_takeover_begun_start_subscription(fact: Fact) -> list[Ask]:
    begun: TakeoverBegun = fact.body
    start = commands.StartSubscription(
        begun.terms, begun.instrument, 0, fact.at, brought=begun.brought
    )
    return [Ask(SUBSCRIPTION, begun.subscription_id, start)]


def when_theirs_renewed_move_on(fact: Fact) -> list[Ask]:
    renewed: TheirsRenewed = fact.body
    return [Ask(SUBSCRIPTION, renewed.subscription_id, commands.MoveOn(renewed.period))]


def when_theirs_ended_renew_subscription(fact: Fact) -> list[Ask]:
    """It has ended, so its period is over; what began ours is of the same stream, and so was before."""
    ended: TheirsEnded = fact.body
    payment_id = period_payment_of(ended.subscription_id, ended.ends_at)
    renew = commands.RenewSubscription(ended.ends_at, payment_id)
    return [Ask(SUBSCRIPTION, ended.subscription_id, renew)]


def when_takeover_undone_give_back(fact: Fact) -> list[Ask]:
    undone: TakeoverReverted | TakeoverFailed = fact.body
    return [Ask(SUBSCRIPTION, undone.subscription_id, commands.GiveBack())]


def when_subscription_changed_renew_subscription(fact: Fact) -> list[At]:
    """Only who began a new period has another end of it."""
    change = fact.body.change
    return [_renew(fact, change.period.end)] if change.mode == "reset" else []


def when_change_billed_lapse_change(fact: Fact) -> list[At]:
    billed: events.ChangeBilled = fact.body
    lapse = commands.LapseChange(billed.change.change_id)
    lasts = DEBITED_CHANGE_LASTS if billed.instrument.mandate else CHANGE_LASTS
    return [At(fact.at + lasts, Ask(SUBSCRIPTION, fact.stream_id, lapse))]


def when_subscription_paused_resume_subscription(fact: Fact) -> list[At]:
    paused: events.SubscriptionPaused = fact.body
    resume = commands.ResumeSubscription(None, paused.until, paused.until)
    return [At(paused.until, Ask(SUBSCRIPTION, fact.stream_id, resume))]


def _renew(fact: Fact, due: datetime) -> At:
    renew = commands.RenewSubscription(due, period_payment_of(fact.stream_id, due))
    return At(due, Ask(SUBSCRIPTION, fact.stream_id, renew))


def when_renewal_declined_retry_renewal(fact: Fact) -> list[At]:
    declined: events.RenewalDeclined = fact.body
    if declined.retry_at:
        retry = commands.RetryRenewal(declined.payment_id, declined.attempt + 1)
        return [At(declined.retry_at, Ask(SUBSCRIPTION, fact.stream_id, retry))]
    give_up = commands.GiveUpRenewal(declined.payment_id, declined.attempt)
    return [At(declined.gives_up_at, Ask(SUBSCRIPTION, fact.stream_id, give_up))]


def when_subscription_past_due_withhold_unpaid(fact: Fact) -> list[At]:
    due: events.SubscriptionPastDue = fact.body
    if due.access_until is None or due.payment_id is None:
        return []
    withhold = commands.WithholdUnpaid(due.payment_id)
    return [At(due.access_until, Ask(SUBSCRIPTION, fact.stream_id, withhold))]


def when_subscription_unpaid_lapse(fact: Fact) -> list[At]:
    unpaid: events.SubscriptionUnpaid = fact.body
    lapse = commands.LapseUnpaid(unpaid.payment_id)
    return [At(unpaid.ends_at, Ask(SUBSCRIPTION, fact.stream_id, lapse))]


def when_access_trusted_start_subscription(fact: Fact) -> list[Ask]:
    """Its money is on its way; when it has come the order finds it running."""
    trusted: AccessTrusted = fact.body
    basket, instrument = trusted.basket, trusted.instrument
    order_id, payment_id = order_of(fact.stream_id), payment_of(fact.stream_id)
    return [
        _start(order_id, line, basket, instrument, payment_id, fact.at)
        for line in _recurring(basket.lines)
    ]


def when_trust_lost_end_subscription(fact: Fact) -> list[Ask]:
    lost: TrustLost = fact.body
    end = commands.EndSubscription("payment_failed")
    return [
        Ask(SUBSCRIPTION, subscription_of(order_of(fact.stream_id), line.offer_id), end)
        for line in _recurring(lost.basket.lines)
    ]


def _recurring(lines: Sequence[Line]) -> list[OfferLine]:
    return [line for line in lines if isinstance(line, OfferLine) and line.recurs]


def when_debit_foreseen_announce_debit(fact: Fact) -> list[At]:
    match fact.body:
        case events.TrialStarted(_, instrument, due_at):
            pass
        case events.SubscriptionActivated(_, instrument, period):
            due_at = period.end
        case events.RenewalStarted(_, instrument, period, attempt=1):
            due_at = period.end
        case events.InstrumentReplaced(instrument, due_at):
            pass
        case _:
            return []
    return _announce(fact, due_at) if instrument.mandate and due_at else []


def when_period_moved_announce_debit(fact: Fact) -> list[At]:
    moved: events.SubscriptionResumed | events.SubscriptionChanged = fact.body
    if isinstance(moved, events.SubscriptionResumed):
        return _announce(fact, moved.period.end)
    return _announce(fact, moved.change.period.end) if moved.change.mode == "reset" else []


def when_debit_differs_announce_debit(fact: Fact) -> list[Ask]:
    """What is debited becomes more or less, or is debited after all: who has been told otherwise is told again."""
    return [Ask(SUBSCRIPTION, fact.stream_id, commands.AnnounceDebit(fact.at))]


def _announce(fact: Fact, due_at: datetime) -> list[At]:
    at = max(due_at - DEBIT_NOTICE, fact.at)
    return [At(at, Ask(SUBSCRIPTION, fact.stream_id, commands.AnnounceDebit(at)))]


def when_payment_succeeded_settle_renewal(fact: Fact) -> list[Ask]:
    paid: PaymentSucceeded = fact.body
    if paid.charge.origin != "subscription":
        return []
    settle = commands.SettleRenewal(fact.stream_id)
    return [Ask(SUBSCRIPTION, paid.charge.origin_id, settle)]


def when_payment_failed_decline_renewal(fact: Fact) -> list[Call]:
    failed: PaymentFailed = fact.body
    return _decline(fact, failed.code, final=failed.final)


def when_payment_action_required_decline_renewal(fact: Fact) -> list[Call]:
    """The payer is not there to authenticate, so it is not paid; it is when they do."""
    return _decline(fact, events.TO_CONFIRM, final=False)


def when_payment_awaited_decline_renewal(fact: Fact) -> list[Call]:
    """Who pays by hand owes it from the day it is due; no card is tried again."""
    return _decline(fact, BY_HAND, final=True)


def _decline(fact: Fact, code: Code, *, final: bool) -> list[Call]:
    news: PaymentFailed | PaymentActionRequired | PaymentAwaited = fact.body
    if news.charge.origin != "subscription":
        return []
    declined = (fact.stream_id, news.attempt, code, final, fact.at)
    return [Call(BeginDunning(news.charge.origin_id, *declined))]


def when_payment_method_saved_use_instrument(fact: Fact) -> list[Ask]:
    saved: PaymentMethodSaved = fact.body
    use = commands.UseInstrument(saved.instrument)
    return [Ask(SUBSCRIPTION, subscription_id, use) for subscription_id in saved.subscriptions]


def when_subscription_linked_use_instrument(fact: Fact) -> list[Ask]:
    linked: SubscriptionLinked = fact.body
    if linked.instrument is None:
        return []
    return [Ask(SUBSCRIPTION, linked.subscription_id, commands.UseInstrument(linked.instrument))]


def when_payer_forgotten_end_subscription(fact: Fact) -> list[Ask]:
    gone: PayerForgotten = fact.body
    end = commands.EndSubscription("erased")
    return [Ask(SUBSCRIPTION, subscription_id, end) for subscription_id in gone.subscriptions]


def when_payer_shut_out_consult_policy(fact: Fact) -> list[Call]:
    banned: PayerShutOut = fact.body
    return [Call(ConsultOnBan(subscription_id)) for subscription_id in banned.subscriptions]


def when_subscription_orphaned_end_subscription(fact: Fact) -> list[Ask]:
    orphan: SubscriptionOrphaned = fact.body
    return [Ask(SUBSCRIPTION, orphan.subscription_id, commands.EndSubscription("erased"))]


def when_order_reversed_hear_reversal(fact: Fact) -> list[Ask]:
    news: OrderReversed = fact.body
    hear = commands.HearReversal(news.purchase.payment_id, news.reversal, news.dispute)
    return [
        Ask(SUBSCRIPTION, subscription_of(fact.stream_id, line.offer_id), hear)
        for line in news.purchase.lines
        if isinstance(line, OfferLine) and line.recurs and line.charged_for in news.kinds
    ]


def when_withdrawal_declared_end_subscription(fact: Fact) -> list[Ask]:
    declared: WithdrawalDeclared = fact.body
    end = commands.EndSubscription("refunded")
    return [Ask(SUBSCRIPTION, subscription_id, end) for subscription_id in declared.subscriptions]


def when_refund_issued_hear_reversal(fact: Fact) -> list[Ask]:
    refund: RefundIssued = fact.body
    return _hear(fact, refund.charge, "refunded") if refund.emptied else []


def when_dispute_opened_hear_reversal(fact: Fact) -> list[Ask]:
    opened: DisputeOpened = fact.body
    return [] if opened.inquiry else _hear(fact, opened.charge, "disputed", opened.dispute)


def when_dispute_closed_hear_reversal(fact: Fact) -> list[Ask]:
    closed: DisputeClosed = fact.body
    return _hear(fact, closed.charge, REVERSALS[closed.outcome], closed.dispute)


def _hear(
    fact: Fact, charge: Charge | None, reversal: Reversal, dispute: Code | None = None
) -> list[Ask]:
    if charge is None or charge.origin != "subscription":
        return []
    hear = commands.HearReversal(fact.stream_id, reversal, dispute)
    return [Ask(SUBSCRIPTION, charge.origin_id, hear)]


def when_payment_reversed_consult_policy(fact: Fact) -> list[Call]:
    news: events.PaymentReversed = fact.body
    if news.reversal == "won":
        return []
    return [Call(ConsultPolicy(fact.stream_id, news.payment_id, news.reversal, news.dispute))]


async def begin_dunning(action: BeginDunning, context: ActionContext) -> Ask:
    service, community_id = context.service, context.community_id
    policy = await policy_now(service, community_id)
    link = make_link(service.secret, action.subscription_id, community_id, action.at + LINK_LIFE)
    decline = commands.DeclineRenewal(
        action.payment_id,
        action.attempt,
        action.code,
        action.final,
        action.at,
        policy.dunning,
        link,
    )
    return Ask(SUBSCRIPTION, action.subscription_id, decline)


async def make_card_link(action: MakeCardLink, context: ActionContext) -> Ask:
    expires_at = action.until + LINK_LIFE
    link = make_link(
        context.service.secret, action.subscription_id, context.community_id, expires_at
    )
    return Ask(SUBSCRIPTION, action.subscription_id, commands.RequestCard(action.until, link))


async def consult_on_ban(action: ConsultOnBan, context: ActionContext) -> Ask:
    policy = await policy_now(context.service, context.community_id)
    return Ask(SUBSCRIPTION, action.subscription_id, commands.FollowBan(policy.after_ban))


async def consult_policy(action: ConsultPolicy, context: ActionContext) -> Ask | None:
    policy = await policy_now(context.service, context.community_id)
    follow: commands.SubscriptionCommand
    match action.reversal, action.dispute:
        case "refunded", _:
            follow = commands.FollowRefund(action.payment_id, policy.after_refund)
        case "disputed", str(dispute):
            follow = commands.FollowDispute(Code(dispute), policy.during_dispute)
        case "lost", str(dispute):
            follow = commands.FollowLoss(Code(dispute), policy.after_loss)
        case _:
            return None
    return Ask(SUBSCRIPTION, action.subscription_id, follow)


REACTIONS = (
    Reaction(
        "billing.subscription.when_order_paid_start_subscription",
        OrderPaid,
        when_order_paid_start_subscription,
    ),
    Reaction(
        "billing.subscription.when_order_paid_record_won_back",
        OrderPaid,
        when_order_paid_record_won_back,
    ),
    Reaction(
        "billing.subscription.when_won_back_take_credit",
        events.SubscriptionWonBack,
        when_won_back_take_credit,
    ),
    Reaction(
        "billing.subscription.when_handed_credit_reversed_hear_reversal",
        events.PaymentReversed,
        when_handed_credit_reversed_hear_reversal,
    ),
    Reaction(
        "billing.subscription.when_won_back_again_end_subscription",
        events.WonBackAgain,
        when_won_back_again_end_subscription,
    ),
    Reaction(
        "billing.subscription.when_trial_put_off_renew_subscription",
        events.TrialPutOff,
        when_trial_started_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_first_payments_put_off_put_off_trial",
        FirstPaymentsPutOff,
        when_first_payments_put_off_put_off_trial,
    ),
    Reaction(
        "billing.subscription.when_trial_started_renew_subscription",
        events.TrialStarted,
        when_trial_started_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_card_awaited_miss_card",
        events.CardAwaited,
        when_card_awaited_miss_card,
    ),
    Reaction(
        "billing.subscription.when_card_missed_make_card_link",
        events.CardMissed,
        when_card_missed_make_card_link,
    ),
    Reaction(
        "billing.subscription.when_subscription_activated_renew_subscription",
        events.SubscriptionActivated,
        when_period_paid_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_subscription_renewed_renew_subscription",
        events.SubscriptionRenewed,
        when_period_paid_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_subscription_resumed_renew_subscription",
        events.SubscriptionResumed,
        when_period_paid_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_subscription_changed_renew_subscription",
        events.SubscriptionChanged,
        when_subscription_changed_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_change_billed_lapse_change",
        events.ChangeBilled,
        when_change_billed_lapse_change,
    ),
    Reaction(
        "billing.subscription.when_subscription_paused_resume_subscription",
        events.SubscriptionPaused,
        when_subscription_paused_resume_subscription,
    ),
    Reaction(
        "billing.subscription.when_renewal_declined_retry_renewal",
        events.RenewalDeclined,
        when_renewal_declined_retry_renewal,
    ),
    Reaction(
        "billing.subscription.when_subscription_past_due_withhold_unpaid",
        events.SubscriptionPastDue,
        when_subscription_past_due_withhold_unpaid,
    ),
    Reaction(
        "billing.subscription.when_subscription_unpaid_lapse",
        events.SubscriptionUnpaid,
        when_subscription_unpaid_lapse,
    ),
    Reaction(
        "billing.subscription.when_payment_succeeded_settle_renewal",
        PaymentSucceeded,
        when_payment_succeeded_settle_renewal,
    ),
    Reaction(
        "billing.subscription.when_payment_failed_decline_renewal",
        PaymentFailed,
        when_payment_failed_decline_renewal,
    ),
    Reaction(
        "billing.subscription.when_payment_awaited_decline_renewal",
        PaymentAwaited,
        when_payment_awaited_decline_renewal,
    ),
    Reaction(
        "billing.subscription.when_payment_action_required_decline_renewal",
        PaymentActionRequired,
        when_payment_action_required_decline_renewal,
    ),
    Reaction(
        "billing.subscription.when_payment_method_saved_use_instrument",
        PaymentMethodSaved,
        when_payment_method_saved_use_instrument,
    ),
    Reaction(
        "billing.subscription.when_subscription_linked_use_instrument",
        SubscriptionLinked,
        when_subscription_linked_use_instrument,
    ),
    Reaction(
        "billing.subscription.when_payer_forgotten_end_subscription",
        PayerForgotten,
        when_payer_forgotten_end_subscription,
    ),
    Reaction(
        "billing.subscription.when_payer_shut_out_consult_policy",
        PayerShutOut,
        when_payer_shut_out_consult_policy,
    ),
    Reaction(
        "billing.subscription.when_subscription_orphaned_end_subscription",
        SubscriptionOrphaned,
        when_subscription_orphaned_end_subscription,
    ),
    Reaction(
        "billing.subscription.when_order_reversed_hear_reversal",
        OrderReversed,
        when_order_reversed_hear_reversal,
    ),
    Reaction(
        "billing.subscription.when_withdrawal_declared_end_subscription",
        WithdrawalDeclared,
        when_withdrawal_declared_end_subscription,
    ),
    Reaction(
        "billing.subscription.when_refund_issued_hear_reversal",
        RefundIssued,
        when_refund_issued_hear_reversal,
    ),
    Reaction(
        "billing.subscription.when_dispute_opened_hear_reversal",
        DisputeOpened,
        when_dispute_opened_hear_reversal,
    ),
    Reaction(
        "billing.subscription.when_dispute_closed_hear_reversal",
        DisputeClosed,
        when_dispute_closed_hear_reversal,
    ),
    Reaction(
        "billing.subscription.when_payment_reversed_consult_policy",
        events.PaymentReversed,
        when_payment_reversed_consult_policy,
    ),
    Reaction(
        "billing.subscription.when_takeover_begun_start_subscription",
        TakeoverBegun,
        when_takeover_begun_start_subscription,
    ),
    Reaction(
        "billing.subscription.when_access_trusted_start_subscription",
        AccessTrusted,
        when_access_trusted_start_subscription,
    ),
    Reaction(
        "billing.subscription.when_trust_lost_end_subscription",
        TrustLost,
        when_trust_lost_end_subscription,
    ),
    *(
        Reaction(f"billing.subscription.when_{name}_announce_debit", to, react)
        for name, to, react in (
            ("trial_started", events.TrialStarted, when_debit_foreseen_announce_debit),
            ("activated", events.SubscriptionActivated, when_debit_foreseen_announce_debit),
            ("renewal_started", events.RenewalStarted, when_debit_foreseen_announce_debit),
            ("instrument_replaced", events.InstrumentReplaced, when_debit_foreseen_announce_debit),
            ("resumed", events.SubscriptionResumed, when_period_moved_announce_debit),
            ("changed", events.SubscriptionChanged, when_period_moved_announce_debit),
            ("change_scheduled", events.ChangeScheduled, when_debit_differs_announce_debit),
            ("change_dropped", events.ChangeDropped, when_debit_differs_announce_debit),
            ("reduced", events.SubscriptionReduced, when_debit_differs_announce_debit),
            (
                "cancellation_withdrawn",
                events.CancellationWithdrawn,
                when_debit_differs_announce_debit,
            ),
        )
    ),
    Reaction(
        "billing.subscription.when_theirs_renewed_move_on",
        TheirsRenewed,
        when_theirs_renewed_move_on,
    ),
    Reaction(
        "billing.subscription.when_theirs_ended_renew_subscription",
        TheirsEnded,
        when_theirs_ended_renew_subscription,
    ),
    Reaction(
        "billing.subscription.when_takeover_reverted_give_back",
        TakeoverReverted,
        when_takeover_undone_give_back,
    ),
    Reaction(
        "billing.subscription.when_takeover_failed_give_back",
        TakeoverFailed,
        when_takeover_undone_give_back,
    ),
)

ACTIONS = (
    Action(ConsultPolicy, consult_policy),
    Action(ConsultOnBan, consult_on_ban),
    Action(BeginDunning, begin_dunning),
    Action(MakeCardLink, make_card_link),
)
