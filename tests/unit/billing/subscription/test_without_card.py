"""What is tried without a card: one is asked for, and without one nothing is charged and it ends."""

from dataclasses import replace
from datetime import timedelta

from services.billing.payer.events import NO_CARD, Instrument
from services.billing.policy.events import USUAL, Dunning
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import Period
from services.billing.subscription.reactions import TRIAL_NOTICE, when_card_awaited_miss_card
from shared.ids import Code
from shared.reaction import Ask, At
from shared.testing import given
from tests.unit.billing.cast import ada, amex, euros, fact, noon, stream_id
from tests.unit.billing.subscription.test_decider import (
    after_trial,
    days,
    for_april,
    start,
    terms,
    trial_ends,
)

nobody = Instrument(NO_CARD, None, None)
link, no_method = Code("a-link"), Code("no_payment_method")
tried = events.TrialStarted(terms, nobody, trial_ends)
awaited = events.CardAwaited(trial_ends)
missed = events.CardMissed(trial_ends)
miss, request = commands.MissCard(trial_ends), commands.RequestCard(trial_ends, link)
requested = events.CardRequested(terms, euros(20), trial_ends, link)
given_amex = (events.InstrumentReplaced(amex), events.TrialCardGiven(terms, amex))
use_amex = commands.UseInstrument(amex)
renew = commands.RenewSubscription(trial_ends, for_april)
renewing = events.RenewalStarted(terms, nobody, after_trial, for_april, 1, euros(20))
decline = commands.DeclineRenewal(for_april, 1, no_method, final=True, at=trial_ends, link=link)
past_due = events.SubscriptionPastDue(terms, euros(20), for_april, None, link, without_card=True)
declined = events.RenewalDeclined(
    for_april, 1, no_method, trial_ends, None, trial_ends + USUAL.patience, USUAL
)
trying = (tried, awaited)
owing = (*trying, renewing, past_due, declined)


def test_it_begins_and_a_card_is_awaited() -> None:
    begin = replace(start, instrument=nobody, trial_days=14)
    given(SUBSCRIPTION).when(begin).then(tried, awaited)


def test_a_card_is_asked_for_three_days_before_the_end_or_at_once() -> None:
    (at,) = when_card_awaited_miss_card(fact(awaited))
    assert at == At(trial_ends - TRIAL_NOTICE, Ask(SUBSCRIPTION, stream_id, miss))
    (at,) = when_card_awaited_miss_card(fact(awaited, at=trial_ends - days(1)))
    assert at.due == trial_ends - days(1)
    given(SUBSCRIPTION, *trying).when(miss).then(missed)
    given(SUBSCRIPTION, *trying, missed).when(request).then(requested)


def test_who_has_given_one_or_cancelled_or_paused_is_not_asked() -> None:
    cancelled = events.CancellationScheduled(terms, trial_ends)
    paused = events.SubscriptionPaused(terms, noon, noon + days(30))
    ended = events.SubscriptionEnded(terms, "voluntary", was_paying=False, unpaid=None)
    for reason in (given_amex, (cancelled,), (paused,), (renewing,), (ended,)):
        given(SUBSCRIPTION, *trying, *reason).when(miss).then_nothing()
        given(SUBSCRIPTION, *trying, missed, *reason).when(request).then_nothing()
    given(SUBSCRIPTION).when(miss).then_nothing()


def test_a_pause_puts_off_what_is_asked() -> None:
    paused = events.SubscriptionPaused(terms, noon, noon + days(30))
    back = commands.ResumeSubscription(None, paused.until, paused.until)
    later = trial_ends + days(30)
    resumed = events.SubscriptionResumed(terms, Period(later, later), is_trial=True)
    again = events.CardAwaited(later)
    given(SUBSCRIPTION, *trying, paused).when(back).then(resumed, again)
    given(SUBSCRIPTION, *trying, paused, resumed, again).when(miss).then_nothing()
    given(SUBSCRIPTION, *trying, paused, resumed, again).when(commands.MissCard(later)).then(
        events.CardMissed(later)
    )


def test_a_card_given_in_time_makes_it_like_any_other() -> None:
    given(SUBSCRIPTION, *trying).when(use_amex).then(*given_amex)
    given(SUBSCRIPTION, *trying, *given_amex).when(use_amex).then_nothing()
    by_amex = replace(renewing, instrument=amex)
    given(SUBSCRIPTION, *trying, *given_amex).when(renew).then(by_amex)


def test_without_one_it_is_owed_at_the_end_and_asked_for_by_a_letter_of_its_own() -> None:
    given(SUBSCRIPTION, *trying).when(renew).then(renewing)
    given(SUBSCRIPTION, *trying, renewing).when(decline).then(past_due, declined)


def test_a_card_given_then_is_charged_at_once() -> None:
    again = replace(renewing, instrument=amex, attempt=2)
    given(SUBSCRIPTION, *owing).when(use_amex).then(*given_amex, again)
    paid = events.SubscriptionActivated(terms, amex, after_trial, euros(20))
    settle = commands.SettleRenewal(for_april)
    recovered = events.SubscriptionRecovered(terms)
    given(SUBSCRIPTION, *owing, *given_amex, again).when(settle).then(recovered, paid)


def test_a_card_given_while_it_becomes_due_is_charged_as_well() -> None:
    given(SUBSCRIPTION, *trying, renewing).when(use_amex).then(*given_amex)
    again = replace(renewing, instrument=amex, attempt=2)
    given(SUBSCRIPTION, *trying, renewing, *given_amex).when(decline).then(
        past_due, declined, again
    )


def test_it_ends_when_nobody_waits_any_more_at_once_where_the_seller_does_not_wait() -> None:
    ended = events.SubscriptionEnded(
        terms, "payment_failed", was_paying=False, unpaid=for_april, unpaid_amount=euros(20)
    )
    give_up = commands.GiveUpRenewal(for_april, 1)
    given(SUBSCRIPTION, *owing).when(give_up).then(ended)
    none = Dunning((), 0)
    at_once = replace(decline, dunning=none)
    told = replace(declined, gives_up_at=trial_ends, dunning=none)
    given(SUBSCRIPTION, *trying, renewing).when(at_once).then(past_due, told, ended)


def test_who_cancels_has_tried_it_and_owes_nothing() -> None:
    cancel = commands.ScheduleCancellation(ada)
    cancelled = events.CancellationScheduled(terms, trial_ends)
    given(SUBSCRIPTION, *trying).when(cancel).then(cancelled)
    ended = events.SubscriptionEnded(terms, "voluntary", was_paying=False, unpaid=None)
    given(SUBSCRIPTION, *trying, cancelled).when(renew).then(ended)


def test_a_trial_with_a_card_is_asked_nothing() -> None:
    with_card = replace(start, trial_days=14)
    given(SUBSCRIPTION).when(with_card).then(
        events.TrialStarted(terms, start.instrument, trial_ends)
    )
    assert timedelta(days=3) == TRIAL_NOTICE
