"""Changing what is subscribed to: at once or at the end, paid before it applies, and never two wishes at a time."""

from calendar import monthrange
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given as holds
from hypothesis import strategies as st

from services.billing.checkout.events import OfferLine
from services.billing.discount.events import Reduction
from services.billing.offer.events import Interval
from services.billing.payment.events import DEAREST
from services.billing.proration import worked_out
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import (
    ChangeMode,
    Period,
    Standing,
    Terms,
    change_payment_of,
    terms_of,
)
from shared.ids import Code, PersonId
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, visa

begin = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
april = Period(begin, datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
may = Period(april.end, datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
in_half = datetime(2026, 4, 16, 12, 0, tzinfo=UTC)
terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("UTC"))
gold = OfferLine(UUID(int=11), UUID(int=21), euros(30), "month", 0, 1)
light = OfferLine(UUID(int=12), None, euros(4), "month", 0, 1)
gold_for_a_year = replace(gold, offer_id=UUID(int=13), price=euros(300), interval="year")
to_gold, to_light, to_a_year = (
    terms_of(ada, line, Code("UTC")) for line in (gold, light, gold_for_a_year)
)
first, second = UUID(int=70), UUID(int=71)
for_may = UUID(int=31)
paid_for_gold = change_payment_of(first)
standing = Standing(terms, april, 1, euros(10), euros(0))

activated = events.SubscriptionActivated(terms, visa, april, euros(10))
trial_ends = begin + timedelta(days=14)
on_trial = events.TrialStarted(terms, visa, trial_ends)
renew = commands.RenewSubscription(april.end, for_may)
settle_may = commands.SettleRenewal(for_may)
settle = commands.SettleRenewal(paid_for_gold)
withdraw = commands.WithdrawChange(ada)
cancelling = events.CancellationScheduled(terms, april.end)
ended = events.SubscriptionEnded(terms, "voluntary", was_paying=True, unpaid=None)
pause = commands.PauseSubscription(ada, in_half + timedelta(days=30), in_half, 366)
paused = events.SubscriptionPaused(terms, in_half, pause.until)

upgrade = worked_out(first, standing, to_gold, "invoice", in_half, "second")
billed = events.ChangeBilled(terms, upgrade, paid_for_gold, visa)
upgraded = events.SubscriptionChanged(terms, upgrade)
scheduled = events.ChangeScheduled(terms, first, to_light, april.end)


def change(
    line: OfferLine = gold,
    mode: ChangeMode | None = None,
    *,
    change_id: UUID = first,
    by: PersonId | None = ada,
    keeps_price: bool = False,
) -> commands.ChangeSubscription:
    return commands.ChangeSubscription(
        change_id,
        by,
        line,
        keeps_price,
        mode,
        "second",
        in_half,
    )


def dropped(
    reason: events.DropReason, code: Code | None = None, *, of: UUID = first
) -> events.ChangeDropped:
    return events.ChangeDropped(of, reason, change_payment_of(of), euros(10), code)


def unscheduled(reason: events.DropReason) -> events.ChangeDropped:
    return events.ChangeDropped(first, reason, None)


def test_more_is_billed_at_once_for_the_rest_of_the_period() -> None:
    given(SUBSCRIPTION, activated).when(change()).then(billed)
    assert [line.amount for line in upgrade.lines] == [euros(-5), euros(15)]
    assert upgrade.due == euros(10)


def test_it_is_what_was_asked_for_once_that_is_paid_and_not_before() -> None:
    given(SUBSCRIPTION, activated, billed).when(settle).then(upgraded)
    given(SUBSCRIPTION, activated, billed, upgraded).when(settle).then_nothing()


def test_the_day_of_the_month_stays_when_more_is_had() -> None:
    renewing = events.RenewalStarted(to_gold, visa, may, for_may, 1, euros(30))
    given(SUBSCRIPTION, activated, billed, upgraded).when(renew).then(renewing)


def test_a_declined_payment_leaves_it_as_it_was() -> None:
    no = commands.DeclineRenewal(paid_for_gold, 1, Code("card_declined"), final=False, at=in_half)
    declined = dropped("declined", Code("card_declined"))
    given(SUBSCRIPTION, activated, billed).when(no).then(declined)
    given(SUBSCRIPTION, activated, billed, declined).when(no).then_nothing()


def test_who_must_authenticate_has_time_until_it_lapses() -> None:
    challenge = commands.DeclineRenewal(
        paid_for_gold, 1, Code("authentication_required"), final=False, at=in_half
    )
    given(SUBSCRIPTION, activated, billed).when(challenge).then_nothing()
    lapse = commands.LapseChange(first)
    given(SUBSCRIPTION, activated, billed).when(lapse).then(dropped("lapsed"))
    given(SUBSCRIPTION, activated, billed, upgraded).when(lapse).then_nothing()
    given(SUBSCRIPTION, activated, billed).when(commands.LapseChange(second)).then_nothing()


def test_a_new_wish_replaces_the_one_that_waits() -> None:
    wish = change(light, change_id=second)
    expected = events.ChangeScheduled(terms, second, to_light, april.end)
    given(SUBSCRIPTION, activated, billed).when(wish).then(dropped("replaced"), expected)
    again = change(change_id=second)
    given(SUBSCRIPTION, activated, billed).when(again).then_nothing()


@pytest.mark.parametrize("after", [(), (ended,)])
def test_money_for_what_is_no_longer_wanted_goes_back_once(
    after: tuple[events.SubscriptionEvent, ...],
) -> None:
    history = (activated, billed, dropped("replaced"), *after)
    late = events.LateRenewalPaid(paid_for_gold, euros(10))
    given(SUBSCRIPTION, *history).when(settle).then(late)
    given(SUBSCRIPTION, *history, late).when(settle).then_nothing()


def test_less_begins_when_what_is_paid_is_over() -> None:
    given(SUBSCRIPTION, activated).when(change(light)).then(scheduled)
    renewing = events.RenewalStarted(to_light, visa, may, for_may, 1, euros(4))
    given(SUBSCRIPTION, activated, scheduled).when(renew).then(renewing)
    begun = events.SubscriptionChanged(
        terms, worked_out(first, standing, to_light, "next_period", april.end, "second")
    )
    expected = (begun, events.SubscriptionRenewed(to_light, may, euros(4)))
    given(SUBSCRIPTION, activated, scheduled, renewing).when(settle_may).then(*expected)


def test_less_that_is_declined_is_tried_again_at_the_price_that_was_asked() -> None:
    renewing = events.RenewalStarted(to_light, visa, may, for_may, 1, euros(4))
    no = commands.DeclineRenewal(for_may, 1, Code("no_money"), final=False, at=april.end)
    retry = commands.RetryRenewal(for_may, 2)
    again = replace(renewing, attempt=2)
    given(SUBSCRIPTION, activated, scheduled, renewing).when(no, retry).then(again)


def test_less_at_once_is_taken_off_the_next_bills() -> None:
    history = (activated, billed, upgraded)
    wish = change(replace(light, tier_id=None), "invoice", change_id=second)
    (event,) = given(SUBSCRIPTION, *history).when(wish).events
    assert isinstance(event, events.SubscriptionChanged)
    assert [line.amount for line in event.change.lines] == [euros(-15), euros(2)]
    given(SUBSCRIPTION, *history, event).when(renew).then(
        events.SubscriptionRenewed(to_light, may, euros(0), euros(-4))
    )
    state = SUBSCRIPTION.fold(
        [*history, event, events.SubscriptionRenewed(to_light, may, euros(0), euros(-4))]
    )
    assert isinstance(state, Running)
    assert (state.balance, state.worth, state.due) == (euros(-9), euros(4), euros(0))


def test_staff_may_leave_the_lines_for_the_next_bill() -> None:
    wish = change(mode="prorate", by=None)
    expected = events.SubscriptionChanged(
        terms, worked_out(first, standing, to_gold, "prorate", in_half, "second")
    )
    given(SUBSCRIPTION, activated).when(wish).then(expected)
    renewing = events.RenewalStarted(to_gold, visa, may, for_may, 1, euros(40))
    given(SUBSCRIPTION, activated, expected).when(renew).then(renewing)
    paid = events.SubscriptionRenewed(to_gold, may, euros(40), euros(10))
    given(SUBSCRIPTION, activated, expected, renewing).when(settle_may).then(paid)
    state = SUBSCRIPTION.fold([activated, expected, renewing, paid])
    assert isinstance(state, Running)
    assert (state.balance, state.worth) == (euros(0), euros(30))


def test_staff_may_change_it_without_a_line() -> None:
    (event,) = given(SUBSCRIPTION, activated).when(change(mode="none", by=None)).events
    assert isinstance(event, events.SubscriptionChanged)
    assert event.change.lines == ()
    state = SUBSCRIPTION.fold([activated, event])
    assert isinstance(state, Running)
    assert (state.terms, state.worth) == (to_gold, euros(10))


@pytest.mark.parametrize("mode", ["prorate", "none"])
def test_what_costs_the_seller_is_for_staff(mode: ChangeMode) -> None:
    given(SUBSCRIPTION, activated).when(change(mode=mode)).then_rejected("mode_is_for_staff")


@pytest.mark.parametrize("mode", [None, "invoice", "reset"])
def test_another_interval_begins_anew_once_it_is_paid(mode: ChangeMode | None) -> None:
    expected = worked_out(first, standing, to_a_year, "reset", in_half, "second")
    asked = events.ChangeBilled(terms, expected, paid_for_gold, visa)
    given(SUBSCRIPTION, activated).when(change(gold_for_a_year, mode)).then(asked)
    assert expected.due == euros(295)
    changed = events.SubscriptionChanged(terms, expected)
    given(SUBSCRIPTION, activated, asked).when(settle).then(changed)
    given(SUBSCRIPTION, activated, asked, changed).when(renew).then_nothing()
    year = Period(datetime(2027, 4, 16, 12, tzinfo=UTC), datetime(2028, 4, 16, 12, tzinfo=UTC))
    renewing = events.RenewalStarted(to_a_year, visa, year, for_may, 1, euros(300))
    next_year = commands.RenewSubscription(year.start, for_may)
    given(SUBSCRIPTION, activated, asked, changed).when(next_year).then(renewing)


def test_another_interval_at_the_end_counts_its_periods_from_there() -> None:
    wish = change(gold_for_a_year, "next_period")
    later = events.ChangeScheduled(terms, first, to_a_year, april.end)
    given(SUBSCRIPTION, activated).when(wish).then(later)
    year = Period(april.end, datetime(2027, 5, 1, 12, tzinfo=UTC))
    after = Period(year.end, datetime(2028, 5, 1, 12, tzinfo=UTC))
    state = SUBSCRIPTION.fold(
        [
            activated,
            later,
            *given(SUBSCRIPTION, activated, later).when(renew).events,
            *given(SUBSCRIPTION, activated, later).when(renew, settle_may).events,
        ]
    )
    assert isinstance(state, Running)
    assert (state.begins_at, state.ends_at, state.next_period) == (year.start, year.end, after)


def test_a_discount_stays_and_is_in_both_lines() -> None:
    half = replace(terms, reduction=Reduction(UUID(int=40), 50, None, None))
    paid_half = events.SubscriptionActivated(half, visa, april, euros(5))
    (event,) = given(SUBSCRIPTION, paid_half).when(change()).events
    assert isinstance(event, events.ChangeBilled)
    assert [line.amount.minor for line in event.change.lines] == [-250, 750]
    assert event.change.to.reduction == half.reduction


@pytest.mark.parametrize(
    ("pace", "to", "lasts"),
    [
        ("month", "year", 1 + 1),  # Eleven months are left of twelve: one year begins in them.
        ("year", "month", 1 + 11 * 12),
        ("month", "week", 1 + 48),  # Eleven months are 47 weeks and two thirds.
        ("quarter", "month", 1 + 33),
    ],
)
def test_what_is_taken_off_for_a_time_lasts_as_long_where_periods_become_longer_or_shorter(
    pace: Interval, to: Interval, lasts: int
) -> None:
    half = Reduction(UUID(int=40), 50, None, 12)
    had = replace(terms, interval=pace, reduction=half)
    (event,) = (
        given(SUBSCRIPTION, events.SubscriptionActivated(had, visa, april, euros(5)))
        .when(change(replace(gold, interval=to), "next_period"))
        .events
    )
    assert isinstance(event, events.ChangeScheduled)
    assert event.to.reduction == replace(half, periods=lasts)


def test_what_has_been_taken_off_is_not_taken_off_again_at_another_pace() -> None:
    once = replace(terms, reduction=Reduction(UUID(int=40), 50, None, 1))
    paid_half = events.SubscriptionActivated(once, visa, april, euros(5))
    (event,) = given(SUBSCRIPTION, paid_half).when(change(gold_for_a_year, "next_period")).events
    assert isinstance(event, events.ChangeScheduled)
    assert event.to.due(2) == event.to.amount


def test_a_trial_is_changed_for_nothing_and_stays_as_long() -> None:
    (event,) = given(SUBSCRIPTION, on_trial).when(change()).events
    assert isinstance(event, events.SubscriptionChanged)
    assert (event.change.lines, event.change.due) == ((), euros(0))
    at_its_end = commands.RenewSubscription(trial_ends, for_may)
    (renewing,) = given(SUBSCRIPTION, on_trial, event).when(at_its_end).events
    assert isinstance(renewing, events.RenewalStarted)
    assert (renewing.terms, renewing.period.start, renewing.due) == (to_gold, trial_ends, euros(30))


def test_a_trial_that_was_to_be_something_else_begins_as_that() -> None:
    later = events.ChangeScheduled(terms, first, to_light, trial_ends)
    given(SUBSCRIPTION, on_trial).when(change(light, "next_period")).then(later)
    at_its_end = commands.RenewSubscription(trial_ends, for_may)
    done = given(SUBSCRIPTION, on_trial, later).when(at_its_end, settle_may).events
    assert [type(event) for event in done] == [
        events.SubscriptionChanged,
        events.SubscriptionActivated,
    ]


def test_more_of_the_same_is_had_at_the_price_it_has() -> None:
    dearer_now = OfferLine(terms.offer_id, terms.tier_id, euros(99), "month", 0, 3, price_version=2)
    (event,) = given(SUBSCRIPTION, activated).when(change(dearer_now, keeps_price=True)).events
    assert isinstance(event, events.ChangeBilled)
    assert event.change.to == replace(terms, quantity=3)
    assert [line.amount for line in event.change.lines] == [euros(-5), euros(15)]


def test_the_price_of_today_is_had_by_naming_the_offer() -> None:
    dearer_now = OfferLine(terms.offer_id, terms.tier_id, euros(12), "month", 0, 1, price_version=2)
    (event,) = given(SUBSCRIPTION, activated).when(change(dearer_now)).events
    assert isinstance(event, events.ChangeBilled)
    assert (event.change.to.price_version, event.change.due) == (2, euros(1))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (replace(gold, interval="once"), "offer_not_recurring"),
        (replace(gold, donation=True), "not_a_change"),
        (replace(gold, price=Money(3000, "USD")), "other_currency"),
        (replace(gold, price=euros(-30)), "amount_below_minimum"),
        (replace(gold, price=euros(4), minimum=euros(5)), "amount_below_minimum"),
        (replace(gold, quantity=0), "quantity_out_of_range"),
        (replace(gold, quantity=9, most=8), "quantity_out_of_range"),
        (replace(gold, price=Money(DEAREST, "EUR"), quantity=3), "amount_out_of_range"),
    ],
)
def test_not_everything_can_become_everything(line: OfferLine, code: str) -> None:
    given(SUBSCRIPTION, activated).when(change(line)).then_rejected(code)


