"""What a subscription may become, when, and what waits to become so."""

from dataclasses import replace
from typing import assert_never
from uuid import UUID

from services.billing.lasting import at_pace
from services.billing.payment.events import DEAREST
from services.billing.proration import usual_mode, worked_out
from services.billing.subscription import commands, events
from services.billing.subscription.events import Terms, change_payment_of, terms_of
from services.billing.subscription.rules import refusals, withholding
from services.billing.subscription.rules.state import Events, Running
from shared.decider import Rejected
from shared.ids import Code


def wish(asked: commands.ChangeSubscription, running: Running) -> Events:
    terms = running.terms
    to = _wished(asked, running)
    _insist_on_possible(asked, to, running)
    mode = asked.mode or usual_mode(terms, to)
    if to.pace != terms.pace and mode in ("invoice", "prorate"):
        mode = "reset"  # What is left of a month is no part of a year.
    if not running.periods and mode != "next_period":
        mode = "none"  # A trial costs nothing.
    if to == terms:
        return drop(running, "withdrawn")
    if mode == "reset":  # A new period begins, and it costs what one that begins now does.
        to = running.rising.applied_to(to, asked.at)
    if running.pending and _as_pending(running.pending) == (to, mode):
        return []
    replaced = drop(running, "replaced")
    if mode == "next_period":
        return [
            *replaced,
            events.ChangeScheduled(terms, asked.change_id, to, running.ends_at),
        ]
    change = worked_out(asked.change_id, running.standing, to, mode, asked.at, asked.unit)
    if change.due.minor > DEAREST:
        raise Rejected("amount_out_of_range", "No processor charges that.", most=DEAREST)
    if not change.due:
        return [*replaced, events.SubscriptionChanged(terms, change)]
    payment_id = change_payment_of(asked.change_id)
    return [*replaced, events.ChangeBilled(terms, change, payment_id, running.instrument)]


def withdraw(running: Running) -> Events:
    if running.renewal:
        raise refusals.renewal_under_way()
    return drop(running, "withdrawn")


def lapse(asked: commands.LapseChange, running: Running) -> Events:
    waits = isinstance(running.pending, events.ChangeBilled)
    lapsed = waits and change_id_of(running) == asked.change_id
    return drop(running, "lapsed") if lapsed else []


def _wished(asked: commands.ChangeSubscription, running: Running) -> Terms:
    terms = running.terms
    if asked.keeps_price:
        return replace(terms, quantity=asked.line.quantity)
    to = terms_of(terms.person_id, asked.line, terms.time_zone)
    return replace(to, reduction=at_pace(terms.reduction, running.periods, terms.pace, to.pace))


def _insist_on_possible(asked: commands.ChangeSubscription, to: Terms, running: Running) -> None:
    line, terms = asked.line, running.terms
    if not line.recurs:
        raise Rejected("offer_not_recurring", "That is bought once.", pointer="/offer_id")
    refusals.insist_on_same_year(asked, to, terms)
    if to.charged_for != terms.charged_for:
        raise Rejected(
            "not_a_change", "A gift and a purchase do not become each other.", pointer="/offer_id"
        )
    if asked.seats_only and not to.for_others:
        raise Rejected("seats_only", "An organisation pays for seats.", pointer="/offer_id")
    if to.price.currency != terms.price.currency:
        raise Rejected("other_currency", "It is paid in another currency.", pointer="/offer_id")
    refusals.insist_on_limits(line)
    if asked.person_id and asked.mode in ("prorate", "none"):
        raise Rejected("mode_is_for_staff", "Only staff change it like that.", pointer="/mode")
    if running.renewal:
        raise refusals.renewal_under_way()
    if running.cancelling:
        raise Rejected("subscription_cancelling", "Withdraw the cancellation first.")
    if running.paused:
        raise refusals.is_paused()
    refusals.insist_on_undisputed(running)
    refusals.insist_on_ours(running)


def collect_change(
    command: commands.SettleRenewal | commands.DeclineRenewal,
    running: Running,
    billed: events.ChangeBilled,
) -> Events:
    match command:
        case commands.SettleRenewal():
            changed = events.SubscriptionChanged(running.terms, billed.change)
            return [changed, *withholding.still_withheld(billed.change.to, running.held)]
        case commands.DeclineRenewal(code=events.TO_CONFIRM):
            return []  # Who asked for it is there, and has until it lapses.
        case commands.DeclineRenewal(code=code):
            return drop(running, "declined", code)
        case _:
            assert_never(command)


def _as_pending(
    pending: events.ChangeScheduled | events.ChangeBilled,
) -> tuple[Terms, events.ChangeMode]:
    if isinstance(pending, events.ChangeScheduled):
        return pending.to, "next_period"
    return pending.change.to, pending.change.mode


def change_id_of(running: Running) -> UUID | None:
    match running.pending:
        case events.ChangeScheduled(change_id=change_id):
            return change_id
        case events.ChangeBilled(change=change):
            return change.change_id
        case _:
            return None


def drop(running: Running, reason: events.DropReason, code: Code | None = None) -> Events:
    match running.pending:
        case events.ChangeScheduled(change_id=change_id):
            return [events.ChangeDropped(change_id, reason, None)]
        case events.ChangeBilled(change=change, payment_id=payment_id):
            return [events.ChangeDropped(change.change_id, reason, payment_id, change.due, code)]
        case _:
            return []


def with_its_change(running: Running, decided: Events) -> Events:
    """What is pending goes where it no longer has a place: before the end, and before the period is another."""
    kinds = {type(event) for event in decided}
    waits = isinstance(running.pending, events.ChangeBilled)
    if events.SubscriptionEnded in kinds:
        return [*drop(running, "ended"), *decided]
    if events.CancellationScheduled in kinds and not running.renewal:
        return [*drop(running, "cancelled"), *decided]
    if waits and kinds & {events.RenewalStarted, events.SubscriptionRenewed}:
        return [*drop(running, "renewed"), *decided]
    if waits and events.SubscriptionPaused in kinds:
        return [*drop(running, "paused"), *decided]
    if waits and any(_took_its_money(event, running) for event in decided):
        return [*drop(running, "reversed"), *decided]
    return decided


def _took_its_money(event: events.SubscriptionEvent, running: Running) -> bool:
    """A change gives back what was paid; it was worked out before that went back another way."""
    if not isinstance(event, events.PaymentReversed) or event.reversal not in ("refunded", "lost"):
        return False
    return bool(event.credit or running.paid_by.get(event.payment_id))
