"""Whose money a period and a credit are of: what went back is neither had nor taken off the next bills."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.billing.checkout.events import OfferLine
from services.billing.payment.events import Reversal
from services.billing.policy.events import AfterRefund
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import ChangeMode, Period, Terms, change_payment_of
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, euros, visa

begin = datetime(2026, 4, 1, 12, 0, tzinfo=UTC)
next_day = begin + timedelta(days=1)
first, for_may, dispute = UUID(int=60), UUID(int=31), Code("dp_1")
first_change, upgrade = UUID(int=70), UUID(int=71)
monthly = OfferLine(UUID(int=11), UUID(int=21), euros(10), "month", 0, 1)
light = OfferLine(UUID(int=12), None, euros(1), "month", 0, 1)
gold = OfferLine(UUID(int=13), UUID(int=21), euros(30), "month", 0, 1)
yearly = Terms(ada, UUID(int=10), UUID(int=20), euros(120), "year", 1, Code("UTC"))
year = Period(begin, datetime(2027, 4, 1, 12, tzinfo=UTC))
a_year = events.SubscriptionActivated(yearly, visa, year, euros(120), payment_id=first)
refund, keep = commands.HearReversal(first, "refunded"), commands.FollowRefund(first, "keep")
end_now = commands.FollowRefund(first, "end_now")


def after(*asked: commands.SubscriptionCommand) -> Running:
    """What a year, paid by `first`, has become."""
    return went_on(SUBSCRIPTION.fold([a_year]), *asked)


def went_on(state: object, *asked: commands.SubscriptionCommand) -> Running:
    for one in asked:
        assert isinstance(state, Running)
        state = SUBSCRIPTION.fold(SUBSCRIPTION.decide(one, state), state)
    assert isinstance(state, Running)
    return state


def change(
    line: OfferLine = monthly,
    mode: ChangeMode | None = None,
    at: datetime = next_day,
    change_id: UUID = first_change,
) -> commands.ChangeSubscription:
    person_id = None if mode == "prorate" else ada
    return commands.ChangeSubscription(change_id, person_id, line, False, mode, "second", at)  # noqa: FBT003


def settled(change_id: UUID) -> commands.SettleRenewal:
    return commands.SettleRenewal(change_payment_of(change_id))


def followed(state: Running, asked: commands.FollowRefund) -> list[type]:
    return [type(event) for event in SUBSCRIPTION.decide(asked, state)]


def test_a_year_that_became_a_month_and_is_refunded_leaves_no_credit_and_no_month() -> None:
    by_month = after(change())
    assert by_month.balance == -Money(10_967, "EUR")
    assert by_month.credit == {first: Money(10_967, "EUR")}
    assert by_month.paid_by == {first: euros(10)}
    refunded = went_on(by_month, refund)
    assert (refunded.balance, refunded.credit) == (euros(0), {})
    assert followed(refunded, end_now) == [events.SubscriptionEnded]
    assert SUBSCRIPTION.decide(refund, refunded) == []


def test_a_month_that_nothing_but_credit_paid_for_is_of_the_payment_before() -> None:
    by_month = after(change())
    renew = commands.RenewSubscription(by_month.ends_at, for_may)
    renewed = went_on(by_month, renew)
    assert (renewed.periods, renewed.paid_by) == (3, {first: euros(10)})
    assert renewed.credit == {first: Money(9967, "EUR")}
    refunded = went_on(renewed, refund)
    assert refunded.balance == euros(0)
    assert followed(refunded, end_now) == [events.SubscriptionEnded]


def test_a_change_that_credit_pays_a_part_of_is_of_both_payments() -> None:
    to_gold = change(gold, "invoice", next_day + timedelta(days=1), upgrade)
    cheap = after(change(light))
    dear = replace(to_gold, line=replace(gold, price=euros(900)))
    both = went_on(cheap, dear, settled(upgrade))
    assert set(both.paid_by) == {first, change_payment_of(upgrade)}
    assert (both.balance, both.credit) == (euros(0), {})
    for payment_id in both.paid_by:
        heard = went_on(both, commands.HearReversal(payment_id, "refunded"))
        follow = commands.FollowRefund(payment_id, "end_now")
        assert followed(heard, follow) == [events.SubscriptionEnded]


def test_of_a_credit_of_two_payments_the_part_of_the_other_stays() -> None:
    dear = replace(gold, price=euros(240), interval="year")
    up = change(dear, "invoice", begin, upgrade)
    down = change(light, "reset", begin)
    two = after(up, settled(upgrade), down)
    assert two.balance == euros(-239)
    assert sum(two.credit.values(), euros(0)) == euros(239)
    refunded = went_on(two, refund)
    assert refunded.credit == {change_payment_of(upgrade): two.credit[change_payment_of(upgrade)]}
    assert refunded.balance == -refunded.credit[change_payment_of(upgrade)]


@pytest.mark.parametrize("policy", ["keep", "end_at_period_end"])
def test_what_runs_on_after_a_refund_is_a_present_that_no_change_gives_back(
    policy: AfterRefund,
) -> None:
    follow = commands.FollowRefund(first, policy)
    stays = refund, follow, commands.WithdrawCancellation(ada)
    assert after(*stays).worth == euros(0)
    (event,) = SUBSCRIPTION.decide(change(), after(*stays))
    assert isinstance(event, events.ChangeBilled)
    assert event.change.due == euros(10)


def test_a_lost_dispute_takes_the_credit_and_a_won_one_does_not() -> None:
    asked = commands.HearReversal(first, "disputed", dispute)
    disputed = after(change(), asked)
    assert disputed.credit
    lost = went_on(disputed, replace(asked, reversal="lost"))
    assert (lost.balance, lost.worth) == (euros(0), euros(0))
    won = went_on(disputed, replace(asked, reversal="won"))
    assert (won.balance, won.worth) == (disputed.balance, disputed.worth)


def test_credit_that_went_back_while_it_was_being_spent_is_owed_with_the_next_bill() -> None:
    dear = replace(gold, price=euros(60))
    state = after(change(monthly), change(dear, "next_period", next_day, upgrade))
    # All but a part of the second month is paid from the year.
    states = [state]
    for _ in range(2):
        state = went_on(state, commands.RenewSubscription(state.ends_at, for_may))
        states.append(state)
    assert state.renewal
    assert state.renewal.due == euros(60) + state.balance
    was = state.balance
    refunded = went_on(state, refund)
    assert refunded.balance == euros(0)
    paid = went_on(refunded, commands.SettleRenewal(for_may))
    assert paid.balance == -was
    assert paid.due == euros(60) - was


def test_a_change_that_was_worked_out_with_money_that_went_back_is_dropped_and_its_own_goes_back() -> (
    None
):
    dear = change(replace(gold, price=euros(300)), "reset", next_day, upgrade)
    waits = after(dear)
    dropped, heard = SUBSCRIPTION.decide(refund, waits)
    assert isinstance(dropped, events.ChangeDropped)
    assert (dropped.reason, dropped.payment_id) == ("reversed", change_payment_of(upgrade))
    assert isinstance(heard, events.PaymentReversed)
    (late,) = SUBSCRIPTION.decide(settled(upgrade), went_on(waits, refund))
    assert isinstance(late, events.LateRenewalPaid)


def test_a_debt_is_paid_before_anything_is_a_credit() -> None:
    dear = replace(gold, price=euros(240), interval="year")
    owing = after(change(dear, "prorate", begin, upgrade))
    assert (owing.balance, owing.paid_by) == (euros(120), {first: euros(120)})
    back = went_on(owing, change(light, "reset", begin))
    assert back.balance == euros(-119)
    assert back.credit == {first: euros(119)}


def test_what_is_in_neither_is_not_heard() -> None:
    other = commands.HearReversal(UUID(int=99), "refunded")
    assert SUBSCRIPTION.decide(other, after(change())) == []
    assert followed(after(change()), replace(end_now, payment_id=UUID(int=99))) == []


cancel = commands.ScheduleCancellation(ada)
back = commands.RecordWonBack(UUID(int=80), UUID(int=81), UUID(int=82), ())
credit = ((first, Money(10_967, "EUR")),)


def ended_with_credit() -> list[events.SubscriptionEvent]:
    by_month = SUBSCRIPTION.decide(change(), SUBSCRIPTION.fold([a_year]))
    return [a_year, *by_month, *SUBSCRIPTION.decide(commands.CancelNow(), after(change()))]


def test_what_changes_left_is_said_at_the_end() -> None:
    (*_, ended) = ended_with_credit()
    assert isinstance(ended, events.SubscriptionEnded)
    assert ended.balance == -Money(10_967, "EUR")
    dear = change(replace(gold, price=euros(240), interval="year"), "prorate", begin)
    (owing,) = SUBSCRIPTION.decide(commands.CancelNow(), after(dear))
    assert isinstance(owing, events.SubscriptionEnded)
    assert owing.balance == euros(120)
    (nothing,) = SUBSCRIPTION.decide(commands.CancelNow(), after())
    assert isinstance(nothing, events.SubscriptionEnded)
    assert nothing.balance is None


def test_a_credit_is_kept_for_who_comes_back_and_taken_off_what_they_have_then() -> None:
    history = ended_with_credit()
    expected = events.SubscriptionWonBack(back.subscription_id, (), credit)
    given(SUBSCRIPTION, *history).when(back).then(expected)
    taken = went_on(SUBSCRIPTION.fold([a_year]), commands.TakeCredit(credit))
    assert (taken.balance, taken.credit) == (-Money(10_967, "EUR"), dict(credit))
    assert taken.due == Money(12_000 - 10_967, "EUR")


@pytest.mark.parametrize("reversal", ["refunded", "lost"])
def test_no_credit_is_kept_of_what_goes_back_after_the_end(reversal: Reversal) -> None:
    history = ended_with_credit()
    told = commands.HearReversal(first, reversal, None if reversal == "refunded" else dispute)
    (heard,) = given(SUBSCRIPTION, *history).when(told).events
    assert isinstance(heard, events.PaymentReversed)
    assert heard.credit == Money(10_967, "EUR")
    won = events.SubscriptionWonBack(back.subscription_id)
    given(SUBSCRIPTION, *history, heard).when(back).then(won)
    given(SUBSCRIPTION, *history, heard).when(told).then_nothing()


def test_who_was_handed_the_credit_hears_that_its_payment_went_back() -> None:
    history = [*ended_with_credit(), events.SubscriptionWonBack(back.subscription_id, (), credit)]
    (heard,) = given(SUBSCRIPTION, *history).when(refund).events
    assert isinstance(heard, events.PaymentReversed)
    assert (heard.credit, heard.handed) == (None, back.subscription_id)


def test_who_had_their_money_back_has_no_credit_kept() -> None:
    (ended,) = SUBSCRIPTION.decide(commands.EndSubscription("refunded"), after(change()))
    state = SUBSCRIPTION.fold([ended], after(change()))
    assert isinstance(state, Ended)
    assert state.credit == {}


def upgraded(*more: commands.SubscriptionCommand) -> Running:
    """A year for 120 that became one for 240 after half of it, by a payment of its own."""
    half = begin + (year.end - begin) / 2
    dear = replace(gold, price=euros(240), interval="year")
    return after(change(dear, None, half, upgrade), settled(upgrade), *more)


UPGRADE = change_payment_of(upgrade)
upgrade_back = commands.HearReversal(UPGRADE, "refunded")
undo = commands.FollowRefund(UPGRADE, "end_now")


def test_who_has_the_money_of_an_upgrade_alone_back_has_what_they_had_before() -> None:
    dearer = upgraded()
    assert (dearer.paid_by, dearer.worth) == ({first: euros(60), UPGRADE: euros(60)}, euros(240))
    heard = went_on(dearer, upgrade_back)
    (undone,) = SUBSCRIPTION.decide(undo, heard)
    assert isinstance(undone, events.SubscriptionChanged)
    assert (undone.change.to, undone.change.lines, undone.change.due) == (yearly, (), euros(0))
    now = went_on(heard, undo)
    before = after()
    assert (now.terms, now.worth, now.ends_at) == (yearly, before.worth, before.ends_at)
    assert (now.next_period, now.due, now.balance) == (before.next_period, before.due, euros(0))
    assert now.paid_by == {first: euros(60)}
    assert SUBSCRIPTION.decide(undo, now) == SUBSCRIPTION.decide(upgrade_back, now) == []


@pytest.mark.parametrize("policy", ["end_now", "end_at_period_end"])
def test_whatever_the_policy_only_the_upgrade_is_undone(policy: AfterRefund) -> None:
    follow = commands.FollowRefund(UPGRADE, policy)
    assert followed(upgraded(upgrade_back), follow) == [events.SubscriptionChanged]


def test_a_seller_may_leave_it_as_a_present() -> None:
    assert followed(upgraded(upgrade_back), commands.FollowRefund(UPGRADE, "keep")) == []


def test_who_has_the_first_payment_back_as_well_has_nothing_left() -> None:
    end = commands.FollowRefund(first, "end_now")
    undone = upgraded(upgrade_back, undo, refund)
    assert followed(undone, end) == [events.SubscriptionEnded]
    both = upgraded(refund, upgrade_back)
    assert followed(both, undo) == [events.SubscriptionEnded]


def test_only_the_last_change_of_a_period_is_undone() -> None:
    dearest = replace(gold, price=euros(480), interval="year")
    later = begin + (year.end - begin) * 3 / 4
    another = UUID(int=72)
    twice = upgraded(change(dearest, None, later, another), settled(another))
    earlier = went_on(twice, upgrade_back)
    assert followed(earlier, undo) == [events.SubscriptionEnded]
    last = change_payment_of(another)
    latest = went_on(twice, commands.HearReversal(last, "refunded"))
    now = went_on(latest, commands.FollowRefund(last, "end_now"))
    assert now.terms.price == euros(240)


def test_a_new_period_is_no_upgrade_of_the_one_before() -> None:
    half = begin + (year.end - begin) / 2
    by_month = replace(gold, price=euros(300), interval="month")
    anew = after(change(by_month, "reset", half, upgrade), settled(upgrade))
    heard = went_on(anew, upgrade_back)
    assert followed(heard, undo) == [events.SubscriptionEnded]


def test_once_the_next_period_is_paid_an_upgrade_of_the_last_is_over() -> None:
    renewed = upgraded(
        commands.RenewSubscription(year.end, for_may), commands.SettleRenewal(for_may)
    )
    assert SUBSCRIPTION.decide(upgrade_back, renewed) == []
    assert followed(renewed, undo) == []
    assert renewed.terms.price == euros(240)