def test_what_an_organisation_pays_for_stays_seats() -> None:
    team = events.SubscriptionActivated(replace(terms, for_others=True), visa, april)
    to_others = replace(change(replace(gold, seats=True)), seats_only=True)
    becomes = replace(upgrade, to=replace(to_gold, for_others=True))
    billed = events.ChangeBilled(team.terms, becomes, paid_for_gold, visa)
    given(SUBSCRIPTION, team).when(to_others).then(billed)
    own = replace(change(gold), seats_only=True)
    given(SUBSCRIPTION, team).when(own).then_rejected("seats_only")


def test_what_it_is_already_is_no_change_and_takes_the_wish_back() -> None:
    same = change(replace(light, quantity=1), keeps_price=True)
    given(SUBSCRIPTION, activated).when(same).then_nothing()
    given(SUBSCRIPTION, activated, scheduled).when(same).then(unscheduled("withdrawn"))


def test_a_wish_can_be_taken_back() -> None:
    given(SUBSCRIPTION, activated, scheduled).when(withdraw).then(unscheduled("withdrawn"))
    given(SUBSCRIPTION, activated, billed).when(withdraw).then(dropped("withdrawn"))
    given(SUBSCRIPTION, activated).when(withdraw).then_nothing()


def test_nothing_is_changed_while_the_next_period_is_paid_for() -> None:
    renewing = events.RenewalStarted(terms, visa, may, for_may, 1, euros(10))
    for asked in (change(), withdraw, pause):
        during = given(SUBSCRIPTION, activated, renewing).when(asked)
        during.then_rejected("renewal_under_way")


