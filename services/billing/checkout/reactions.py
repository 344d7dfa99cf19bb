"""A checkout follows its card and its payment, whichever way the money goes, and ends by the clock."""

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT
from services.billing.payer.events import PaymentMethodRefused, PaymentMethodSaved
from services.billing.payment.events import (
    AWAITED_FOR,
    REVERSALS,
    DisputeClosed,
    DisputeOpened,
    PaymentActionRequired,
    PaymentApproved,
    PaymentAwaited,
    PaymentFailed,
    PaymentProcessing,
    PaymentSucceeded,
    PaymentWithdrawn,
    RefundIssued,
    Reversal,
)
from services.billing.subscription.events import SubscriptionWonBack
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


def when_checkout_opened_expire_checkout(fact: Fact) -> list[At]:
    opened: events.CheckoutOpened = fact.body
    return [At(opened.expires_at, Ask(CHECKOUT, fact.stream_id, commands.ExpireCheckout()))]


def when_subscription_won_back_expire_checkout(fact: Fact) -> list[Ask]:
    """It is won back once: what was opened for it as well lapses."""
    back: SubscriptionWonBack = fact.body
    return [Ask(CHECKOUT, one, commands.ExpireCheckout()) for one in back.checkouts]


def when_payment_method_saved_use_kept_card(fact: Fact) -> list[Ask]:
    saved: PaymentMethodSaved = fact.body
    if saved.checkout is None:
        return []
    use = commands.UseKeptCard(saved.checkout.attempt, saved.instrument)
    return [Ask(CHECKOUT, saved.checkout.checkout_id, use)]


def when_payment_method_refused_decline_attempt(fact: Fact) -> list[Ask]:
    refused: PaymentMethodRefused = fact.body
    if refused.checkout is None:
        return []
    decline = commands.DeclineAttempt(refused.checkout.attempt, refused.code, fact.at)
    return [Ask(CHECKOUT, refused.checkout.checkout_id, decline)]


def when_payment_action_required_await_action(fact: Fact) -> list[Ask]:
    waits: PaymentActionRequired = fact.body
    return _ask(waits, commands.AwaitAction(waits.attempt))


def when_payment_processing_await_money(fact: Fact) -> list[Ask]:
    waits: PaymentApproved | PaymentProcessing = fact.body
    return _ask(waits, commands.AwaitMoney(waits.attempt))


def when_payment_awaited_await_money(fact: Fact) -> list[Ask | At]:
    waits: PaymentAwaited = fact.body
    (stop,) = _ask(waits, commands.StopAwaiting(waits.attempt)) or (None,)
    if stop is None:
        return []
    return [*_ask(waits, commands.AwaitMoney(waits.attempt)), At(fact.at + AWAITED_FOR, stop)]


def when_payment_failed_decline_attempt(fact: Fact) -> list[Ask]:
    failed: PaymentFailed = fact.body
    return _ask(failed, commands.DeclineAttempt(failed.attempt, failed.code, fact.at))


def when_payment_succeeded_complete_checkout(fact: Fact) -> list[Ask]:
    paid: PaymentSucceeded = fact.body
    return _ask(paid, commands.CompleteCheckout(paid.kept))


def when_payment_withdrawn_record_withdrawal(fact: Fact) -> list[Ask]:
    charge = fact.body.charge
    if charge is None or charge.origin != "checkout":
        return []
    return [Ask(CHECKOUT, charge.origin_id, commands.RecordWithdrawal())]


def _ask(
    news: PaymentActionRequired
    | PaymentApproved
    | PaymentAwaited
    | PaymentProcessing
    | PaymentFailed
    | PaymentSucceeded,
    command: commands.CheckoutCommand,
) -> list[Ask]:
    ours = news.charge.origin == "checkout"
    return [Ask(CHECKOUT, news.charge.origin_id, command)] if ours else []


def when_refund_issued_record_reversal(fact: Fact) -> list[Ask]:
    refund: RefundIssued = fact.body
    charge = refund.charge
    if charge is None or charge.origin != "checkout" or not refund.emptied:
        return []
    reversal = commands.RecordReversal("refunded", refund.emptied)
    return [Ask(CHECKOUT, charge.origin_id, reversal)]


def when_dispute_opened_record_reversal(fact: Fact) -> list[Ask]:
    opened: DisputeOpened = fact.body
    return [] if opened.inquiry else _disputed(fact, "disputed")


def when_dispute_closed_record_reversal(fact: Fact) -> list[Ask]:
    closed: DisputeClosed = fact.body
    return _disputed(fact, REVERSALS[closed.outcome])


def _disputed(fact: Fact, reversal: Reversal) -> list[Ask]:
    news: DisputeOpened | DisputeClosed = fact.body
    if news.charge.origin != "checkout":
        return []
    kinds = tuple(line.charged_for for line in news.charge.lines)
    record = commands.RecordReversal(reversal, kinds, news.dispute)
    return [Ask(CHECKOUT, news.charge.origin_id, record)]


REACTIONS = (
    Reaction(
        "billing.checkout.when_subscription_won_back_expire_checkout",
        SubscriptionWonBack,
        when_subscription_won_back_expire_checkout,
    ),
    Reaction(
        "billing.checkout.when_checkout_opened_expire_checkout",
        events.CheckoutOpened,
        when_checkout_opened_expire_checkout,
    ),
    Reaction(
        "billing.checkout.when_payment_method_saved_use_kept_card",
        PaymentMethodSaved,
        when_payment_method_saved_use_kept_card,
    ),
    Reaction(
        "billing.checkout.when_payment_method_refused_decline_attempt",
        PaymentMethodRefused,
        when_payment_method_refused_decline_attempt,
    ),
    Reaction(
        "billing.checkout.when_payment_action_required_await_action",
        PaymentActionRequired,
        when_payment_action_required_await_action,
    ),
    Reaction(
        "billing.checkout.when_payment_processing_await_money",
        PaymentProcessing,
        when_payment_processing_await_money,
    ),
    Reaction(
        "billing.checkout.when_payment_approved_await_money",
        PaymentApproved,
        when_payment_processing_await_money,
    ),
    Reaction(
        "billing.checkout.when_payment_awaited_await_money",
        PaymentAwaited,
        when_payment_awaited_await_money,
    ),
    Reaction(
        "billing.checkout.when_payment_failed_decline_attempt",
        PaymentFailed,
        when_payment_failed_decline_attempt,
    ),
    Reaction(
        "billing.checkout.when_payment_succeeded_complete_checkout",
        PaymentSucceeded,
        when_payment_succeeded_complete_checkout,
    ),
    Reaction(
        "billing.checkout.when_payment_withdrawn_record_withdrawal",
        PaymentWithdrawn,
        when_payment_withdrawn_record_withdrawal,
    ),
    Reaction(
        "billing.checkout.when_refund_issued_record_reversal",
        RefundIssued,
        when_refund_issued_record_reversal,
    ),
    Reaction(
        "billing.checkout.when_dispute_opened_record_reversal",
        DisputeOpened,
        when_dispute_opened_record_reversal,
    ),
    Reaction(
        "billing.checkout.when_dispute_closed_record_reversal",
        DisputeClosed,
        when_dispute_closed_record_reversal,
    ),
)
