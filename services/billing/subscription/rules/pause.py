"""A pause closes access at once, and keeps what is left of the period for the day it goes on."""

from datetime import datetime, timedelta

from services.billing.subscription import commands, events
from services.billing.subscription.events import Period, day_beyond
from services.billing.subscription.rules import cards, refusals, withholding
from services.billing.subscription.rules.state import Events, Running
from shared.decider import Rejected

SHORTEST_PAUSE = timedelta(days=1)


def pause(asked: commands.PauseSubscription, running: Running) -> Events:
    if running.paused:
        if running.paused.until == asked.until:
            return []
        raise refusals.is_paused()
    if not SHORTEST_PAUSE <= asked.until - asked.at <= timedelta(days=asked.longest_days):
        raise Rejected(
            "pause_out_of_range",
            "A pause lasts days, and as many as the seller allows.",
            pointer="/until",
            fewest=SHORTEST_PAUSE.days,
            most=asked.longest_days,
        )
    if running.terms.year:
        raise Rejected("fixed_year_is_not_paused", "A fixed year ends for everybody on one day.")
    if running.renewal or asked.at >= running.ends_at:
        raise refusals.renewal_under_way()
    if running.cancelling:
        raise Rejected("subscription_cancelling", "Withdraw the cancellation first.")
    refusals.insist_on_undisputed(running)
    refusals.insist_on_ours(running)
    return [events.SubscriptionPaused(running.terms, asked.at, asked.until)]


def resume(running: Running, until: datetime | None, at: datetime) -> Events:
    paused = running.paused
    if paused is None or until not in (None, paused.until):
        return []
    later = max(at, paused.since) - paused.since
    period = Period(running.begins_at + later, running.ends_at + later)
    on = day_beyond(period.end, running.anchor, running.terms, running.on)
    is_trial = not running.periods  # Periods are counted from the day on which that ends.
    resumed = events.SubscriptionResumed(running.terms, period, is_trial, None if is_trial else on)
    withheld = withholding.still_withheld(running.terms, running.held)
    return [resumed, *withheld, *cards.awaited(running.instrument, period.end)]