def test_what_is_not_paid_when_the_period_ends_is_dropped_and_it_goes_on_as_it_was() -> None:
    renewing = events.RenewalStarted(terms, visa, may, for_may, 1, euros(10))
    given(SUBSCRIPTION, activated, billed).when(renew).then(dropped("renewed"), renewing)


def test_who_cancels_wishes_for_nothing_else() -> None:
    cancel = commands.ScheduleCancellation(ada)
    expected = (unscheduled("cancelled"), cancelling)
    given(SUBSCRIPTION, activated, scheduled).when(cancel).then(*expected)
    given(SUBSCRIPTION, activated, billed).when(cancel).then(dropped("cancelled"), cancelling)
    for asked in (change(), pause):
        given(SUBSCRIPTION, activated, cancelling).when(asked).then_rejected(
            "subscription_cancelling"
        )


def test_the_end_is_the_end_of_every_wish() -> None:
    now = commands.CancelNow()
    given(SUBSCRIPTION, activated, billed).when(now).then(dropped("ended"), ended)


@pytest.mark.parametrize("asked", [change(), withdraw, pause])
def test_only_who_subscribed_may_ask_and_only_while_it_runs(
    asked: commands.ChangeSubscription | commands.WithdrawChange | commands.PauseSubscription,
) -> None:
    given(SUBSCRIPTION).when(asked).then_rejected("subscription_not_found")
    by_bob = replace(asked, person_id=bob)
    given(SUBSCRIPTION, activated).when(by_bob).then_rejected("subscription_not_found")
    given(SUBSCRIPTION, activated, ended).when(asked).then_rejected("subscription_ended")


