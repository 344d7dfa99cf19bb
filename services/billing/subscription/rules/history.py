"""What each event makes of a subscription."""

from dataclasses import replace
from uuid import UUID

from services.billing import rises
from services.billing.policy.events import USUAL
from services.billing.subscription import events
from services.billing.subscription.events import Change, Period, periods_until
from services.billing.subscription.rules import afterwards, funding, start
from services.billing.subscription.rules.state import (
    Ended,
    Held,
    Renewal,
    Running,
    Subscription,
    Upgrade,
)


def evolve(subscription: Subscription, event: events.SubscriptionEvent) -> Subscription:
    match event:
        case events.TrialStarted(terms, instrument, ends_at):
            return start.begun(terms, instrument, Period(ends_at, ends_at))
        case events.TrialPutOff(_, until) if isinstance(subscription, Running):
            return replace(subscription, anchor=until, begins_at=until, ends_at=until)
        case events.SubscriptionActivated(terms, instrument, period) if subscription is None:
            running = _period_paid(start.begun(terms, instrument, period), event)
            if event.brought:
                return _counted_elsewhere(replace(running, anchor=event.brought.anchor))
            # The years of everybody are counted from the day on which they all begin.
            return replace(running, anchor=period.end, anchored=1) if terms.year else running
        case events.SubscriptionEnded() if isinstance(subscription, Running):
            return afterwards.ended_by(subscription, event)
        case events.LateRenewalPaid(payment_id) if subscription:
            others = {k: v for k, v in subscription.unwanted.items() if k != payment_id}
            if isinstance(subscription, Ended) and subscription.unpaid == payment_id:
                return replace(subscription, unpaid=None, unwanted=others)
            return replace(subscription, unwanted=others)
        case _ if isinstance(subscription, Ended):
            return afterwards.evolve(subscription, event)
        case _:
            return _evolve_running(subscription, event) if subscription else None


def _period_paid(
    running: Running, paid: events.SubscriptionActivated | events.SubscriptionRenewed
) -> Running:
    carried = paid.carried or running.balance * 0
    by = running.renewal.payment_id if running.renewal else getattr(paid, "payment_id", None)
    billed_for_it = paid.terms.amount if paid.paid is None else paid.paid
    now = replace(
        funding.for_period(running, by, billed_for_it, billed_for_it - carried),
        begins_at=paid.period.start,
        ends_at=paid.period.end,
        periods=running.periods + 1,
        worth=billed_for_it - carried,
        balance=running.balance - carried,
        renewal=None,
        elsewhere=False,
        upgrade=None,
    )
    was_elsewhere = isinstance(paid, events.SubscriptionRenewed) and paid.elsewhere
    return _counted_elsewhere(now) if was_elsewhere else now


def _counted_elsewhere(running: Running) -> Running:
    """However many periods there were there, ours goes on in the same series."""
    over = periods_until(running.anchor, running.ends_at, running.terms)
    return replace(running, anchored=running.periods - over, elsewhere=True)


def _changed(running: Running, change: Change) -> Running:
    billed = running.pending if isinstance(running.pending, events.ChangeBilled) else None
    now = replace(
        funding.for_change(running, change, billed.payment_id if billed else None),
        terms=change.to,
        begins_at=change.period.start,
        ends_at=change.period.end,
        worth=change.worth,
        balance=running.balance + change.left,
        pending=None,
        upgrade=_upgrade(running, change, billed.payment_id) if billed else None,
    )
    if running.upgrade and change.change_id == running.upgrade.undoing:
        others = {k: v for k, v in now.paid_by.items() if k != running.upgrade.payment_id}
        now = replace(now, paid_by=others)
    if change.anchor:
        now = replace(now, anchor=change.anchor, anchored=running.periods, on=change.on)
    return replace(now, periods=running.periods + 1) if change.mode == "reset" else now


def _upgrade(running: Running, change: Change, payment_id: UUID) -> Upgrade | None:
    """A new period is more than that, and so is what an older credit paid a part of."""
    is_one = change.mode == "invoice" and not change.carried
    return Upgrade(payment_id, running.terms) if is_one else None


def _evolve_running(running: Running, event: events.SubscriptionEvent) -> Running:
    match event:
        case events.SubscriptionActivated() | events.SubscriptionRenewed():
            return _period_paid(running, event)
        case events.RenewalStarted(terms, instrument, period, payment_id, attempt):
            renewal = Renewal(terms, period, payment_id, attempt, instrument, event.amount)
            if before := running.renewal:
                renewal = replace(
                    renewal, since=before.since, dunning=before.dunning, unpaid=before.unpaid
                )
            return replace(running, renewal=renewal)
        case events.RenewalDeclined() | events.SubscriptionUnpaid() if running.renewal:
            return replace(running, renewal=_evolve_renewal(running.renewal, event))
        case events.InstrumentReplaced(instrument):
            return replace(running, instrument=instrument)
        case events.CancellationScheduled():
            return replace(running, cancelling=True)
        case events.CancellationWithdrawn():
            return replace(running, cancelling=False)
        case events.SubscriptionChanged(_, change):
            return _changed(running, change)
        case events.SubscriptionPaused():
            return replace(running, paused=event)
        case events.SubscriptionResumed(_, period):
            start, end = period.start, period.end
            moved = replace(running, paused=None, begins_at=start, ends_at=end)
            return replace(moved, anchor=end, anchored=running.periods, on=event.on)
        case _:
            return _evolve_pending(running, event)


def _evolve_pending(running: Running, event: events.SubscriptionEvent) -> Running:
    match event:
        case events.ChangeScheduled() | events.ChangeBilled():
            return replace(running, pending=event)
        case events.ChangeDropped(payment_id=payment_id, amount=amount):
            unwanted = {payment_id: amount} if payment_id and amount else {}
            return replace(running, pending=None, unwanted={**running.unwanted, **unwanted})
        case events.CreditTaken():
            return funding.handed(running, event)
        case events.DebitAnnounced():
            return replace(running, told=event)
        case events.SubscriptionReduced(terms, reduction):
            return replace(running, terms=replace(terms, reduction=reduction))
        case _:
            return _evolve_reversed(running, event)


def _evolve_renewal(
    renewal: Renewal, event: events.RenewalDeclined | events.SubscriptionUnpaid
) -> Renewal:
    if isinstance(event, events.SubscriptionUnpaid):
        return replace(renewal, unpaid=True)
    dunning = event.dunning or USUAL
    return replace(renewal, in_flight=False, since=event.since, dunning=dunning)


def _evolve_reversed(running: Running, event: events.SubscriptionEvent) -> Running:
    match event:
        case events.PaymentReversed(_, payment_id, reversal, None, credit):
            gone = funding.gone_back(running, payment_id, credit)
            return replace(gone, refunded=running.refunded | {payment_id})
        case events.PaymentReversed(_, payment_id, reversal, dispute, credit) if dispute:
            lost = reversal == "lost"
            now = funding.gone_back(running, payment_id, credit) if lost else running
            return replace(now, disputes={**running.disputes, dispute: reversal})
        case events.SubscriptionSuspended(_, cause, _, dispute):
            return replace(running, held=running.held | {Held(cause, dispute)})
        case events.SubscriptionReinstated(_, cause, _, dispute):
            return replace(running, held=running.held - {Held(cause, dispute)})
        case events.PriceRiseApplied(terms=terms):
            return replace(running, terms=terms, rising=rises.evolve(running.rising, event))
        case _:
            return replace(running, rising=rises.evolve(running.rising, event))
