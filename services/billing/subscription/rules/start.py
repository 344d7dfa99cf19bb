"""How a subscription begins: paid for, on trial, in a year of everybody's, or brought from elsewhere."""

from datetime import datetime, timedelta

from services.billing.payer.events import Instrument
from services.billing.subscription import commands, events
from services.billing.subscription.events import Period, Terms, boundary
from services.billing.subscription.rules import cards
from services.billing.subscription.rules.state import Events, Running


def begin(asked: commands.StartSubscription) -> Events:
    terms, at = asked.terms, asked.at
    if asked.brought is not None:
        return [
            events.SubscriptionActivated(
                terms, asked.instrument, asked.brought.period, terms.due(1), brought=asked.brought
            )
        ]
    if asked.trial_days or asked.free_until:
        # Who is let in when its day has come pays at once.
        ends_at = max(asked.free_until or at + timedelta(days=asked.trial_days), at)
        is_awaited = asked.free_until is not None
        started = events.TrialStarted(terms, asked.instrument, ends_at, is_awaited)
        return [started, *cards.awaited(asked.instrument, ends_at)]
    end, paid = boundary(at, terms, 1), terms.due(1)
    if asked.first is not None:
        end = _end_of_year(asked.first.until, terms, at)
        paid = paid if asked.paid is None else asked.paid
    period = Period(at, end)
    return [
        events.SubscriptionActivated(
            terms, asked.instrument, period, paid, payment_id=asked.payment_id
        )
    ]


def _end_of_year(until: datetime, terms: Terms, at: datetime) -> datetime:
    """Money that comes when the year is over has bought the next."""
    while until <= at:
        until = boundary(until, terms, 1)
    return until


def begun(terms: Terms, instrument: Instrument, period: Period) -> Running:
    nothing = terms.price * 0
    return Running(terms, instrument, period.start, period.start, period.end, nothing, nothing)


def put_off(asked: commands.PutOffTrial, running: Running) -> Events:
    """Who has cancelled or changed has chosen by the day they knew."""
    chosen = running.cancelling or running.paused or running.pending or running.renewal
    waits = not running.periods and running.ends_at == asked.before and not chosen
    return [events.TrialPutOff(running.terms, asked.until)] if waits else []