def test_staff_cannot_change_what_is_not_there() -> None:
    given(SUBSCRIPTION).when(change(by=None)).then_rejected("subscription_not_found")


def test_a_pause_keeps_what_is_left_of_the_period() -> None:
    given(SUBSCRIPTION, activated).when(pause).then(paused)
    given(SUBSCRIPTION, activated, paused).when(renew).then_nothing()
    resumed = events.SubscriptionResumed(
        terms,
        Period(april.start + timedelta(days=30), april.end + timedelta(days=30)),
        is_trial=False,
    )
    over = commands.ResumeSubscription(None, pause.until, pause.until)
    given(SUBSCRIPTION, activated, paused).when(over).then(resumed)
    given(SUBSCRIPTION, activated, paused, resumed).when(over).then_nothing()
    moved = commands.RenewSubscription(resumed.period.end, for_may)
    (renewing,) = given(SUBSCRIPTION, activated, paused, resumed).when(moved).events
    assert isinstance(renewing, events.RenewalStarted)
    assert renewing.period.end == datetime(2026, 6, 30, 12, tzinfo=UTC)


def test_who_comes_back_earlier_resumes_earlier() -> None:
    tomorrow = in_half + timedelta(days=1)
    early = commands.ResumeSubscription(ada, None, tomorrow)
    (resumed,) = given(SUBSCRIPTION, activated, paused).when(early).events
    assert isinstance(resumed, events.SubscriptionResumed)
    assert resumed.period.end == april.end + timedelta(days=1)
    given(SUBSCRIPTION, activated).when(early).then_nothing()
    of_the_first_pause = commands.ResumeSubscription(None, pause.until, pause.until)
    longer = replace(paused, until=pause.until + timedelta(days=9))
    given(SUBSCRIPTION, activated, paused, resumed, longer).when(of_the_first_pause).then_nothing()


