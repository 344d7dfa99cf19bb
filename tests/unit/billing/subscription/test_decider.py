from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from uuid import UUID

import pytest

from services.billing.discount.events import Reduction
from services.billing.payer.events import Instrument
from services.billing.payment.events import Reversal
from services.billing.policy.events import Dunning
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import Period, Terms
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, amex, bob, euros, noon, visa

terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 2, Code("UTC"))
march = Period(noon, datetime(2026, 4, 1, 12, 0, tzinfo=UTC))
april = Period(march.end, datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
trial_ends = noon + timedelta(days=14)
after_trial = Period(trial_ends, datetime(2026, 4, 15, 12, 0, tzinfo=UTC))
for_april, for_may = UUID(int=30), UUID(int=31)
no_money = Code("insufficient_funds")


def days(number: int) -> timedelta:
    return timedelta(days=number)


activated = events.SubscriptionActivated(terms, visa, march, euros(20))
on_trial = events.TrialStarted(terms, visa, trial_ends)
renewing = events.RenewalStarted(terms, visa, april, for_april, 1, euros(20))
renewing_trial = events.RenewalStarted(terms, visa, after_trial, for_april, 1, euros(20))
past_due = events.SubscriptionPastDue(terms, euros(20), for_april)
renewed = events.SubscriptionRenewed(terms, april, euros(20))
recovered = events.SubscriptionRecovered(terms)
cancelling = events.CancellationScheduled(terms, march.end)
withdrawn = events.CancellationWithdrawn(terms)
replaced = events.InstrumentReplaced(amex)
given_up = events.SubscriptionEnded(
    terms, "payment_failed", was_paying=True, unpaid=for_april, unpaid_amount=euros(20)
)

start = commands.StartSubscription(terms, visa, 0, noon)
renew = commands.RenewSubscription(march.end, for_april)
settle = commands.SettleRenewal(for_april)
schedule = commands.ScheduleCancellation(ada)
withdraw = commands.WithdrawCancellation(ada)
use_amex = commands.UseInstrument(amex)


def declined(
    attempt: int, retry_after: int | None, code: Code = no_money
) -> events.RenewalDeclined:
    retry_at = None if retry_after is None else april.start + days(retry_after)
    since = april.start
    return events.RenewalDeclined(
        for_april, attempt, code, since, retry_at, since + days(7), Dunning()
    )


def decline(attempt: int, after: int, *, final: bool = False) -> commands.DeclineRenewal:
    return commands.DeclineRenewal(for_april, attempt, no_money, final, april.start + days(after))


def again(attempt: int, instrument: Instrument = visa) -> events.RenewalStarted:
    return events.RenewalStarted(terms, instrument, april, for_april, attempt, euros(20))


def ended(
    reason: events.EndReason, *, was_paying: bool = True, unpaid: UUID | None = None
) -> events.SubscriptionEnded:
    return events.SubscriptionEnded(
        terms, reason, was_paying, unpaid, euros(20) if unpaid else None
    )


unpaid_once = (activated, renewing, past_due, declined(1, 1))


def test_what_was_paid_for_begins_at_once() -> None:
    given(SUBSCRIPTION).when(start).then(activated)


def test_a_trial_begins_without_a_payment() -> None:
    on_trial_first = commands.StartSubscription(terms, visa, 14, noon)
    given(SUBSCRIPTION).when(on_trial_first).then(on_trial)


def test_what_is_free_until_a_day_is_paid_for_from_it_however_late_it_begins() -> None:
    day = noon + timedelta(days=40)
    awaited = replace(start, free_until=day)
    given(SUBSCRIPTION).when(awaited).then(replace(on_trial, trial_ends_at=day, awaited=True))
    late = replace(awaited, at=day + timedelta(minutes=5))
    at_once = replace(on_trial, trial_ends_at=late.at, awaited=True)
    given(SUBSCRIPTION).when(late).then(at_once)


def test_a_day_that_is_put_off_is_that_of_the_first_payment() -> None:
    day, later = noon + timedelta(days=40), noon + timedelta(days=60)
    waits = replace(on_trial, trial_ends_at=day, awaited=True)
    put_off, moved = commands.PutOffTrial(day, later), events.TrialPutOff(terms, later)
    given(SUBSCRIPTION, waits).when(put_off).then(moved)
    given(SUBSCRIPTION, waits, moved).when(put_off).then_nothing()
    given(SUBSCRIPTION).when(put_off).then_nothing()
    given(SUBSCRIPTION, waits, ended("voluntary")).when(put_off).then_nothing()
    cancelled = events.CancellationScheduled(terms, day)
    given(SUBSCRIPTION, waits, cancelled).when(put_off).then_nothing()
    given(SUBSCRIPTION, activated).when(commands.PutOffTrial(march.end, later)).then_nothing()
    too_soon = commands.RenewSubscription(day, for_april)
    given(SUBSCRIPTION, waits, moved).when(too_soon).then_nothing()
    (renewal,) = given(SUBSCRIPTION, waits, moved).when(replace(too_soon, due=later)).events
    assert isinstance(renewal, events.RenewalStarted)
    assert renewal.period.start == later


def test_a_subscription_begins_once() -> None:
    given(SUBSCRIPTION, activated).when(start).then_nothing()
    given(SUBSCRIPTION, activated, ended("voluntary")).when(start).then_nothing()


def test_the_next_period_is_charged_when_the_last_is_over() -> None:
    given(SUBSCRIPTION, activated).when(renew).then(renewing)


def test_a_period_is_charged_once() -> None:
    given(SUBSCRIPTION, activated, renewing).when(renew).then_nothing()
    given(SUBSCRIPTION, activated, renewing, renewed).when(renew).then_nothing()


def test_a_paid_renewal_runs_until_the_next() -> None:
    given(SUBSCRIPTION, activated, renewing).when(settle).then(renewed)
    may = events.RenewalStarted(
        terms,
        visa,
        Period(april.end, datetime(2026, 6, 1, 12, 0, tzinfo=UTC)),
        for_may,
        1,
        euros(20),
    )
    next_month = commands.RenewSubscription(april.end, for_may)
    given(SUBSCRIPTION, activated, renewing, renewed).when(next_month).then(may)


def test_hearing_of_the_same_payment_twice_changes_nothing() -> None:
    given(SUBSCRIPTION, activated, renewing, renewed).when(settle).then_nothing()


def test_the_end_of_a_trial_is_charged_and_becomes_the_day_of_the_month() -> None:
    due = commands.RenewSubscription(trial_ends, for_april)
    given(SUBSCRIPTION, on_trial).when(due).then(renewing_trial)
    paying = events.SubscriptionActivated(terms, visa, after_trial, euros(20))
    given(SUBSCRIPTION, on_trial, renewing_trial).when(settle).then(paying)


def test_a_trial_that_is_paid_late_has_recovered_and_begins() -> None:
    history = (on_trial, renewing_trial, past_due, declined(1, 1))
    paying = events.SubscriptionActivated(terms, visa, after_trial, euros(20))
    given(SUBSCRIPTION, *history).when(settle).then(recovered, paying)


def test_a_declined_renewal_is_past_due_and_tried_again_tomorrow() -> None:
    expected = (past_due, declined(1, 1))
    given(SUBSCRIPTION, activated, renewing).when(decline(1, 0)).then(*expected)


def test_whose_bank_wants_them_has_something_to_confirm() -> None:
    wanted = replace(decline(1, 0), code=events.TO_CONFIRM)
    (due, _) = given(SUBSCRIPTION, activated, renewing).when(wanted).events
    assert due == replace(past_due, to_confirm=True)


def test_a_decline_is_heard_once() -> None:
    given(SUBSCRIPTION, *unpaid_once).when(decline(1, 0)).then_nothing()
    given(SUBSCRIPTION, activated, renewing).when(decline(2, 0)).then_nothing()
    given(SUBSCRIPTION, activated).when(decline(1, 0)).then_nothing()


def test_the_news_of_another_payment_is_not_ours() -> None:
    other = commands.SettleRenewal(for_may)
    given(SUBSCRIPTION, activated, renewing).when(other).then_nothing()


def test_a_retry_charges_the_same_payment_again() -> None:
    retry = commands.RetryRenewal(for_april, 2)
    given(SUBSCRIPTION, *unpaid_once).when(retry).then(again(2))


@pytest.mark.parametrize("attempt", [1, 3])
def test_a_retry_that_is_not_the_next_is_stale(attempt: int) -> None:
    given(SUBSCRIPTION, *unpaid_once).when(commands.RetryRenewal(for_april, attempt)).then_nothing()


def test_no_retry_begins_while_one_is_under_way() -> None:
    retry = commands.RetryRenewal(for_april, 3)
    given(SUBSCRIPTION, *unpaid_once, again(2)).when(retry).then_nothing()


def test_retries_come_after_one_three_five_and_seven_days() -> None:
    history: list[events.SubscriptionEvent] = [*unpaid_once]
    for attempt, (on_day, next_day) in enumerate([(1, 3), (3, 5), (5, 7)], start=2):
        history.append(again(attempt))
        expected = declined(attempt, next_day)
        given(SUBSCRIPTION, *history).when(decline(attempt, on_day)).then(expected)
        history.append(expected)
    history.append(again(5))
    last = (declined(5, None), ended("payment_failed", unpaid=for_april))
    given(SUBSCRIPTION, *history).when(decline(5, 7)).then(*last)


def test_a_worker_that_was_away_skips_the_retries_it_slept_through() -> None:
    history = (*unpaid_once, again(2))
    given(SUBSCRIPTION, *history).when(decline(2, 4)).then(declined(2, 5))


def test_a_card_that_is_refused_for_good_is_not_tried_again() -> None:
    expected = (past_due, declined(1, None))
    given(SUBSCRIPTION, activated, renewing).when(decline(1, 0, final=True)).then(*expected)


def test_who_gives_no_other_card_is_given_up_after_a_week() -> None:
    refused = (activated, renewing, past_due, declined(1, None))
    give_up = commands.GiveUpRenewal(for_april, 1)
    given(SUBSCRIPTION, *refused).when(give_up).then(given_up)
    given(SUBSCRIPTION, *refused, again(2, amex)).when(give_up).then_nothing()
    later = (*refused, replaced, again(2, amex), declined(2, 1))
    given(SUBSCRIPTION, *later).when(give_up).then_nothing()


def test_a_retry_that_is_paid_recovers() -> None:
    history = (*unpaid_once, again(2))
    given(SUBSCRIPTION, *history).when(settle).then(recovered, renewed)


def test_a_payer_who_authenticates_after_all_recovers() -> None:
    given(SUBSCRIPTION, *unpaid_once).when(settle).then(recovered, renewed)


link = Code("a-link")
short = Dunning((2,), 1)
patient = Dunning((1,), 10)
keeping = Dunning((2,), 1, "keep")


def first_decline(dunning: Dunning, at: datetime = april.start) -> commands.DeclineRenewal:
    told = commands.DeclineRenewal(for_april, 1, no_money, final=False, at=at)
    return replace(told, dunning=dunning, link=link)


def owing(dunning: Dunning, grace: int | None) -> events.SubscriptionPastDue:
    until = None if grace is None else april.start + days(grace)
    return events.SubscriptionPastDue(terms, euros(20), for_april, until, link)


def declined_by(
    dunning: Dunning, attempt: int, retry_after: int | None, gives_up_after: int
) -> events.RenewalDeclined:
    ends = april.start + days(gives_up_after)
    return replace(declined(attempt, retry_after), gives_up_at=ends, dunning=dunning)


withhold = commands.WithholdUnpaid(for_april)
withheld = events.SubscriptionSuspended(terms, "unpaid", first=True)
unpaid_kept = events.SubscriptionUnpaid(terms, for_april, april.end)


def test_the_sellers_days_are_those_on_which_it_is_tried() -> None:
    expected = (owing(short, 1), declined_by(short, 1, 2, 2))
    given(SUBSCRIPTION, activated, renewing).when(first_decline(short)).then(*expected)


def test_the_policy_of_the_first_decline_holds_for_those_that_follow() -> None:
    history = (activated, renewing, owing(short, 1), declined_by(short, 1, 2, 2), again(2))
    later = replace(decline(2, 1), dunning=patient)
    given(SUBSCRIPTION, *history).when(later).then(declined_by(short, 2, 2, 2))


def test_access_outlasts_the_tries_where_grace_is_longer() -> None:
    history = (activated, renewing, owing(patient, None), declined_by(patient, 1, 1, 10), again(2))
    expected = declined_by(patient, 2, None, 10)
    given(SUBSCRIPTION, *history).when(replace(decline(2, 1), dunning=patient)).then(expected)
    give_up = commands.GiveUpRenewal(for_april, 2)
    given(SUBSCRIPTION, *history, expected).when(give_up).then(given_up)


def test_who_has_not_paid_when_grace_is_over_waits_outside() -> None:
    history = (activated, renewing, owing(short, 1), declined_by(short, 1, 2, 2))
    given(SUBSCRIPTION, *history).when(withhold).then(withheld)
    given(SUBSCRIPTION, *history, withheld).when(withhold).then_nothing()
    given(SUBSCRIPTION, *history, again(2), recovered, renewed).when(withhold).then_nothing()


def test_who_pays_after_all_is_let_in_again() -> None:
    history = (activated, renewing, owing(short, 1), declined_by(short, 1, 2, 2), withheld)
    let_in = events.SubscriptionReinstated(terms, "unpaid", last=True)
    given(SUBSCRIPTION, *history, again(2)).when(settle).then(recovered, let_in, renewed)


def test_where_nothing_is_tried_again_and_there_is_no_grace_it_ends_at_once() -> None:
    none = Dunning((), 0)
    expected = (
        owing(none, None),
        declined_by(none, 1, None, 0),
        ended("payment_failed", unpaid=for_april),
    )
    given(SUBSCRIPTION, activated, renewing).when(first_decline(none)).then(*expected)


def test_who_is_kept_unpaid_is_tried_no_more_and_still_pays_with_another_card() -> None:
    kept = (activated, renewing, owing(keeping, 1), declined_by(keeping, 1, 2, 2), again(2))
    last = declined_by(keeping, 2, None, 2)
    given(SUBSCRIPTION, *kept).when(decline(2, 2)).then(last, withheld, unpaid_kept)
    history = (*kept, last, withheld, unpaid_kept)
    given(SUBSCRIPTION, *history).when(use_amex).then(replaced, again(3, amex))
    refused = declined_by(keeping, 3, None, 2)
    given(SUBSCRIPTION, *history, replaced, again(3, amex)).when(decline(3, 9)).then(refused)
    let_in = events.SubscriptionReinstated(terms, "unpaid", last=True)
    paid = given(SUBSCRIPTION, *history, replaced, again(3, amex)).when(settle)
    paid.then(recovered, let_in, renewed)


def test_who_is_kept_unpaid_is_kept_until_the_period_is_over() -> None:
    lapse = commands.LapseUnpaid(for_april)
    history = (activated, renewing, owing(keeping, 1), declined_by(keeping, 1, None, 2))
    waiting = (*history, withheld, unpaid_kept)
    given(SUBSCRIPTION, *waiting).when(lapse).then(given_up)
    given(SUBSCRIPTION, *history).when(lapse).then_nothing()
    trying = (*waiting, again(2))
    given(SUBSCRIPTION, *trying).when(lapse).then_nothing()
    last = declined_by(keeping, 2, None, 2)
    given(SUBSCRIPTION, *trying).when(decline(2, 31)).then(last, given_up)


def test_another_card_is_used_from_the_next_charge_on() -> None:
    given(SUBSCRIPTION, activated).when(use_amex).then(replaced)
    expected = replace(renewing, instrument=amex)
    given(SUBSCRIPTION, activated, replaced).when(renew).then(expected)
    given(SUBSCRIPTION, activated, replaced).when(use_amex).then_nothing()


def test_another_card_pays_at_once_what_is_past_due() -> None:
    given(SUBSCRIPTION, *unpaid_once).when(use_amex).then(replaced, again(2, amex))


def test_offering_the_same_card_again_tries_it_again() -> None:
    same = commands.UseInstrument(visa)
    given(SUBSCRIPTION, *unpaid_once).when(same).then(again(2))


def test_another_card_waits_for_the_charge_that_is_under_way() -> None:
    given(SUBSCRIPTION, activated, renewing).when(use_amex).then(replaced)
    history = (activated, renewing, replaced)
    expected = (past_due, declined(1, 1), again(2, amex))
    given(SUBSCRIPTION, *history).when(decline(1, 0)).then(*expected)


def test_it_is_cancelled_at_the_end_of_what_is_paid() -> None:
    given(SUBSCRIPTION, activated).when(schedule).then(cancelling)
    given(SUBSCRIPTION, activated, cancelling).when(schedule).then_nothing()
    given(SUBSCRIPTION, activated, cancelling).when(renew).then(ended("voluntary"))


def test_a_trial_is_cancelled_at_its_end_and_was_never_paid() -> None:
    at_its_end = events.CancellationScheduled(terms, trial_ends)
    given(SUBSCRIPTION, on_trial).when(schedule).then(at_its_end)
    due = commands.RenewSubscription(trial_ends, for_april)
    never_paid = ended("voluntary", was_paying=False)
    given(SUBSCRIPTION, on_trial, at_its_end).when(due).then(never_paid)


def test_cancelling_while_the_next_period_is_charged_ends_after_that_period() -> None:
    after = events.CancellationScheduled(terms, april.end)
    given(SUBSCRIPTION, activated, renewing).when(schedule).then(after)
    given(SUBSCRIPTION, activated, renewing, after).when(settle).then(renewed)
    unpaid = (
        declined(1, 1),
        ended("voluntary", unpaid=for_april),
    )
    given(SUBSCRIPTION, activated, renewing, after).when(decline(1, 0)).then(*unpaid)


def test_cancelling_what_is_past_due_ends_it_now() -> None:
    given(SUBSCRIPTION, *unpaid_once).when(schedule).then(ended("voluntary", unpaid=for_april))


def test_a_cancellation_can_be_withdrawn_until_it_takes_effect() -> None:
    given(SUBSCRIPTION, activated, cancelling).when(withdraw).then(withdrawn)
    given(SUBSCRIPTION, activated).when(withdraw).then_nothing()
    given(SUBSCRIPTION, activated, cancelling, withdrawn).when(renew).then(renewing)


def test_only_who_subscribed_may_cancel() -> None:
    by_bob = commands.ScheduleCancellation(bob)
    given(SUBSCRIPTION, activated).when(by_bob).then_rejected("subscription_not_found")
    unknown = given(SUBSCRIPTION).when(withdraw)
    unknown.then_rejected("subscription_not_found")
    after = given(SUBSCRIPTION, activated, ended("voluntary")).when(by_bob)
    after.then_rejected("subscription_not_found")


@pytest.mark.parametrize("command", [schedule, withdraw])
def test_what_has_ended_cannot_be_cancelled(command: commands.SubscriptionCommand) -> None:
    over = given(SUBSCRIPTION, activated, ended("voluntary")).when(command)
    over.then_rejected("subscription_ended")


def test_staff_may_end_it_now() -> None:
    now = commands.CancelNow()
    given(SUBSCRIPTION, activated).when(now).then(ended("voluntary"))
    given(SUBSCRIPTION, activated, ended("voluntary")).when(now).then_nothing()
    given(SUBSCRIPTION).when(now).then_rejected("subscription_not_found")


def test_a_payer_who_is_erased_subscribes_to_nothing() -> None:
    erase = commands.EndSubscription("erased")
    expected = ended("erased", unpaid=for_april)
    given(SUBSCRIPTION, activated, renewing).when(erase).then(expected)
    given(SUBSCRIPTION, activated, renewing, expected).when(erase).then_nothing()
    given(SUBSCRIPTION).when(erase).then_nothing()


def test_money_that_comes_after_the_end_goes_back_once() -> None:
    late = events.LateRenewalPaid(for_april, euros(20))
    given(SUBSCRIPTION, *unpaid_once, given_up).when(settle).then(late)
    given(SUBSCRIPTION, *unpaid_once, given_up, late).when(settle).then_nothing()


def test_the_money_of_a_period_that_was_paid_stays() -> None:
    history = (activated, renewing, renewed, ended("voluntary"))
    given(SUBSCRIPTION, *history).when(settle).then_nothing()


@pytest.mark.parametrize("stray", [renewed, withdrawn, events.LateRenewalPaid(for_may, euros(1))])
def test_what_never_began_has_no_past(stray: events.SubscriptionEvent) -> None:
    given(SUBSCRIPTION, stray).when(settle).then_nothing()


def test_a_decline_that_belongs_to_nothing_is_forgotten() -> None:
    given(SUBSCRIPTION, activated, declined(1, 1)).when(renew).then(renewing)


for_march, dispute = UUID(int=33), Code("dp_1")
bought = replace(activated, payment_id=for_march)
refunded = events.PaymentReversed(terms, for_march, "refunded")
disputed = events.PaymentReversed(terms, for_march, "disputed", dispute)
dispute_won = events.PaymentReversed(terms, for_march, "won", dispute)
dispute_lost = events.PaymentReversed(terms, for_march, "lost", dispute)
suspended = events.SubscriptionSuspended(terms, "disputed", first=True, dispute=dispute)
reinstated = events.SubscriptionReinstated(terms, "disputed", last=True, dispute=dispute)


def heard(reversal: Reversal, payment_id: UUID = for_march) -> commands.HearReversal:
    return commands.HearReversal(payment_id, reversal, None if reversal == "refunded" else dispute)


def test_that_the_latest_payment_went_back_is_heard_once() -> None:
    given(SUBSCRIPTION, bought).when(heard("refunded")).then(refunded)
    given(SUBSCRIPTION, bought, refunded).when(heard("refunded")).then_nothing()
    later = replace(refunded, payment_id=for_april)
    history = (bought, renewing, renewed)
    given(SUBSCRIPTION, *history).when(heard("refunded", for_april)).then(later)


def test_a_period_that_is_over_may_be_refunded_without_more() -> None:
    given(SUBSCRIPTION, bought, renewing, renewed).when(heard("refunded")).then_nothing()
    given(SUBSCRIPTION, on_trial).when(heard("refunded")).then_nothing()
    given(SUBSCRIPTION).when(heard("refunded")).then_nothing()
    given(SUBSCRIPTION, bought, ended("voluntary")).when(heard("refunded")).then_nothing()


def test_what_was_refunded_ends_now_where_the_seller_says_so() -> None:
    now = commands.FollowRefund(for_march, "end_now")
    given(SUBSCRIPTION, bought, refunded).when(now).then(ended("refunded"))
    over = (bought, refunded, ended("refunded"))
    given(SUBSCRIPTION, *over).when(now).then_nothing()


def test_what_was_refunded_ends_now_and_the_next_period_is_not_charged_either() -> None:
    now = commands.FollowRefund(for_march, "end_now")
    unpaid = ended("refunded", unpaid=for_april)
    given(SUBSCRIPTION, bought, renewing, refunded).when(now).then(unpaid)
    late = events.LateRenewalPaid(for_april, euros(20))
    given(SUBSCRIPTION, bought, renewing, refunded, unpaid).when(settle).then(late)


def test_what_was_refunded_runs_to_its_end_where_the_seller_says_so() -> None:
    at_the_end = commands.FollowRefund(for_march, "end_at_period_end")
    given(SUBSCRIPTION, bought, refunded).when(at_the_end).then(cancelling)
    given(SUBSCRIPTION, bought, cancelling, refunded).when(at_the_end).then_nothing()


def test_of_who_was_banned_it_ends_now_at_its_end_or_never_as_the_seller_says() -> None:
    given(SUBSCRIPTION, bought).when(commands.FollowBan("end_now")).then(ended("banned"))
    given(SUBSCRIPTION, bought, ended("banned")).when(commands.FollowBan("end_now")).then_nothing()
    at_the_end = commands.FollowBan("end_at_period_end")
    given(SUBSCRIPTION, bought).when(at_the_end).then(cancelling)
    given(SUBSCRIPTION, bought, cancelling).when(at_the_end).then_nothing()
    given(SUBSCRIPTION, bought).when(commands.FollowBan("keep")).then_nothing()


def test_what_was_refunded_goes_on_where_the_seller_says_so() -> None:
    kept = commands.FollowRefund(for_march, "keep")
    given(SUBSCRIPTION, bought, refunded).when(kept).then_nothing()


def test_a_refund_that_is_followed_late_does_not_touch_the_next_period() -> None:
    now = commands.FollowRefund(for_march, "end_now")
    given(SUBSCRIPTION, bought, renewing, refunded, renewed).when(now).then_nothing()


def test_a_disputed_subscription_is_suspended_until_the_bank_has_decided() -> None:
    suspend = commands.FollowDispute(dispute, "suspend")
    given(SUBSCRIPTION, bought).when(heard("disputed")).then(disputed)
    given(SUBSCRIPTION, bought, disputed).when(heard("disputed")).then_nothing()
    given(SUBSCRIPTION, bought, disputed).when(suspend).then(suspended)
    given(SUBSCRIPTION, bought, disputed, suspended).when(suspend).then_nothing()
    won = given(SUBSCRIPTION, bought, disputed, suspended).when(heard("won"))
    won.then(dispute_won, reinstated)


stay = commands.ReduceToStay(ada, UUID(int=90), 50, 3)
reduced = events.SubscriptionReduced(terms, Reduction(UUID(int=90), 50, None, 4))


def test_who_stays_pays_less_for_the_next_periods() -> None:
    given(SUBSCRIPTION, bought).when(stay).then(reduced)
    running = SUBSCRIPTION.fold([bought, reduced])
    assert isinstance(running, Running)
    assert (running.due, running.terms.due(4), running.terms.due(5)) == (
        terms.amount.share(Fraction(1, 2)),
        terms.amount.share(Fraction(1, 2)),
        terms.amount,
    )


def test_nobody_is_given_two_reductions_or_one_of_what_is_being_paid() -> None:
    given(SUBSCRIPTION, bought, reduced).when(stay).then_rejected("reduced_already")
    given(SUBSCRIPTION, bought, renewing).when(stay).then_rejected("renewal_under_way")
    given(SUBSCRIPTION, bought, ended("voluntary")).when(stay).then_rejected("subscription_ended")
    given(SUBSCRIPTION).when(stay).then_rejected("subscription_not_found")
    of_bob = replace(stay, person_id=bob)
    given(SUBSCRIPTION, bought).when(of_bob).then_rejected("subscription_not_found")
    gift = replace(bought, terms=replace(terms, charged_for="donation"))
    given(SUBSCRIPTION, gift).when(stay).then_rejected("gift_is_not_reduced")
    waits = events.ChangeScheduled(terms, UUID(int=91), replace(terms, quantity=2), noon)
    given(SUBSCRIPTION, bought, waits).when(stay).then_rejected("change_waits")


def test_where_the_seller_trusts_people_a_dispute_suspends_nothing() -> None:
    keep = commands.FollowDispute(dispute, "keep")
    given(SUBSCRIPTION, bought, disputed).when(keep).then_nothing()
    given(SUBSCRIPTION, bought, disputed).when(heard("won")).then(dispute_won)


def test_a_policy_that_is_slower_than_the_bank_suspends_nothing() -> None:
    suspend = commands.FollowDispute(dispute, "suspend")
    given(SUBSCRIPTION, bought, disputed, dispute_won).when(suspend).then_nothing()
    given(SUBSCRIPTION, bought, disputed, dispute_won).when(heard("disputed")).then_nothing()
    given(SUBSCRIPTION, bought, disputed, dispute_won).when(heard("lost")).then_nothing()


def test_a_lost_dispute_ends_it_where_the_seller_says_so() -> None:
    end, keep = commands.FollowLoss(dispute, "end_now"), commands.FollowLoss(dispute, "keep")
    history = (bought, disputed, suspended)
    given(SUBSCRIPTION, *history).when(heard("lost")).then(dispute_lost)
    given(SUBSCRIPTION, *history, dispute_lost).when(end).then(ended("disputed"))
    given(SUBSCRIPTION, *history, dispute_lost).when(keep).then(reinstated)
    given(SUBSCRIPTION, bought, disputed, dispute_lost).when(keep).then_nothing()
    given(SUBSCRIPTION, *history).when(end).then_nothing()


def test_two_disputes_suspend_once_and_the_last_to_be_won_reinstates() -> None:
    second = Code("dp_2")
    other = replace(disputed, payment_id=for_april, dispute=second)
    also = replace(suspended, dispute=second, first=False)
    history = (bought, disputed, suspended, other)
    follow = commands.FollowDispute(second, "suspend")
    given(SUBSCRIPTION, *history).when(follow).then(also)
    not_yet = replace(reinstated, last=False)
    given(SUBSCRIPTION, *history, also).when(heard("won")).then(dispute_won, not_yet)


def test_a_period_that_is_paid_during_a_dispute_opens_nothing() -> None:
    history = (bought, renewing, disputed, suspended)
    given(SUBSCRIPTION, *history).when(settle).then(renewed, suspended)


def test_what_was_owed_is_paid_and_what_is_disputed_stays_withheld() -> None:
    no_more = events.SubscriptionReinstated(terms, "unpaid", last=False, dispute=None)
    history = (
        bought,
        renewing,
        declined(1, 1),
        withheld,
        disputed,
        replace(suspended, first=False),
    )
    settled = given(SUBSCRIPTION, *history, again(2)).when(settle)
    settled.then(recovered, no_more, renewed, suspended)


@pytest.mark.parametrize("asked", [commands.RetryRenewal(for_april, 2), use_amex])
def test_what_is_owed_is_not_asked_for_while_a_bank_is_asked_for_what_was_paid(
    asked: commands.SubscriptionCommand,
) -> None:
    history = (bought, renewing, declined(1, 1), disputed, suspended)
    events_ = given(SUBSCRIPTION, *history).when(asked).events
    assert not any(isinstance(event, events.RenewalStarted) for event in events_)


def test_a_new_card_is_not_tried_either_when_the_old_one_is_declined_during_a_dispute() -> None:
    replaced = events.InstrumentReplaced(amex)
    history = (bought, renewing, replaced, disputed, suspended)
    decided = given(SUBSCRIPTION, *history).when(decline(1, 0)).events
    assert not any(isinstance(event, events.RenewalStarted) for event in decided)


def test_what_is_owed_is_asked_for_again_once_the_dispute_is_won() -> None:
    history = (bought, renewing, declined(1, 1), disputed, suspended)
    won = given(SUBSCRIPTION, *history).when(heard("won"))
    won.then(dispute_won, reinstated, again(2))
    given(SUBSCRIPTION, *history[:-1]).when(heard("won")).then(dispute_won)
    second = Code("dp_2")
    also = replace(suspended, dispute=second, first=False)
    other = replace(disputed, payment_id=for_april, dispute=second)
    still = given(SUBSCRIPTION, *history, other, also).when(heard("won"))
    still.then(dispute_won, replace(reinstated, last=False))


def test_nobody_is_charged_again_who_asks_the_bank_for_the_money_back() -> None:
    history = (bought, disputed, suspended)
    given(SUBSCRIPTION, *history).when(renew).then(ended("disputed"))
    given(SUBSCRIPTION, *history, dispute_won, reinstated).when(renew).then(renewing)


def carrying(reduction: Reduction) -> tuple[commands.StartSubscription, Terms]:
    reduced = replace(terms, reduction=reduction)
    return replace(start, terms=reduced), reduced


def test_the_first_period_is_had_for_what_was_paid_at_the_checkout() -> None:
    begin, reduced = carrying(Reduction(UUID(int=40), 50, None, 1))
    first = replace(activated, terms=reduced, paid=euros(10))
    given(SUBSCRIPTION).when(begin).then(first)


def test_a_discount_for_two_periods_is_in_the_second_and_not_in_the_third() -> None:
    begin, reduced = carrying(Reduction(UUID(int=40), 50, None, 2))
    second = replace(renewing, terms=reduced, due=euros(10))
    given(SUBSCRIPTION, replace(activated, terms=reduced)).when(renew).then(second)
    paid = replace(renewed, terms=reduced, paid=euros(10))
    history = (replace(activated, terms=reduced), second, paid)
    next_month = commands.RenewSubscription(april.end, for_may)
    (third,) = given(SUBSCRIPTION, *history).when(next_month).events
    assert isinstance(third, events.RenewalStarted)
    assert third.due == euros(20)
    assert begin.terms.recurring == euros(20)


def test_a_retry_charges_what_was_due_and_uses_nothing_up() -> None:
    _, reduced = carrying(Reduction(UUID(int=40), 0, euros(5), 2))
    first = replace(activated, terms=reduced)
    tried = replace(renewing, terms=reduced, due=euros(15))
    history = (first, tried, replace(past_due, terms=reduced, due=euros(15)), declined(1, 1))
    retry = commands.RetryRenewal(for_april, 2)
    given(SUBSCRIPTION, *history).when(retry).then(replace(tried, attempt=2))
    late = events.SubscriptionEnded(reduced, "payment_failed", True, for_april, euros(15))  # noqa: FBT003
    back = events.LateRenewalPaid(for_april, euros(15))
    given(SUBSCRIPTION, *history, late).when(settle).then(back)


def test_the_first_paid_period_after_a_trial_has_the_discount() -> None:
    _, reduced = carrying(Reduction(UUID(int=40), 25, None, 1))
    due = commands.RenewSubscription(trial_ends, for_april)
    charged = replace(renewing_trial, terms=reduced, due=euros(15))
    given(SUBSCRIPTION, replace(on_trial, terms=reduced)).when(due).then(charged)


def test_a_period_that_costs_nothing_is_had_without_a_charge() -> None:
    _, reduced = carrying(Reduction(UUID(int=40), 100, None, None))
    first = replace(activated, terms=reduced, paid=euros(0))
    gratis = replace(renewed, terms=reduced, paid=euros(0))
    given(SUBSCRIPTION, first).when(renew).then(gratis)
    given(SUBSCRIPTION, first, gratis).when(renew).then_nothing()
    due = commands.RenewSubscription(trial_ends, for_april)
    begun = events.SubscriptionActivated(reduced, visa, after_trial, euros(0))
    given(SUBSCRIPTION, replace(on_trial, terms=reduced)).when(due).then(begun)


def test_what_began_before_there_were_discounts_goes_on_at_its_price() -> None:
    old = replace(renewing, due=None)
    given(SUBSCRIPTION, replace(activated, paid=None), old).when(settle).then(renewed)
    over = replace(given_up, unpaid_amount=None)
    late = events.LateRenewalPaid(for_april, euros(20))
    given(SUBSCRIPTION, replace(activated, paid=None), old, over).when(settle).then(late)
