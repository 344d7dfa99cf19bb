"""A subscription runs only as long as its periods are paid, each exactly once, and ends once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple, assert_never
from uuid import UUID

from services.billing import rises
from services.billing.checkout.events import OfferLine
from services.billing.payer.events import Instrument
from services.billing.payment.events import DEAREST, Reversal
from services.billing.policy.events import USUAL, Dunning
from services.billing.proration import billed, usual_mode, worked_out
from services.billing.rises import NO_RISE, Holding, Rising
from services.billing.subscription import commands, events
from services.billing.subscription.events import (
    DEBIT_NOTICE,
    Change,
    EndReason,
    Period,
    Standing,
    Terms,
    boundary,
    change_payment_of,
    periods_until,
    returns_until,
    terms_of,
)
from shared.decider import Decider, NotFound, Rejected
from shared.ids import Code, PersonId
from shared.money import Money

SHORTEST_PAUSE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Renewal:
    """The period that is being paid for. It is past due `since` its first decline."""

    terms: Terms
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
    """On trial while no period is paid; `ends_at` is the end of the trial, or of what is paid.

    Periods are counted from `anchor`, at which so many were over. `worth` was billed for the one that runs; `balance`
    is what changes left for the next bill. Money of `unwanted` payments goes back, should it come. The period that
    runs may have been charged `elsewhere`.
    """

    terms: Terms
    instrument: Instrument
    anchor: datetime
    begins_at: datetime
    ends_at: datetime
    worth: Money
    balance: Money
    periods: int = 0
    anchored: int = 0
    cancelling: bool = False
    renewal: Renewal | None = None
    pending: events.ChangeScheduled | events.ChangeBilled | None = None
    unwanted: Mapping[UUID, Money] = field(default_factory=dict)
    paused: events.SubscriptionPaused | None = None
    paid_by: frozenset[UUID] = frozenset()
    refunded: frozenset[UUID] = frozenset()
    disputes: Mapping[Code, Reversal] = field(default_factory=dict)
    held: frozenset[Held] = frozenset()
    rising: Rising = NO_RISE
    elsewhere: bool = False
    told: events.DebitAnnounced | None = None

    @property
    def is_disputed(self) -> bool:
        """Nobody charges who is asking for it back."""
        return any(held.cause == "disputed" for held in self.held)

    @property
    def wanted(self) -> Terms:
        """What the next period is for before its price rises."""
        pending = self.pending
        return pending.to if isinstance(pending, events.ChangeScheduled) else self.terms

    @property
    def upcoming(self) -> Terms:
        """What the next period is for."""
        return self.rising.applied_to(self.wanted, self.ends_at)

    @property
    def next_period(self) -> Period:
        """The one after those that are paid, counted anew where periods become longer or shorter."""
        terms = self.upcoming
        anchor, number = self.anchor, self.periods + 1 - self.anchored
        if terms.pace != self.terms.pace:
            anchor, number = self.ends_at, 1
        return Period(self.ends_at, boundary(anchor, terms, number))

    @property
    def due(self) -> Money:
        """What is to be paid for the period after those that are paid, with what changes left."""
        return billed(self.upcoming.due(self.periods + 1), self.balance)

    @property
    def standing(self) -> Standing:
        period = Period(self.begins_at, self.ends_at)
        return Standing(self.terms, period, self.periods, self.worth, self.balance)

    @property
    def holding(self) -> Holding:
        return Holding(
            self.terms,
            self.wanted,
            self.anchor,
            self.ends_at,
            self.rising,
            by_hand=self.instrument.is_by_hand,
            cancelling=self.cancelling,
            paused=self.paused is not None,
            changing=self.pending is not None,
            renewing=self.renewal is not None,
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """`paid_until` is the end of what had been paid for, or of the trial."""

    terms: Terms
    unpaid: UUID | None
    amount: Money
    reason: EndReason
    paid_until: datetime
    won_back: bool = False
    unwanted: Mapping[UUID, Money] = field(default_factory=dict)
    rising: Rising = NO_RISE


Subscription = Running | Ended | None
Events = list[events.SubscriptionEvent]


def decide(command: commands.SubscriptionCommand, subscription: Subscription) -> Events:
    match command:
        case commands.StartSubscription() if subscription is None:
            return _begin(command)
        case (
            commands.ScheduleCancellation(person_id)
            | commands.WithdrawCancellation(person_id)
            | commands.WinBack(person_id)
            | commands.AcceptPriceRise(person_id)
        ):
            _insist_on_owner(subscription, person_id)
        case (
            commands.ChangeSubscription(person_id=person_id)
            | commands.WithdrawChange(person_id)
            | commands.PauseSubscription(person_id)
            | commands.ResumeSubscription(person_id, None)
        ) if person_id or subscription is None:
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
            decided = _with_its_change(subscription, _while_running(command, subscription))
            return rises.with_its_rise(subscription.terms, subscription.rising, decided)
        case _:
            assert_never(subscription)


def _begin(asked: commands.StartSubscription) -> Events:
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
        return [events.TrialStarted(terms, asked.instrument, ends_at, is_awaited)]
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


def _after_the_end(command: commands.SubscriptionCommand, ended: Ended) -> Events:
    match command:
        case (
            commands.ScheduleCancellation()
            | commands.WithdrawCancellation()
            | commands.ChangeSubscription()
            | commands.WithdrawChange()
            | commands.PauseSubscription()
            | commands.ResumeSubscription(until=None)
            | commands.AcceptPriceRise()
        ):
            raise Rejected("subscription_ended", "The subscription has ended.")
        case commands.WinBack():
            return _win_back(command, ended)
        case commands.RecordWonBack(subscription_id):
            return [] if ended.won_back else [events.SubscriptionWonBack(subscription_id)]
        case commands.AnnouncePriceRise(rise) if rise.rise_id not in ended.rising.over:
            return [events.PriceRiseDropped(ended.terms, rise.rise_id, "ended", told=None)]
        case commands.SettleRenewal(payment_id) if payment_id in ended.unwanted:
            return [_late(ended, payment_id)]
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


def _while_running(command: commands.SubscriptionCommand, running: Running) -> Events:
    renewal = running.renewal
    past_due = renewal is not None and renewal.since is not None
    match command:
        case commands.StartSubscription() | commands.RecordWonBack():
            return []
        case commands.WinBack():
            raise Rejected("subscription_running", "It has not ended.")
        case commands.PutOffTrial(before, until):
            # Who has cancelled or changed has chosen by the day they knew.
            chosen = running.cancelling or running.paused or running.pending or renewal
            waits = not running.periods and running.ends_at == before and not chosen
            return [events.TrialPutOff(running.terms, until)] if waits else []
        case commands.MoveOn(period) if running.elsewhere and period.end > running.ends_at:
            due = running.terms.due(running.periods + 1)
            paid = events.SubscriptionRenewed(running.terms, period, due, elsewhere=True)
            return [] if renewal else [paid]
        case commands.GiveBack() if running.elsewhere and not renewal:
            return [_ended(running, "migrated")]
        case commands.MoveOn() | commands.GiveBack():
            return []
        case commands.RenewSubscription(due, payment_id):
            if due != running.ends_at or renewal or running.paused:
                return []
            if running.cancelling:
                return [_ended(running, "voluntary")]
            if running.is_disputed:
                return [_ended(running, "disputed")]
            if told := running.rising.unanswered(running.wanted, running.ends_at):
                return _unanswered(running, told, payment_id)
            return _next(running, payment_id)
        case commands.ScheduleCancellation() if past_due or running.paused:
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
            due_at = running.ends_at if instrument.mandate else None
            replaced: Events = [] if same else [events.InstrumentReplaced(instrument, due_at)]
            return [*replaced, *_owed_again(running, instrument)]
        case commands.CancelNow():
            return [_ended(running, "voluntary")]
        case commands.EndSubscription(reason):
            return [_ended(running, reason)]
        case commands.HearReversal():
            return _heard(command, running)
        case commands.FollowRefund() | commands.FollowDispute() | commands.FollowLoss():
            return _follow(command, running)
        case commands.ChangeSubscription():
            return _change(command, running)
        case commands.WithdrawChange() if renewal:
            raise _renewal_under_way()
        case commands.WithdrawChange():
            return _drop(running, "withdrawn")
        case commands.LapseChange(change_id):
            waits = isinstance(running.pending, events.ChangeBilled)
            lapsed = waits and _change_id(running) == change_id
            return _drop(running, "lapsed") if lapsed else []
        case commands.PauseSubscription():
            return _pause(command, running)
        case commands.ResumeSubscription(until=until, at=at):
            return _resume(running, until, at)
        case commands.AnnounceDebit(at):
            return _announce_debit(running, at)
        case commands.AnnouncePriceRise(rise, at):
            return rises.announced(running.holding, rise, at)
        case commands.AcceptPriceRise():
            return rises.accepted(running.holding)
        case commands.RecallPriceRise(at):
            return rises.recalled(running.holding, at)
        case commands.WithdrawPriceRise(rise_id):
            return rises.withdrawn(running.holding, rise_id)
        case commands.SettleRenewal(payment_id) if payment_id in running.unwanted:
            return [_late(running, payment_id)]
        case commands.SettleRenewal(payment_id) | commands.DeclineRenewal(payment_id) if (
            isinstance(running.pending, events.ChangeBilled)
            and running.pending.payment_id == payment_id
        ):
            return _collect_change(command, running, running.pending)
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
            stale = attempt != renewal.attempt + 1
            return [] if stale else _owed_again(running, running.instrument)
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
            return [*recovered, *had_again, *_paid(running, renewal.period, renewal.due)]
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
    if running.instrument != renewal.instrument and not running.is_disputed:
        return [*first, declined, _again(renewal, running.instrument)]
    return [*first, declined]


def _heard(told: commands.HearReversal, running: Running) -> Events:
    terms, dispute = running.terms, told.dispute
    heard = events.PaymentReversed(terms, told.payment_id, told.reversal, dispute)
    if dispute is None:
        new = told.payment_id in running.paid_by - running.refunded
        return [heard] if new else []
    before = running.disputes.get(dispute)
    if before == told.reversal or before in ("won", "lost"):
        return []
    held = Held("disputed", dispute)
    if told.reversal != "won" or held not in running.held:
        return [heard]
    others = replace(running, held=running.held - {held})
    return [heard, *_released(running, held), *_owed_again(others, running.instrument)]


def _follow(
    asked: commands.FollowRefund | commands.FollowDispute | commands.FollowLoss, running: Running
) -> Events:
    match asked:
        case commands.FollowRefund(payment_id, after):
            if payment_id not in running.paid_by or after == "keep":
                return []
            if after == "end_now" or running.paused:
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
    last = running.held == {held} and not running.paused
    return [events.SubscriptionReinstated(running.terms, held.cause, last, held.dispute)]


def _still_withheld(terms: Terms, held: frozenset[Held]) -> Events:
    """What goes on or becomes something else opens what it grants: for as long as there is cause, it is shut again."""
    return [
        events.SubscriptionSuspended(terms, one.cause, number == 0, one.dispute)
        for number, one in enumerate(sorted(held))
    ]


def _past_due(
    told: commands.DeclineRenewal, running: Running, renewal: Renewal
) -> events.SubscriptionPastDue:
    dunning = told.dunning
    access_until = told.at + dunning.grace if dunning.grace < dunning.patience else None
    return events.SubscriptionPastDue(
        running.terms,
        renewal.due,
        told.payment_id,
        access_until,
        told.link,
        renewal.instrument.is_by_hand,
    )


def _give_up(running: Running, renewal: Renewal, at: datetime) -> Events:
    if renewal.dunning.afterwards == "end" or at >= renewal.period.end:
        return [_ended(running, "payment_failed")]
    if renewal.unpaid:
        return []
    ends_at = renewal.period.end
    unpaid = events.SubscriptionUnpaid(running.terms, renewal.payment_id, ends_at)
    return [*_withheld(running, Held("unpaid")), unpaid]


def _announce_debit(running: Running, at: datetime) -> Events:
    """Told once for each day and amount; whoever is not going to be debited is told nothing."""
    mandate, due, on = running.instrument.mandate, running.due, running.ends_at
    known = running.told and (running.told.on, running.told.amount) == (on, due)
    stops = running.cancelling or running.paused or running.is_disputed or running.renewal
    if mandate is None or not due or known or stops or on - at > DEBIT_NOTICE:
        return []
    return [events.DebitAnnounced(running.upcoming, due, on, mandate)]


def _next(running: Running, payment_id: UUID) -> Events:
    terms, period, due = running.upcoming, running.next_period, running.due
    if not due:
        return _paid(running, period, due)  # A processor charges something or nothing.
    return [events.RenewalStarted(terms, running.instrument, period, payment_id, 1, due)]


def _unanswered(running: Running, told: events.PriceRiseAnnounced, payment_id: UUID) -> Events:
    """Who comes back after that has the price that is in force by then, not the one they did not go on with."""
    terms, rise = running.terms, told.rise
    dropped = events.PriceRiseDropped(terms, rise.rise_id, "not_agreed", rise)
    if rise.otherwise == "keep":
        return [dropped, *_next(running, payment_id)]
    return [dropped, replace(_ended(running, "voluntary"), terms=rises.raised(terms, rise))]


def _paid(running: Running, period: Period, paid: Money) -> Events:
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
    withheld = _still_withheld(terms, running.held - {Held("unpaid")})
    if running.periods:
        return [*begun, events.SubscriptionRenewed(terms, period, paid, carried), *withheld]
    instrument = running.instrument
    activated = events.SubscriptionActivated(terms, instrument, period, paid, carried)
    return [*begun, activated, *withheld]


def _owed_again(running: Running, instrument: Instrument) -> Events:
    """What was declined is tried again, unless it is being tried, or a bank is asked for the money before it."""
    renewal = running.renewal
    if renewal is None or renewal.since is None or renewal.in_flight or running.is_disputed:
        return []
    return [_again(renewal, instrument)]


def _again(renewal: Renewal, instrument: Instrument) -> events.RenewalStarted:
    return events.RenewalStarted(
        renewal.terms,
        instrument,
        renewal.period,
        renewal.payment_id,
        renewal.attempt + 1,
        renewal.due,
    )


def _change(asked: commands.ChangeSubscription, running: Running) -> Events:
    terms = running.terms
    to = replace(terms_of(terms.person_id, asked.line, terms.time_zone), reduction=terms.reduction)
    if asked.keeps_price:
        to = replace(terms, quantity=asked.line.quantity)
    _insist_on_possible(asked, to, running)
    mode = asked.mode or usual_mode(terms, to)
    if to.pace != terms.pace and mode in ("invoice", "prorate"):
        mode = "reset"  # What is left of a month is no part of a year.
    if not running.periods and mode != "next_period":
        mode = "none"  # A trial costs nothing.
    if to == terms:
        return _drop(running, "withdrawn")
    if mode == "reset":  # A new period begins, and it costs what one that begins now does.
        to = running.rising.applied_to(to, asked.at)
    if running.pending and _as_pending(running.pending) == (to, mode):
        return []
    replaced = _drop(running, "replaced")
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


def _insist_on_possible(asked: commands.ChangeSubscription, to: Terms, running: Running) -> None:
    line, terms = asked.line, running.terms
    if not line.recurs:
        raise Rejected("offer_not_recurring", "That is bought once.", pointer="/offer_id")
    if to.year or terms.year:
        detail = "A fixed year is not changed: cancel it, and buy the other."
        raise Rejected("fixed_year_is_not_changed", detail, pointer="/offer_id")
    if to.charged_for != terms.charged_for:
        raise Rejected(
            "not_a_change", "A gift and a purchase do not become each other.", pointer="/offer_id"
        )
    if to.price.currency != terms.price.currency:
        raise Rejected("other_currency", "It is paid in another currency.", pointer="/offer_id")
    _insist_on_limits(line)
    if asked.person_id and asked.mode in ("prorate", "none"):
        raise Rejected("mode_is_for_staff", "Only staff change it like that.", pointer="/mode")
    if running.renewal:
        raise _renewal_under_way()
    if running.cancelling:
        raise Rejected("subscription_cancelling", "Withdraw the cancellation first.")
    if running.paused:
        raise _paused()
    _insist_on_undisputed(running)
    _insist_on_ours(running)


def _insist_on_ours(running: Running) -> None:
    if running.elsewhere:
        detail = "Until its first payment here, it is as it was where it comes from."
        raise Rejected("subscription_moving", detail, until=running.ends_at.isoformat())


def _insist_on_undisputed(running: Running) -> None:
    if running.held:
        raise Rejected("subscription_suspended", "What it grants is withheld.")


def _insist_on_limits(line: OfferLine) -> None:
    if not line.fewest <= line.quantity <= line.most:
        raise Rejected(
            "quantity_out_of_range",
            "Not so many.",
            pointer="/quantity",
            fewest=line.fewest,
            most=line.most,
        )
    if line.price.minor <= 0 or (line.minimum is not None and line.price < line.minimum):
        least = line.minimum.minor if line.minimum else 1
        raise Rejected(
            "amount_below_minimum", "It costs at least so much.", pointer="/amount", least=least
        )


def _collect_change(
    command: commands.SettleRenewal | commands.DeclineRenewal,
    running: Running,
    billed: events.ChangeBilled,
) -> Events:
    match command:
        case commands.SettleRenewal():
            changed = events.SubscriptionChanged(running.terms, billed.change)
            return [changed, *_still_withheld(billed.change.to, running.held)]
        case commands.DeclineRenewal(code="authentication_required"):
            return []  # Who asked for it is there, and has until it lapses.
        case commands.DeclineRenewal(code=code):
            return _drop(running, "declined", code)
        case _:
            assert_never(command)


def _as_pending(
    pending: events.ChangeScheduled | events.ChangeBilled,
) -> tuple[Terms, events.ChangeMode]:
    if isinstance(pending, events.ChangeScheduled):
        return pending.to, "next_period"
    return pending.change.to, pending.change.mode


def _change_id(running: Running) -> UUID | None:
    match running.pending:
        case events.ChangeScheduled(change_id=change_id):
            return change_id
        case events.ChangeBilled(change=change):
            return change.change_id
        case _:
            return None


def _drop(running: Running, reason: events.DropReason, code: Code | None = None) -> Events:
    match running.pending:
        case events.ChangeScheduled(change_id=change_id):
            return [events.ChangeDropped(change_id, reason, None)]
        case events.ChangeBilled(change=change, payment_id=payment_id):
            return [events.ChangeDropped(change.change_id, reason, payment_id, change.due, code)]
        case _:
            return []


def _with_its_change(running: Running, decided: Events) -> Events:
    """What is pending goes where it no longer has a place: before the end, and before the period is another."""
    kinds = {type(event) for event in decided}
    waits = isinstance(running.pending, events.ChangeBilled)
    if events.SubscriptionEnded in kinds:
        return [*_drop(running, "ended"), *decided]
    if events.CancellationScheduled in kinds and not running.renewal:
        return [*_drop(running, "cancelled"), *decided]
    if waits and kinds & {events.RenewalStarted, events.SubscriptionRenewed}:
        return [*_drop(running, "renewed"), *decided]
    if waits and events.SubscriptionPaused in kinds:
        return [*_drop(running, "paused"), *decided]
    return decided


def _pause(asked: commands.PauseSubscription, running: Running) -> Events:
    if running.paused:
        if running.paused.until == asked.until:
            return []
        raise _paused()
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
        raise _renewal_under_way()
    if running.cancelling:
        raise Rejected("subscription_cancelling", "Withdraw the cancellation first.")
    _insist_on_undisputed(running)
    _insist_on_ours(running)
    return [events.SubscriptionPaused(running.terms, asked.at, asked.until)]


def _resume(running: Running, until: datetime | None, at: datetime) -> Events:
    paused = running.paused
    if paused is None or until not in (None, paused.until):
        return []
    later = max(at, paused.since) - paused.since
    period = Period(running.begins_at + later, running.ends_at + later)
    resumed = events.SubscriptionResumed(running.terms, period, is_trial=not running.periods)
    return [resumed, *_still_withheld(running.terms, running.held)]


def _late(subscription: Running | Ended, payment_id: UUID) -> events.LateRenewalPaid:
    amount = subscription.unwanted[payment_id]
    return events.LateRenewalPaid(payment_id, amount, subscription.terms.charged_for)


def _renewal_under_way() -> Rejected:
    return Rejected("renewal_under_way", "The next period is being paid for.")


def _paused() -> Rejected:
    return Rejected("subscription_paused", "It is paused.")


def _ended(running: Running, reason: EndReason) -> events.SubscriptionEnded:
    terms, renewal = running.terms, running.renewal
    if renewal is None:
        return events.SubscriptionEnded(terms, reason, running.periods > 0, None)
    return events.SubscriptionEnded(
        terms, reason, running.periods > 0, renewal.payment_id, renewal.due
    )


def _insist_on_owner(subscription: Subscription, person_id: PersonId | None) -> None:
    if subscription is None or subscription.terms.person_id != person_id:
        raise _not_found()


def _not_found() -> NotFound:
    return NotFound("subscription_not_found", "There is no such subscription.")


def evolve(subscription: Subscription, event: events.SubscriptionEvent) -> Subscription:
    match event:
        case events.TrialStarted(terms, instrument, ends_at):
            return _begun(terms, instrument, Period(ends_at, ends_at))
        case events.TrialPutOff(_, until) if isinstance(subscription, Running):
            return replace(subscription, anchor=until, begins_at=until, ends_at=until)
        case events.SubscriptionActivated(terms, instrument, period) if subscription is None:
            running = _period_paid(_begun(terms, instrument, period), event)
            if event.brought:
                return _counted_elsewhere(replace(running, anchor=event.brought.anchor))
            # The years of everybody are counted from the day on which they all begin.
            return replace(running, anchor=period.end, anchored=1) if terms.year else running
        case events.SubscriptionEnded() if isinstance(subscription, Running):
            return _evolve_ended(subscription, event)
        case events.SubscriptionWonBack() if isinstance(subscription, Ended):
            return replace(subscription, won_back=True)
        case events.PriceRiseDropped() if isinstance(subscription, Ended):
            return replace(subscription, rising=rises.evolve(subscription.rising, event))
        case events.LateRenewalPaid(payment_id) if subscription:
            others = {k: v for k, v in subscription.unwanted.items() if k != payment_id}
            if isinstance(subscription, Ended) and subscription.unpaid == payment_id:
                return replace(subscription, unpaid=None, unwanted=others)
            return replace(subscription, unwanted=others)
        case _ if not isinstance(subscription, Running):
            return subscription
        case _:
            return _evolve_running(subscription, event)


def _begun(terms: Terms, instrument: Instrument, period: Period) -> Running:
    nothing = terms.price * 0
    return Running(terms, instrument, period.start, period.start, period.end, nothing, nothing)


def _period_paid(
    running: Running, paid: events.SubscriptionActivated | events.SubscriptionRenewed
) -> Running:
    carried = paid.carried or running.balance * 0
    by = running.renewal.payment_id if running.renewal else getattr(paid, "payment_id", None)
    billed_for_it = paid.terms.amount if paid.paid is None else paid.paid
    now = replace(
        running,
        begins_at=paid.period.start,
        ends_at=paid.period.end,
        periods=running.periods + 1,
        worth=billed_for_it - carried,
        balance=running.balance - carried,
        renewal=None,
        paid_by=frozenset({by} if by else ()),
        elsewhere=False,
    )
    was_elsewhere = isinstance(paid, events.SubscriptionRenewed) and paid.elsewhere
    return _counted_elsewhere(now) if was_elsewhere else now


def _counted_elsewhere(running: Running) -> Running:
    """However many periods there were there, ours goes on in the same series."""
    over = periods_until(running.anchor, running.ends_at, running.terms)
    return replace(running, anchored=running.periods - over, elsewhere=True)


def _changed(running: Running, change: Change) -> Running:
    billed = running.pending if isinstance(running.pending, events.ChangeBilled) else None
    before = frozenset[UUID]() if change.mode == "reset" else running.paid_by
    now = replace(
        running,
        terms=change.to,
        begins_at=change.period.start,
        ends_at=change.period.end,
        worth=change.worth,
        balance=running.balance + change.left,
        pending=None,
        paid_by=before | ({billed.payment_id} if billed else set()),
    )
    if change.anchor:
        now = replace(now, anchor=change.anchor, anchored=running.periods)
    return replace(now, periods=running.periods + 1) if change.mode == "reset" else now


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
            return replace(moved, anchor=end, anchored=running.periods)
        case _:
            return _evolve_pending(running, event)


def _evolve_pending(running: Running, event: events.SubscriptionEvent) -> Running:
    match event:
        case events.ChangeScheduled() | events.ChangeBilled():
            return replace(running, pending=event)
        case events.ChangeDropped(payment_id=payment_id, amount=amount):
            unwanted = {payment_id: amount} if payment_id and amount else {}
            return replace(running, pending=None, unwanted={**running.unwanted, **unwanted})
        case events.DebitAnnounced():
            return replace(running, told=event)
        case _:
            return _evolve_reversed(running, event)


def _evolve_ended(running: Running, ended: events.SubscriptionEnded) -> Ended:
    terms, amount = ended.terms, ended.unpaid_amount
    return Ended(
        terms,
        ended.unpaid,
        terms.amount if amount is None else amount,
        ended.reason,
        running.ends_at,
        unwanted=running.unwanted,
        rising=running.rising,
    )


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
            return replace(running, refunded=running.refunded | {payment_id})
        case events.PaymentReversed(_, _, reversal, dispute) if dispute is not None:
            return replace(running, disputes={**running.disputes, dispute: reversal})
        case events.SubscriptionSuspended(_, cause, _, dispute):
            return replace(running, held=running.held | {Held(cause, dispute)})
        case events.SubscriptionReinstated(_, cause, _, dispute):
            return replace(running, held=running.held - {Held(cause, dispute)})
        case events.PriceRiseApplied(terms=terms):
            return replace(running, terms=terms, rising=rises.evolve(running.rising, event))
        case _:
            return replace(running, rising=rises.evolve(running.rising, event))


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