def test_the_rest_of_a_trial_waits_as_well() -> None:
    at_once = replace(pause, at=begin, until=begin + timedelta(days=30))
    (stopped,) = given(SUBSCRIPTION, on_trial).when(at_once).events
    over = commands.ResumeSubscription(None, at_once.until, at_once.until)
    (resumed,) = given(SUBSCRIPTION, on_trial, stopped).when(over).events
    assert isinstance(resumed, events.SubscriptionResumed)
    assert (resumed.is_trial, resumed.period.end) == (True, trial_ends + timedelta(days=30))


def test_a_change_after_a_pause_is_prorated_by_what_is_left() -> None:
    resume = commands.ResumeSubscription(None, pause.until, pause.until)
    wish = replace(change(), at=pause.until)
    (event,) = given(SUBSCRIPTION, activated, paused).when(resume, wish).events
    assert isinstance(event, events.ChangeBilled)
    assert [line.amount for line in event.change.lines] == [euros(-5), euros(15)]


@pytest.mark.parametrize("days", [0, 367])
def test_a_pause_lasts_days_and_no_years(days: int) -> None:
    asked = replace(pause, until=in_half + timedelta(days=days))
    given(SUBSCRIPTION, activated).when(asked).then_rejected("pause_out_of_range")


def test_a_pause_lasts_no_longer_than_the_seller_allows() -> None:
    given(SUBSCRIPTION, activated).when(replace(pause, longest_days=30)).then(paused)
    too_long = given(SUBSCRIPTION, activated).when(replace(pause, longest_days=29))
    too_long.then_rejected("pause_out_of_range")


