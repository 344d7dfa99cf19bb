"""A subscription runs only as long as its periods are paid, each exactly once, and ends once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

from services.billing.order.events import Reversal
from services.billing.payer.events import Instrument
from services.billing.policy.events import USUAL, Dunning
from services.billing.subscription import commands, events
from services.billing.subscription.events import EndReason, Period, Terms, boundary
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, PersonId
from shared.money import Money


@dataclass(frozen=True, slots=True)
class Renewal:
    """The period that is being paid for. It is past due `since` its first decline."""

    period: Period
    payment_id: UUID
    attempt: int
    instrument: Instrument
    due: Money
    in_flight: bool = True
    since: datetime | None = None
    dunning: Dunning = USUAL
    unpaid: bool = False


class Held(NamedTuple):
    """Why what it grants is withheld: a dispute, or money that has not come."""

    cause: events.SuspensionCause
    dispute: Code | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """On trial while no period is paid; `ends_at` is the end of the trial, or of what is paid."""

    terms: Terms
    instrument: Instrument
    anchor: datetime
    ends_at: datetime
    periods: int = 0
    cancelling: bool = False
    renewal: Renewal | None = None
    paid_by: UUID | None = None
    refunded: UUID | None = None
    disputes: Mapping[Code, Reversal] = field(default_factory=dict)
    held: frozenset[Held] = frozenset()

    @property
    def due(self) -> Money:
        """What is to be paid for the period after those that are paid."""
        return self.terms.due(self.periods + 1)


@dataclass(frozen=True, slots=True)
class Ended:
    terms: Terms
    unpaid: UUID | None
    amount: Money


Subscription = Running | Ended | None
Events = list[events.SubscriptionEvent]


def decide(command: commands.SubscriptionCommand, subscription: Subscription) -> Events:
    match command:
        case commands.StartSubscription() if subscription is None:
            return _begin(command)
        case commands.ScheduleCancellation(person_id) | commands.WithdrawCancellation(person_id):
            _insist_on_owner(subscription, person_id)
        case commands.CancelNow() if subscription is None:
            raise _not_found()
        case _:
            pass
    match subscription:
        case None:
            return []
        case Ended():
            return _after_the_end(command, subscription)
        case Running():
            return _while_running(command, subscription)
        case _:
            assert_never(subscription)


def _begin(asked: commands.StartSubscription) -> Events:
    terms, at = asked.terms, asked.at
    if asked.trial_days:
        ends_at = at + timedelta(days=asked.trial_days)
        return [events.TrialStarted(terms, asked.instrument, ends_at)]
    period = Period(at, boundary(at, terms, 1))
    paid = terms.due(1)
    return [
        events.SubscriptionActivated(
            terms, asked.instrument, period, paid, payment_id=asked.payment_id
        )
    ]


def _after_the_end(command: commands.SubscriptionCommand, ended: Ended) -> Events:
    match command:
        case commands.ScheduleCancellation() | commands.WithdrawCancellation():
            raise Rejected("subscription_ended", "The subscription has ended.")
        case commands.SettleRenewal(payment_id) if payment_id == ended.unpaid:
            terms = ended.terms
            return [events.LateRenewalPaid(payment_id, ended.amount, terms.charged_for)]
        case _:
            return []


def _while_running(command: commands.SubscriptionCommand, running: Running) -> Events:
    renewal = running.renewal
    past_due = renewal is not None and renewal.since is not None
    match command:
        case commands.StartSubscription():
            return []
        case commands.RenewSubscription(due, payment_id):
            if due != running.ends_at or renewal:
                return []
            if running.cancelling:
                return [_ended(running, "voluntary")]
            if any(held.cause == "disputed" for held in running.held):
                return [_ended(running, "disputed")]  # Nobody charges who is asking for it back.
            return [_next(running, payment_id)]
        case commands.ScheduleCancellation() if past_due:
            return [_ended(running, "voluntary")]
        case commands.ScheduleCancellation() if not running.cancelling:
            ends_at = renewal.period.end if renewal else running.ends_at
            return [events.CancellationScheduled(running.terms, ends_at)]
        case commands.WithdrawCancellation() if running.cancelling:
            return [events.CancellationWithdrawn(running.terms)]
        case commands.ScheduleCancellation() | commands.WithdrawCancellation():
            return []
        case commands.UseInstrument(instrument):
            same = instrument == running.instrument
            replaced: Events = [] if same else [events.InstrumentReplaced(instrument)]
            if renewal and past_due and not renewal.in_flight:
                replaced.append(_again(running, renewal, instrument))
            return replaced
        case commands.CancelNow():
            return [_ended(running, "voluntary")]
        case commands.EndSubscription(reason):
            return [_ended(running, reason)]
        case commands.HearReversal():
            return _heard(command, running)
        case commands.FollowRefund() | commands.FollowDispute() | commands.FollowLoss():
            return _follow(command, running)
        case _:
            current = renewal and renewal.payment_id == command.payment_id
            return _collect(command, running, renewal) if renewal and current else []


def _collect(
    command: commands.RetryRenewal
    | commands.GiveUpRenewal
    | commands.SettleRenewal
    | commands.DeclineRenewal
    | commands.WithholdUnpaid
    | commands.LapseUnpaid,
    running: Running,
    renewal: Renewal,
) -> Events:
    match command:
        case commands.RetryRenewal(_, attempt):
            stale = renewal.in_flight or attempt != renewal.attempt + 1
            return [] if stale else [_again(running, renewal, running.instrument)]
        case commands.GiveUpRenewal() | commands.LapseUnpaid() | commands.WithholdUnpaid():
            return _lose_patience(command, running, renewal)
        case commands.DeclineRenewal(_, attempt):
            stale = not renewal.in_flight or attempt != renewal.attempt
            return [] if stale else _decline(command, running, renewal)
        case commands.SettleRenewal():
            recovered: Events = (
                [events.SubscriptionRecovered(running.terms)] if renewal.since else []
            )
            had_again = _released(running, Held("unpaid"))
            return [*recovered, *had_again, _paid(running, renewal.period, renewal.due)]
        case _:
            assert_never(command)


def _lose_patience(
    command: commands.GiveUpRenewal | commands.LapseUnpaid | commands.WithholdUnpaid,
    running: Running,
    renewal: Renewal,
) -> Events:
    since = renewal.since
    match command:
        case commands.WithholdUnpaid():
            return _withheld(running, Held("unpaid")) if since else []
        case _ if renewal.in_flight or since is None:
            return []
        case commands.LapseUnpaid():
            return _give_up(running, renewal, renewal.period.end) if renewal.unpaid else []
        case commands.GiveUpRenewal(_, attempt):
            stale = attempt != renewal.attempt
            return [] if stale else _give_up(running, renewal, since + renewal.dunning.patience)
        case _:
            assert_never(command)


def _decline(told: commands.DeclineRenewal, running: Running, renewal: Renewal) -> Events:
    since = renewal.since or told.at
    dunning = renewal.dunning if renewal.since else told.dunning
    gives_up_at = since + dunning.patience
    retries = [since + wait for wait in dunning.waits if since + wait > told.at]
    # A card refused for good is not tried again, but there is as long to give another.
    retry_at = retries[0] if retries and not told.final else None
    declined = events.RenewalDeclined(
        told.payment_id, told.attempt, told.code, since, retry_at, gives_up_at, dunning
    )
    if running.cancelling:
        return [declined, _ended(running, "voluntary")]
    first: Events = [] if renewal.since else [_past_due(told, running, renewal)]
    if running.instrument == renewal.instrument and told.at >= gives_up_at:
        return [*first, declined, *_give_up(running, replace(renewal, dunning=dunning), told.at)]
    if running.instrument != renewal.instrument:
        return [*first, declined, _again(running, renewal, running.instrument)]
    return [*first, declined]


def _heard(told: commands.HearReversal, running: Running) -> Events:
    terms, dispute = running.terms, told.dispute
    heard = events.PaymentReversed(terms, told.payment_id, told.reversal, dispute)
    if dispute is None:
        latest = told.payment_id == running.paid_by != running.refunded
        return [heard] if latest else []
    before = running.disputes.get(dispute)
    if before == told.reversal or before in ("won", "lost"):
        return []
    won = told.reversal == "won"
    return [heard, *(_released(running, Held("disputed", dispute)) if won else [])]


def _follow(
    asked: commands.FollowRefund | commands.FollowDispute | commands.FollowLoss, running: Running
) -> Events:
    match asked:
        case commands.FollowRefund(payment_id, after):
            if payment_id != running.paid_by or after == "keep":
                return []
            if after == "end_now":
                return [_ended(running, "refunded")]
            if running.cancelling:
                return []
            ends_at = running.renewal.period.end if running.renewal else running.ends_at
            return [events.CancellationScheduled(running.terms, ends_at)]
        case commands.FollowDispute(dispute, during):
            is_open = running.disputes.get(dispute) == "disputed"
            return (
                _withheld(running, Held("disputed", dispute))
                if is_open and during == "suspend"
                else []
            )
        case commands.FollowLoss(dispute, after):
            if running.disputes.get(dispute) != "lost":
                return []
            if after == "end_now":
                return [_ended(running, "disputed")]
            return _released(running, Held("disputed", dispute))
        case _:
            assert_never(asked)


def _withheld(running: Running, held: Held) -> Events:
    if held in running.held:
        return []
    return [events.SubscriptionSuspended(running.terms, held.cause, not running.held, held.dispute)]


def _released(running: Running, held: Held) -> Events:
    if held not in running.held:
        return []
    last = running.held == {held}
    return [events.SubscriptionReinstated(running.terms, held.cause, last, held.dispute)]


def _past_due(
    told: commands.DeclineRenewal, running: Running, renewal: Renewal
) -> events.SubscriptionPastDue:
    dunning = told.dunning
    access_until = told.at + dunning.grace if dunning.grace < dunning.patience else None
    return events.SubscriptionPastDue(
        running.terms, renewal.due, told.payment_id, access_until, told.link
    )


def _give_up(running: Running, renewal: Renewal, at: datetime) -> Events:
    if renewal.dunning.afterwards == "end" or at >= renewal.period.end:
        return [_ended(running, "payment_failed")]
    if renewal.unpaid:
        return []
    ends_at = renewal.period.end
    unpaid = events.SubscriptionUnpaid(running.terms, renewal.payment_id, ends_at)
    return [*_withheld(running, Held("unpaid")), unpaid]


def _next(running: Running, payment_id: UUID) -> events.SubscriptionEvent:
    terms, due = running.terms, running.due
    period = Period(running.ends_at, boundary(running.anchor, terms, running.periods + 1))
    if not due:
        return _paid(running, period, due)  # A processor charges something or nothing.
    return events.RenewalStarted(terms, running.instrument, period, payment_id, 1, due)


def _paid(running: Running, period: Period, paid: Money) -> events.SubscriptionEvent:
    if running.periods:
        return events.SubscriptionRenewed(running.terms, period, paid)
    return events.SubscriptionActivated(running.terms, running.instrument, period, paid)


def _again(running: Running, renewal: Renewal, instrument: Instrument) -> events.RenewalStarted:
    return events.RenewalStarted(
        running.terms,
        instrument,
        renewal.period,
        renewal.payment_id,
        renewal.attempt + 1,
        renewal.due,
    )


def _ended(running: Running, reason: EndReason) -> events.SubscriptionEnded:
    terms, renewal = running.terms, running.renewal
    if renewal is None:
        return events.SubscriptionEnded(terms, reason, running.periods > 0, None)
    return events.SubscriptionEnded(
        terms, reason, running.periods > 0, renewal.payment_id, renewal.due
    )


def _insist_on_owner(subscription: Subscription, person_id: PersonId) -> None:
    if subscription is None or subscription.terms.person_id != person_id:
        raise _not_found()


def _not_found() -> NotFound:
    return NotFound("subscription_not_found", "There is no such subscription.")


def evolve(subscription: Subscription, event: events.SubscriptionEvent) -> Subscription:
    match event:
        case events.TrialStarted(terms, instrument, ends_at):
            return Running(terms, instrument, anchor=ends_at, ends_at=ends_at)
        case events.SubscriptionActivated(terms, instrument, period) if subscription is None:
            return Running(
                terms,
                instrument,
                anchor=period.start,
                ends_at=period.end,
                periods=1,
                paid_by=event.payment_id,
            )
        case events.SubscriptionEnded(terms, unpaid=unpaid, unpaid_amount=amount):
            return Ended(terms, unpaid, terms.amount if amount is None else amount)
        case events.LateRenewalPaid() if isinstance(subscription, Ended):
            return replace(subscription, unpaid=None)
        case _ if not isinstance(subscription, Running):
            return subscription
        case _:
            return _evolve_running(subscription, event)


def _evolve_running(running: Running, event: events.SubscriptionEvent) -> Running:
    match event:
        case (
            events.SubscriptionActivated(period=period) | events.SubscriptionRenewed(period=period)
        ):
            paid, renewal = running.periods + 1, running.renewal
            paid_by = renewal.payment_id if renewal else None
            return replace(running, ends_at=period.end, periods=paid, renewal=None, paid_by=paid_by)
        case events.RenewalStarted(_, instrument, period, payment_id, attempt):
            renewal = Renewal(period, payment_id, attempt, instrument, event.amount)
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
        case events.PaymentReversed(_, payment_id, _, None):
            return replace(running, refunded=payment_id)
        case events.PaymentReversed(_, _, reversal, dispute) if dispute is not None:
            return replace(running, disputes={**running.disputes, dispute: reversal})
        case events.SubscriptionSuspended(_, cause, _, dispute):
            return replace(running, held=running.held | {Held(cause, dispute)})
        case events.SubscriptionReinstated(_, cause, _, dispute):
            return replace(running, held=running.held - {Held(cause, dispute)})
        case _:
            return running


SUBSCRIPTION: Decider[commands.SubscriptionCommand, Subscription, events.SubscriptionEvent] = (
    Decider(
        "subscription",
        initial=None,
        decide=decide,
        evolve=evolve,
        commands=commands.SubscriptionCommand,
        events=events.SubscriptionEvent,
    )
)
