"""The next period is paid for once, when the one before is over, and announced where it is debited."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.billing import rises
from services.billing.payer.events import Instrument
from services.billing.proration import worked_out
from services.billing.subscription import commands, events
from services.billing.subscription.events import DEBIT_NOTICE, Period
from services.billing.subscription.rules import cards, ending, withholding
from services.billing.subscription.rules.state import Events, Held, Renewal, Running
from shared.money import Money


def renew(asked: commands.RenewSubscription, running: Running) -> Events:
    if asked.due != running.ends_at or running.renewal or running.paused:
        return []
    if running.cancelling:
        return [ending.ended_by(running, "voluntary")]
    if running.is_disputed:
        return [ending.ended_by(running, "disputed")]
    if told := running.rising.unanswered(running.wanted, running.ends_at):
        return end_unanswered(running, told, asked.payment_id)
    return begin_next(running, asked.payment_id)


def use(instrument: Instrument, running: Running) -> Events:
    same = instrument == running.instrument
    due_at = running.ends_at if instrument.mandate else None
    replaced: Events = [] if same else [events.InstrumentReplaced(instrument, due_at)]
    return [*replaced, *cards.given(instrument, running), *owed_again(running, instrument)]


def announce_debit(running: Running, at: datetime) -> Events:
    """Told once for each day and amount; whoever is not going to be debited is told nothing."""
    mandate, due, on = running.instrument.mandate, running.due, running.ends_at
    known = running.told and (running.told.on, running.told.amount) == (on, due)
    stops = running.cancelling or running.paused or running.is_disputed or running.renewal
    if mandate is None or not due or known or stops or on - at > DEBIT_NOTICE:
        return []
    return [events.DebitAnnounced(running.upcoming, due, on, mandate)]


def begin_next(running: Running, payment_id: UUID) -> Events:
    terms, period, due = running.upcoming, running.next_period, running.due
    if not due:
        return paid_for(running, period, due)  # A processor charges something or nothing.
    return [events.RenewalStarted(terms, running.instrument, period, payment_id, 1, due)]


def end_unanswered(running: Running, told: events.PriceRiseAnnounced, payment_id: UUID) -> Events:
    """Who comes back after that has the price that is in force by then, not the one they did not go on with."""
    terms, rise = running.terms, told.rise
    dropped = events.PriceRiseDropped(terms, rise.rise_id, "not_agreed", rise)
    if rise.otherwise == "keep":
        return [dropped, *begin_next(running, payment_id)]
    return [
        dropped,
        replace(ending.ended_by(running, "voluntary"), terms=rises.raised(terms, rise)),
    ]


def paid_for(running: Running, period: Period, paid: Money) -> Events:
    """What was to begin with the period begins with it."""
    terms, scheduled = running.upcoming, running.pending
    begun: Events = []
    if isinstance(scheduled, events.ChangeScheduled):
        # Nothing is prorated at a boundary, so neither the moment nor the unit matters.
        end = running.ends_at
        change = worked_out(
            scheduled.change_id, running.standing, terms, "next_period", end, "second"
        )
        begun = [events.SubscriptionChanged(running.terms, change)]
    carried = paid - terms.due(running.periods + 1) or None
    withheld = withholding.still_withheld(terms, running.held - {Held("unpaid")})
    if running.periods:
        return [*begun, events.SubscriptionRenewed(terms, period, paid, carried), *withheld]
    instrument = running.instrument
    activated = events.SubscriptionActivated(terms, instrument, period, paid, carried)
    return [*begun, activated, *withheld]


def owed_again(running: Running, instrument: Instrument) -> Events:
    """What was declined is tried again, unless it is being tried, or a bank is asked for the money before it."""
    renewal = running.renewal
    if renewal is None or renewal.since is None or renewal.in_flight or running.is_disputed:
        return []
    return [again(renewal, instrument)]


def again(renewal: Renewal, instrument: Instrument) -> events.RenewalStarted:
    return events.RenewalStarted(
        renewal.terms,
        instrument,
        renewal.period,
        renewal.payment_id,
        renewal.attempt + 1,
        renewal.due,
    )