def test_a_pause_is_asked_for_once() -> None:
    given(SUBSCRIPTION, activated, paused).when(pause).then_nothing()
    longer = replace(pause, until=pause.until + timedelta(days=1))
    for asked in (longer, change()):
        given(SUBSCRIPTION, activated, paused).when(asked).then_rejected("subscription_paused")


def test_a_period_that_is_over_is_not_paused() -> None:
    late = replace(pause, at=april.end, until=april.end + timedelta(days=9))
    given(SUBSCRIPTION, activated).when(late).then_rejected("renewal_under_way")


def test_who_pauses_before_they_paid_for_more_has_what_they_had() -> None:
    given(SUBSCRIPTION, activated, billed).when(pause).then(dropped("paused"), paused)


def test_who_cancels_while_it_is_paused_has_ended_it() -> None:
    cancel = commands.ScheduleCancellation(ada)
    given(SUBSCRIPTION, activated, paused).when(cancel).then(ended)


@pytest.mark.parametrize("day", [29, 30, 31])
def test_ten_years_of_changes_at_the_end_stay_on_the_day_of_the_anchor(day: int) -> None:
    """P10."""
    start = datetime(2026, 1, day, 12, tzinfo=UTC)
    end = datetime(2026, 2, 28, 12, tzinfo=UTC)
    history: list[events.SubscriptionEvent] = [
        events.SubscriptionActivated(terms, visa, Period(start, end), euros(10))
    ]
    state = SUBSCRIPTION.fold(history)
    for number in range(120):
        assert isinstance(state, Running)
        wish = change(light if number % 2 else gold, "next_period", change_id=UUID(int=number))
        for asked in (wish, commands.RenewSubscription(state.ends_at, for_may), settle_may):
            state = SUBSCRIPTION.fold(SUBSCRIPTION.decide(asked, state), state)
        assert isinstance(state, Running)
        last = monthrange(state.ends_at.year, state.ends_at.month)[1]
        assert state.ends_at.day == min(day, last)
    assert isinstance(state, Running)
    assert state.periods == 121


