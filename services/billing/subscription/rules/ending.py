"""How a subscription ends, once; what is still heard afterwards, and who comes back."""

from dataclasses import replace
from uuid import UUID

from services.billing.policy.events import AfterBan
from services.billing.subscription import commands, events
from services.billing.subscription.events import EndReason, returns_until
from services.billing.subscription.rules.state import Ended, Events, Running
from shared.decider import Rejected


def cancel(running: Running) -> Events:
    renewal = running.renewal
    past_due = renewal is not None and renewal.since is not None
    if past_due or running.paused:
        return [ended_by(running, "voluntary")]
    if running.cancelling:
        return []
    return [events.CancellationScheduled(running.terms, running.end_of_paid)]


def after_ban(running: Running, after: AfterBan) -> Events:
    """What was paid for is paid for; nothing more is, unless the seller keeps it running."""
    match after:
        case "end_now":
            return [ended_by(running, "banned")]
        case "end_at_period_end":
            return cancel(running)
        case "keep":
            return []


def go_on(running: Running) -> Events:
    return [events.CancellationWithdrawn(running.terms)] if running.cancelling else []


def after_the_end(command: commands.SubscriptionCommand, ended: Ended) -> Events:
    match command:
        case (
            commands.ScheduleCancellation()
            | commands.WithdrawCancellation()
            | commands.ChangeSubscription()
            | commands.WithdrawChange()
            | commands.PauseSubscription()
            | commands.ResumeSubscription(until=None)
            | commands.AcceptPriceRise()
            | commands.ReduceToStay()
        ):
            raise Rejected("subscription_ended", "The subscription has ended.")
        case commands.WinBack():
            return _win_back(command, ended)
        case commands.RecordWonBack():
            return _won_back(command, ended)
        case commands.HearReversal(payment_id, "refunded" | "lost") if payment_id in ended.credit:
            return [_gone_back(command, ended)]
        case commands.AnnouncePriceRise(rise) if rise.rise_id not in ended.rising.over:
            return [events.PriceRiseDropped(ended.terms, rise.rise_id, "ended", told=None)]
        case commands.SettleRenewal(payment_id) if payment_id in ended.unwanted:
            return [late(ended, payment_id)]
        case commands.SettleRenewal(payment_id) if payment_id == ended.unpaid:
            terms = ended.terms
            return [events.LateRenewalPaid(payment_id, ended.amount, terms.charged_for)]
        case _:
            return []


def _win_back(asked: commands.WinBack, ended: Ended) -> Events:
    until = returns_until(ended.reason, ended.paid_until, asked.days)
    if ended.won_back:
        raise Rejected("won_back_already", "You are back already.")
    if until is None:
        raise Rejected("not_to_be_won_back", "Nobody comes back after a refund or a dispute.")
    if asked.at >= until:
        raise Rejected(
            "too_late_to_return", "Its price is no longer to be had.", until=until.isoformat()
        )
    return [events.WinBackBegun(asked.checkout_id)]


def _won_back(told: commands.RecordWonBack, ended: Ended) -> Events:
    if ended.won_back == told.subscription_id:
        return []
    if ended.won_back:
        return [events.WonBackAgain(told.subscription_id, told.payment_id, told.charges)]
    others = tuple(one for one in ended.asked_back_by if one != told.checkout_id)
    credit = tuple(ended.credit.items())
    return [events.SubscriptionWonBack(told.subscription_id, others, credit)]


def _gone_back(told: commands.HearReversal, ended: Ended) -> events.PaymentReversed:
    """Nothing is kept of it for who comes back; who has come back hears of it."""
    heard = events.PaymentReversed(ended.terms, told.payment_id, told.reversal, told.dispute)
    if ended.won_back:
        return replace(heard, handed=ended.won_back)
    return replace(heard, credit=ended.credit[told.payment_id])


def take(asked: commands.TakeCredit, running: Running) -> Events:
    return [events.CreditTaken(running.terms, asked.credit)]


def late(subscription: Running | Ended, payment_id: UUID) -> events.LateRenewalPaid:
    amount = subscription.unwanted[payment_id]
    return events.LateRenewalPaid(payment_id, amount, subscription.terms.charged_for)


def ended_by(running: Running, reason: EndReason) -> events.SubscriptionEnded:
    renewal = running.renewal
    return events.SubscriptionEnded(
        running.terms,
        reason,
        running.periods > 0,
        renewal.payment_id if renewal else None,
        renewal.due if renewal else None,
        running.balance or None,
    )
