"""Who stays after all pays less for a while: a reduction of the next periods, and of none that is being paid for."""

from services.billing.discount.events import Reduction
from services.billing.subscription import commands, events
from services.billing.subscription.rules import refusals
from services.billing.subscription.rules.state import Events, Running
from shared.decider import Rejected


def reduce(asked: commands.ReduceToStay, running: Running) -> Events:
    terms = running.terms
    before = terms.reduction
    if before and (before.periods is None or before.periods > running.periods):
        raise Rejected("reduced_already", "Something is taken off it already.")
    if terms.charged_for == "donation":
        raise Rejected("gift_is_not_reduced", "Of a gift nothing is taken off.")
    if running.pending:
        raise Rejected("change_waits", "It is to become something else: withdraw that first.")
    if running.renewal:
        raise refusals.renewal_under_way()
    refusals.insist_on_ours(running)
    last = running.periods + asked.periods
    return [
        events.SubscriptionReduced(terms, Reduction(asked.reduction_id, asked.percent, None, last))
    ]