def began_on(day: int) -> Running:
    start, end = datetime(2026, 1, day, 12, tzinfo=UTC), datetime(2026, 2, 28, 12, tzinfo=UTC)
    period = Period(start, end)
    state = SUBSCRIPTION.fold([events.SubscriptionActivated(terms, visa, period, euros(10))])
    assert isinstance(state, Running)
    return state


def went_on(state: Running, *asked: commands.SubscriptionCommand) -> Running:
    for one in (*asked, commands.RenewSubscription(state.ends_at, for_may), settle_may):
        after = SUBSCRIPTION.fold(SUBSCRIPTION.decide(one, state), state)
        assert isinstance(after, Running)
        state = after
    return state


def rested(state: Running, rest: timedelta) -> Running:
    at = state.begins_at + timedelta(hours=1)
    stop = commands.PauseSubscription(ada, at + timedelta(days=300), at, 366)
    for asked in (stop, commands.ResumeSubscription(ada, None, at + rest)):
        after = SUBSCRIPTION.fold(SUBSCRIPTION.decide(asked, state), state)
        assert isinstance(after, Running)
        state = after
    return state


def test_a_pause_in_a_short_month_does_not_forget_the_day() -> None:
    rested_ends = [
        (timedelta(seconds=1), "02-28", "03-31"),
        (timedelta(days=1), "03-01", "04-01"),
        (timedelta(days=20), "03-20", "04-20"),
    ]
    for rest, end, after in rested_ends:
        state = rested(began_on(31), rest)
        assert f"{state.ends_at:%m-%d}" == end
        assert f"{went_on(state).ends_at:%m-%d}" == after


@pytest.mark.parametrize(("interval", "end"), [("quarter", "05-31"), ("year", "02-28")])
def test_another_interval_from_a_short_month_on_does_not_forget_the_day(
    interval: Interval, end: str
) -> None:
    longer = replace(gold, interval=interval)
    state = went_on(began_on(31), change(longer, "next_period"))
    assert f"{state.ends_at:%m-%d}" == end
    back = went_on(state, change(light, "next_period", change_id=second))
    assert f"{back.ends_at:%m-%d}" == ("06-30" if interval == "quarter" else "03-31")


def test_who_renews_by_the_week_has_no_day_of_the_month() -> None:
    weekly = replace(gold, interval="week")
    state = went_on(began_on(31), change(weekly, "next_period"))
    back = went_on(state, change(light, "next_period", change_id=second))
    assert f"{back.ends_at:%m-%d}" == "04-07"


