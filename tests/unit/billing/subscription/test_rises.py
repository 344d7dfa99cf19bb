"""A price that rises: told a whole notice before, billed from the first period after it, once, or not at all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.billing.checkout.events import OfferLine
from services.billing.discount.events import Reduction
from services.billing.offer.events import FixedYear, Interval
from services.billing.payer.events import BY_HAND, Instrument
from services.billing.rises import NO_RISE, Holding, first_due, spared
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import Period, Rise, Spared, Terms, period_payment_of
from shared.ids import Code, Label
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, visa

DAY = timedelta(days=1)
begin = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("UTC"))
april = Period(begin, datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
may = Period(april.end, datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
june = Period(may.end, datetime(2026, 7, 1, 12, 0, tzinfo=UTC))
told_at = begin + 10 * DAY
rise = Rise(UUID(int=70), UUID(int=10), Label("Gold"), 2, (euros(15),), told_at + 30 * DAY, 30)
if_agreed = replace(rise, needs_consent=True)
or_ends = replace(if_agreed, otherwise="end")
risen = replace(terms, price=euros(15), price_version=2)

subscription_id = UUID(int=50)
for_may, for_june = (period_payment_of(subscription_id, p.start) for p in (may, june))
activated = events.SubscriptionActivated(terms, visa, april, euros(10))
may_paid = events.SubscriptionRenewed(terms, may, euros(10))
june_begun = events.RenewalStarted(risen, visa, june, for_june, 1, euros(15))
june_paid = events.SubscriptionRenewed(risen, june, euros(15))
applied = events.PriceRiseApplied(terms, risen, rise.rise_id)
announce = commands.AnnouncePriceRise(rise, told_at)
renew_june = commands.RenewSubscription(june.start, for_june)
settle_june = commands.SettleRenewal(for_june)
withdraw = commands.WithdrawPriceRise(rise.rise_id)
accept = commands.AcceptPriceRise(ada)
agreed = events.PriceRiseAccepted(terms, rise.rise_id)
ended = events.SubscriptionEnded(terms, "voluntary", was_paying=True, unpaid=None)


def told(
    what: Rise = rise, at: datetime = told_at, due: datetime = june.start
) -> events.PriceRiseAnnounced:
    applies_from = max(what.effective_from, at + 30 * DAY)
    return events.PriceRiseAnnounced(terms, what, risen, applies_from, due, due - 7 * DAY)


def dropped(
    reason: events.RiseDropReason, what: Rise | None = rise, of: Terms = terms
) -> events.PriceRiseDropped:
    return events.PriceRiseDropped(of, rise.rise_id, reason, what)


def test_it_applies_to_the_first_period_that_begins_after_the_notice() -> None:
    given(SUBSCRIPTION, activated).when(announce).then(told())
    renew_may = commands.RenewSubscription(may.start, for_may)
    at_the_old_price = events.RenewalStarted(terms, visa, may, for_may, 1, euros(10))
    given(SUBSCRIPTION, activated, told()).when(renew_may).then(at_the_old_price)
    on = given(SUBSCRIPTION, activated, told(), may_paid)
    on.when(renew_june).then(june_begun)
    on.when(renew_june, settle_june).then(june_paid, applied)


def test_once_it_is_applied_it_is_the_price() -> None:
    july = Period(june.end, datetime(2026, 8, 1, 12, 0, tzinfo=UTC))
    for_july = UUID(int=33)
    again = commands.RenewSubscription(july.start, for_july)
    history = activated, told(), may_paid, june_begun, june_paid, applied
    given(SUBSCRIPTION, *history).when(again).then(
        events.RenewalStarted(risen, visa, july, for_july, 1, euros(15))
    )
    given(SUBSCRIPTION, *history).when(announce).then_nothing()
    given(SUBSCRIPTION, *history).when(withdraw).then_nothing()
    given(SUBSCRIPTION, *history).when(accept).then_rejected("no_price_rise")


def test_who_is_told_late_has_the_whole_notice_all_the_same() -> None:
    late = may.start + 5 * DAY
    july = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
    announce_late = commands.AnnouncePriceRise(rise, late)
    announced = told(at=late, due=july)
    given(SUBSCRIPTION, activated, may_paid).when(announce_late).then(announced)
    at_the_old_price = events.RenewalStarted(terms, visa, june, for_june, 1, euros(10))
    given(SUBSCRIPTION, activated, may_paid, announced).when(renew_june).then(at_the_old_price)


def test_nobody_is_told_twice_and_of_two_at_a_time() -> None:
    given(SUBSCRIPTION, activated, told()).when(announce).then_nothing()
    another = replace(rise, rise_id=UUID(int=71), price_version=3, prices=(euros(20),))
    given(SUBSCRIPTION, activated, told()).when(commands.AnnouncePriceRise(another, told_at)).then(
        events.PriceRiseDropped(terms, another.rise_id, "rising_already", None)
    )


def test_a_retry_and_a_late_payment_are_of_the_same_amount() -> None:
    declined = events.RenewalDeclined(
        for_june, 1, Code("card_declined"), june.start, june.start + DAY, june.start + 7 * DAY
    )
    on = given(SUBSCRIPTION, activated, told(), may_paid, june_begun, declined)
    on.when(commands.RetryRenewal(for_june, 2)).then(replace(june_begun, attempt=2))
    recovered = events.SubscriptionRecovered(terms)
    on.when(settle_june).then(recovered, june_paid, applied)


def test_what_is_being_paid_at_the_new_price_is_no_longer_taken_back() -> None:
    on = given(SUBSCRIPTION, activated, told(), may_paid, june_begun)
    on.when(withdraw).then_nothing()
    on.when(withdraw, settle_june).then(june_paid, applied)


def test_what_is_taken_back_first_is_never_announced() -> None:
    given(SUBSCRIPTION, activated).when(withdraw).then(dropped("withdrawn", None))
    on = given(SUBSCRIPTION, activated, dropped("withdrawn", None))
    on.when(announce).then_nothing()
    on.when(withdraw).then_nothing()


def test_who_was_told_hears_that_the_price_stays() -> None:
    given(SUBSCRIPTION, activated, told()).when(withdraw).then(dropped("withdrawn"))


def test_with_consent_it_applies_to_who_agreed() -> None:
    on = given(SUBSCRIPTION, activated, told(if_agreed), may_paid, agreed)
    on.when(accept).then_nothing()
    on.when(renew_june, settle_june).then(june_paid, applied)
    nobody_else = commands.AcceptPriceRise(bob)
    on.when(nobody_else).then_rejected("subscription_not_found")


def test_what_is_shown_as_next_is_the_old_price_until_it_is_agreed_to() -> None:
    asked = activated, told(if_agreed), may_paid
    for history, price in ((asked, euros(10)), ((*asked, agreed), euros(15))):
        state = SUBSCRIPTION.fold(history)
        assert isinstance(state, Running)
        assert state.due == price


def test_who_says_nothing_keeps_the_price_or_ends() -> None:
    at_the_old_price = events.RenewalStarted(terms, visa, june, for_june, 1, euros(10))
    given(SUBSCRIPTION, activated, told(if_agreed), may_paid).when(renew_june).then(
        dropped("not_agreed", if_agreed), at_the_old_price
    )
    given(SUBSCRIPTION, activated, told(or_ends), may_paid).when(renew_june).then(
        dropped("not_agreed", or_ends), replace(ended, terms=risen)
    )


def test_another_offer_drops_it_and_more_of_the_same_does_not() -> None:
    on = given(SUBSCRIPTION, activated, told())
    two = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 2)
    more = commands.ChangeSubscription(
        UUID(int=80), None, two, keeps_price=True, mode="none", unit="second", at=told_at
    )
    (changed,) = on.when(more).events
    two_risen = replace(risen, quantity=2)
    given(SUBSCRIPTION, activated, told(), changed, replace(may_paid, paid=euros(20))).when(
        renew_june
    ).then(events.RenewalStarted(two_risen, visa, june, for_june, 1, euros(30)))
    other = replace(two, offer_id=UUID(int=11), price=euros(30), quantity=1)
    changed, gone = on.when(replace(more, line=other, keeps_price=False)).events
    assert isinstance(changed, events.SubscriptionChanged)
    assert gone == dropped("changed", of=changed.terms)


def test_what_waits_for_the_next_period_does_not_drop_it_before_then() -> None:
    light = OfferLine(UUID(int=12), None, euros(4), "month", 0, 1)
    less = commands.ChangeSubscription(
        UUID(int=80), ada, light, keeps_price=False, mode=None, unit="second", at=may.start + DAY
    )
    on = given(SUBSCRIPTION, activated, told(), may_paid)
    on.when(less, commands.RecallPriceRise(june.start - 7 * DAY)).then_nothing()
    on.when(less, commands.WithdrawChange(ada), renew_june).then(june_begun)
    (begun,) = on.when(less, renew_june).events
    assert isinstance(begun, events.RenewalStarted)
    assert begun.amount == euros(4)
    kinds = [type(event) for event in on.when(less, renew_june, settle_june).events]
    assert kinds == [
        events.SubscriptionChanged,
        events.SubscriptionRenewed,
        events.PriceRiseDropped,
    ]


def test_who_begins_a_new_period_by_a_change_does_not_get_round_it() -> None:
    two = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 2)
    anew = commands.ChangeSubscription(
        UUID(int=80), ada, two, keeps_price=True, mode="reset", unit="second", at=may.end - DAY
    )
    (billed,) = given(SUBSCRIPTION, activated, told(), may_paid).when(anew).events
    assert isinstance(billed, events.ChangeBilled)
    assert billed.change.to == replace(risen, quantity=2)
    settle = commands.SettleRenewal(billed.payment_id)
    given(SUBSCRIPTION, activated, told(), may_paid, billed).when(settle).then(
        events.SubscriptionChanged(terms, billed.change),
        events.PriceRiseApplied(terms, billed.change.to, rise.rise_id),
    )


def test_who_leaves_never_pays_it() -> None:
    on = given(SUBSCRIPTION, activated, told())
    on.when(commands.CancelNow()).then(dropped("ended"), ended)
    left = given(SUBSCRIPTION, activated, told(), dropped("ended"), ended)
    left.when(announce).then_nothing()
    left.when(withdraw).then_nothing()
    left.when(accept).then_rejected("subscription_ended")
    gone = given(SUBSCRIPTION, activated, ended)
    gone.when(announce).then(dropped("ended", None))
    given(SUBSCRIPTION, activated, ended, dropped("ended", None)).when(announce).then_nothing()
    given(SUBSCRIPTION).when(announce).then_nothing()


def test_a_trial_that_ends_after_the_notice_begins_at_the_new_price() -> None:
    trial_ends = told_at + 40 * DAY
    on_trial = events.TrialStarted(terms, visa, trial_ends)
    on = given(SUBSCRIPTION, on_trial)
    on.when(announce).then(told(due=trial_ends))
    first = UUID(int=34)
    begun, *_ = on.when(announce, commands.RenewSubscription(trial_ends, first)).events
    assert isinstance(begun, events.RenewalStarted)
    assert begun.amount == euros(15)


def test_it_is_recalled_once_a_week_before_and_put_off_with_the_payment() -> None:
    recall = commands.RecallPriceRise(june.start - 7 * DAY)
    recalled = events.PriceRiseRecalled(terms, rise, risen, june.start, is_agreed=False)
    on = given(SUBSCRIPTION, activated, told(), may_paid)
    on.when(recall).then(recalled)
    given(SUBSCRIPTION, activated, told(), may_paid, recalled).when(recall).then_nothing()
    early = commands.RecallPriceRise(june.start - 8 * DAY)
    deferred = events.PriceRiseDeferred(rise.rise_id, june.start - 7 * DAY)
    on.when(early).then(deferred)
    on.when(commands.RecallPriceRise(june.start)).then_nothing()
    given(SUBSCRIPTION, activated).when(recall).then_nothing()
    cancelling = events.CancellationScheduled(terms, may.end)
    given(SUBSCRIPTION, activated, told(), may_paid, cancelling).when(recall).then_nothing()
    paused = events.SubscriptionPaused(terms, may.start + DAY, may.start + 60 * DAY)
    rests = given(SUBSCRIPTION, activated, told(), may_paid, paused)
    rests.when(recall).then_nothing()
    resume = commands.ResumeSubscription(None, paused.until, paused.until)
    later = june.start + 59 * DAY
    rests.when(resume, commands.RecallPriceRise(paused.until)).then(
        events.PriceRiseDeferred(rise.rise_id, later - 7 * DAY)
    )


def test_a_discount_for_a_time_goes_on_over_the_new_price() -> None:
    half = replace(terms, reduction=Reduction(UUID(int=90), 50, None, 3))
    begun = events.SubscriptionActivated(half, visa, april, euros(5))
    paid = events.SubscriptionRenewed(half, may, euros(5))
    (renewal,) = given(SUBSCRIPTION, begun).when(announce).events
    (charged,) = given(SUBSCRIPTION, begun, renewal, paid).when(renew_june).events
    assert isinstance(charged, events.RenewalStarted)
    assert charged.amount == Money(750, "EUR")


LEFT_OUT: list[tuple[Spared, Terms, dict[str, bool]]] = [
    ("changed", replace(terms, offer_id=UUID(int=11)), {}),
    ("has_the_price", risen, {}),
    ("donation", replace(terms, charged_for="donation"), {}),
    ("fixed_year", replace(terms, interval="year", year=FixedYear(1, 1, "prorata")), {}),
    ("discount_for_ever", replace(terms, reduction=Reduction(UUID(int=90), 50, None, None)), {}),
    ("no_fixed_price", replace(terms, price=Money(1000, "USD")), {}),
    ("not_dearer", replace(terms, price=euros(15)), {}),
    ("by_hand", terms, {"by_hand": True}),
    ("cancelling", terms, {"cancelling": True}),
    ("paused", terms, {"paused": True}),
    ("changing", terms, {"changing": True}),
]


@pytest.mark.parametrize(("reason", "of", "how"), LEFT_OUT, ids=[one[0] for one in LEFT_OUT])
def test_who_is_left_out_and_why(reason: Spared, of: Terms, how: dict[str, bool]) -> None:
    assert spared(Holding(of, of, begin, april.end, NO_RISE, **how), rise) == reason
    assert spared(Holding(terms, terms, begin, april.end, NO_RISE), rise) is None


def test_what_a_subscription_says_of_itself_is_what_is_asked_about() -> None:
    by_hand = replace(activated, instrument=Instrument(BY_HAND, None, None))
    cancelling = events.CancellationScheduled(terms, april.end)
    paused = events.SubscriptionPaused(terms, told_at, told_at + 9 * DAY)
    waiting = events.ChangeScheduled(terms, UUID(int=80), terms, april.end)
    histories: list[tuple[list[events.SubscriptionEvent], Spared]] = [
        ([by_hand], "by_hand"),
        ([activated, cancelling], "cancelling"),
        ([activated, paused], "paused"),
        ([activated, waiting], "changing"),
    ]
    for history, reason in histories:
        given(SUBSCRIPTION, *history).when(announce).then(dropped(reason, None))


@pytest.mark.parametrize(
    ("interval", "every", "day", "from_", "due"),
    [
        ("month", 1, "2026-01-31", "2026-02-10", "2026-02-28"),
        ("month", 1, "2026-01-31", "2026-03-01", "2026-03-31"),
        ("quarter", 1, "2025-11-30", "2026-02-28", "2026-02-28"),
        ("month", 5, "2025-11-30", "2026-02-28", "2026-04-30"),
        ("year", 1, "2024-02-29", "2026-03-01", "2027-02-28"),
        ("week", 2, "2020-01-01", "2026-04-05", "2026-04-15"),
        ("month", 1, "2026-01-31", "2025-01-01", "2026-02-28"),
    ],
)
def test_the_first_due_is_a_day_on_which_a_period_does_begin(
    interval: Interval, every: int, day: str, from_: str, due: str
) -> None:
    def noon(text: str) -> datetime:
        return datetime.fromisoformat(f"{text}T12:00:00+00:00")

    of = replace(terms, interval=interval, every=every)
    next_end = events.boundary(noon(day), of, 1)
    holding = Holding(of, of, noon(day), next_end, NO_RISE)
    found = first_due(holding, noon(from_))
    assert found == noon(due)
    assert found in [events.boundary(noon(day), of, number) for number in range(400)]


def test_its_state_knows_nothing_of_a_rise_before_there_is_one() -> None:
    state = SUBSCRIPTION.fold([activated])
    assert isinstance(state, Running)
    assert state.rising == NO_RISE
    assert state.upcoming == terms