@holds(
    st.sampled_from([29, 30, 31]),
    st.lists(
        st.sampled_from(["month", "quarter", "year"])
        | st.integers(1, 600).map(lambda seconds: timedelta(seconds=seconds)),
        max_size=40,
    ),
)
def test_changes_of_interval_and_short_pauses_stay_on_the_day_of_the_anchor(
    day: int, steps: list[Interval | timedelta]
) -> None:
    """P10, with all that counts periods anew."""
    state = began_on(day)
    for number, step in enumerate(steps):
        if isinstance(step, timedelta):
            state = rested(state, step)
        else:
            line = replace(light if number % 2 else gold, interval=step)
            state = went_on(state, change(line, "next_period", change_id=UUID(int=number)))
        last = monthrange(state.ends_at.year, state.ends_at.month)[1]
        assert state.ends_at.day == min(day, last)


dispute = Code("dp_1")
disputed = events.PaymentReversed(terms, UUID(int=41), "disputed", dispute)
withheld = events.SubscriptionSuspended(terms, "disputed", first=True, dispute=dispute)


def test_the_money_of_a_change_that_goes_back_counts_as_that_of_the_period() -> None:
    heard = commands.HearReversal(paid_for_gold, "refunded")
    (reversed_,) = given(SUBSCRIPTION, activated, billed, upgraded).when(heard).events
    history = (activated, billed, upgraded, reversed_)
    follow = commands.FollowRefund(paid_for_gold, "end_now")
    (end,) = given(SUBSCRIPTION, *history).when(follow).events
    assert isinstance(end, events.SubscriptionEnded)
    assert end.reason == "refunded"
    given(SUBSCRIPTION, *history).when(heard).then_nothing()


def test_the_money_of_a_change_that_waits_is_not_yet_that_of_the_period() -> None:
    given(SUBSCRIPTION, activated, billed).when(
        commands.HearReversal(paid_for_gold, "refunded")
    ).then_nothing()


@pytest.mark.parametrize("wish", [change(), pause])
def test_what_is_withheld_is_neither_changed_nor_paused(
    wish: commands.SubscriptionCommand,
) -> None:
    suspended = given(SUBSCRIPTION, activated, disputed, withheld)
    suspended.when(wish).then_rejected("subscription_suspended")


def test_what_is_disputed_during_a_pause_stays_withheld_when_it_goes_on() -> None:
    history = (activated, paused, disputed, withheld)
    over = commands.ResumeSubscription(None, pause.until, pause.until)
    resumed, suspended = given(SUBSCRIPTION, *history).when(over).events
    assert isinstance(resumed, events.SubscriptionResumed)
    assert suspended == withheld
    won = commands.HearReversal(disputed.payment_id, "won", dispute)
    (_, reinstated) = given(SUBSCRIPTION, *history).when(won).events
    assert reinstated == events.SubscriptionReinstated(
        terms, "disputed", last=False, dispute=dispute
    )
    (_, reinstated) = given(SUBSCRIPTION, *history, resumed, suspended).when(won).events
    assert reinstated == events.SubscriptionReinstated(
        terms, "disputed", last=True, dispute=dispute
    )


def test_a_change_that_is_paid_during_a_dispute_opens_nothing_before_the_dispute_is_won() -> None:
    history = (activated, billed, disputed, withheld)
    gold_withheld = replace(withheld, terms=to_gold)
    given(SUBSCRIPTION, *history).when(settle).then(upgraded, gold_withheld)
    won = commands.HearReversal(disputed.payment_id, "won", dispute)
    (_, reinstated) = given(SUBSCRIPTION, *history, upgraded, gold_withheld).when(won).events
    assert reinstated == events.SubscriptionReinstated(
        to_gold, "disputed", last=True, dispute=dispute
    )


def test_a_change_that_begins_with_a_period_paid_during_a_dispute_opens_nothing() -> None:
    scheduled_gold = events.ChangeScheduled(terms, first, to_gold, april.end)
    renewing = events.RenewalStarted(to_gold, visa, may, for_may, 1, euros(30))
    history = (activated, scheduled_gold, renewing, disputed, withheld)
    changed, renewed, last = given(SUBSCRIPTION, *history).when(settle_may).events
    assert isinstance(changed, events.SubscriptionChanged)
    assert isinstance(renewed, events.SubscriptionRenewed)
    assert last == replace(withheld, terms=to_gold)
