from uuid import UUID

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from services.billing.arrears.commands import (
    ArrearsCommand,
    CountBill,
    CountSubscription,
    SettleBill,
    UncountSubscription,
    WeighArrears,
)
from services.billing.arrears.decider import ARREARS, Arrears
from services.billing.arrears.events import (
    ArrearsCleared,
    ArrearsExceeded,
    BillOverdue,
    BillSettled,
    SubscriptionCounted,
    SubscriptionUncounted,
    arrears_stream,
)
from services.billing.policy.events import NO_LIMITS, ArrearsLimits
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros

club, gym, choir = UUID(int=50), UUID(int=51), UUID(int=52)
one_bill = ArrearsLimits(bills=1)
fifty_euros = ArrearsLimits(money=(euros(50),))
has_club, has_gym = SubscriptionCounted(ada, club), SubscriptionCounted(ada, gym)
club_overdue, gym_overdue = BillOverdue(ada, club, euros(30)), BillOverdue(ada, gym, euros(30))
both_overdue = (has_club, has_gym, club_overdue, gym_overdue)
exceeded = ArrearsExceeded(ada, one_bill, (club, gym))
cleared = ArrearsCleared(ada, (club, gym))
weigh, weigh_money = WeighArrears(ada, one_bill), WeighArrears(ada, fifty_euros)


def test_what_somebody_subscribes_to_is_counted_once() -> None:
    given(ARREARS).when(CountSubscription(ada, club)).then(has_club)
    given(ARREARS, has_club).when(CountSubscription(ada, club)).then_nothing()


def test_a_bill_is_counted_once_and_its_subscription_with_it() -> None:
    count = CountBill(ada, club, euros(30))
    given(ARREARS).when(count).then(has_club, club_overdue)
    given(ARREARS, has_club, club_overdue).when(count).then_nothing()


def test_too_many_bills_withhold_everything() -> None:
    given(ARREARS, *both_overdue).when(weigh).then(exceeded)
    given(ARREARS, *both_overdue, exceeded).when(weigh).then_nothing()
    given(ARREARS, has_club, has_gym, club_overdue).when(weigh).then_nothing()


def test_too_much_money_withholds_everything() -> None:
    over = ArrearsExceeded(ada, fifty_euros, (club, gym))
    given(ARREARS, *both_overdue).when(weigh_money).then(over)
    sixty = WeighArrears(ada, ArrearsLimits(money=(euros(60),)))
    given(ARREARS, *both_overdue).when(sixty).then_nothing()


def test_other_money_is_not_added_up() -> None:
    in_dollars = BillOverdue(ada, gym, Money(3000, "USD"))
    given(ARREARS, has_club, has_gym, club_overdue, in_dollars).when(weigh_money).then_nothing()
    state = ARREARS.fold([has_club, has_gym, club_overdue, in_dollars])
    assert state.owed == (euros(30), Money(3000, "USD"))


def test_without_limits_nothing_is_withheld() -> None:
    given(ARREARS, *both_overdue).when(WeighArrears(ada, NO_LIMITS)).then_nothing()


def test_who_is_under_the_limit_again_is_let_in_with_the_payment() -> None:
    settled = BillSettled(ada, club)
    given(ARREARS, *both_overdue, exceeded).when(SettleBill(ada, club)).then(settled, cleared)
    given(ARREARS, *both_overdue).when(SettleBill(ada, club)).then(settled)
    given(ARREARS, has_club).when(SettleBill(ada, club)).then_nothing()


def test_who_pays_and_is_still_over_waits() -> None:
    third = SubscriptionCounted(ada, choir), BillOverdue(ada, choir, euros(5))
    settled = BillSettled(ada, club)
    given(ARREARS, *both_overdue, exceeded, *third).when(SettleBill(ada, club)).then(settled)


def test_nothing_is_owed_for_what_has_ended() -> None:
    over = SubscriptionUncounted(ada, club)
    end = UncountSubscription(ada, club)
    left = ArrearsCleared(ada, (gym,))
    given(ARREARS, *both_overdue, exceeded).when(end).then(over, left)
    given(ARREARS, *both_overdue).when(end).then(over)
    given(ARREARS, *both_overdue, over).when(end).then_nothing()


def test_what_begins_meanwhile_is_withheld_too() -> None:
    begin = CountSubscription(ada, choir)
    too = ArrearsExceeded(ada, one_bill, (choir,))
    counted = SubscriptionCounted(ada, choir)
    given(ARREARS, *both_overdue, exceeded).when(begin).then(counted, too)
    given(ARREARS, *both_overdue, exceeded, cleared).when(begin).then(counted)


def test_other_limits_are_weighed_anew() -> None:
    wider, stricter = WeighArrears(ada, ArrearsLimits(bills=2)), ArrearsLimits(bills=0)
    given(ARREARS, *both_overdue, exceeded).when(wider).then(cleared)
    given(ARREARS, *both_overdue, exceeded).when(WeighArrears(ada, NO_LIMITS)).then(cleared)
    again = ArrearsExceeded(ada, stricter, (club, gym))
    given(ARREARS, *both_overdue, exceeded).when(WeighArrears(ada, stricter)).then(again)


things = st.sampled_from([club, gym, choir])
limits = st.builds(
    ArrearsLimits,
    bills=st.none() | st.integers(0, 3),
    money=st.sampled_from([(), (euros(0),), (euros(50),), (Money(0, "USD"),)]),
)
asked: st.SearchStrategy[ArrearsCommand] = st.one_of(
    st.builds(CountSubscription, st.just(ada), things),
    st.builds(UncountSubscription, st.just(ada), things),
    st.builds(
        CountBill, st.just(ada), things, st.sampled_from([euros(1), euros(60), Money(1, "USD")])
    ),
    st.builds(SettleBill, st.just(ada), things),
    st.builds(WeighArrears, st.just(ada), limits),
)


@for_all(st.lists(asked, max_size=30))
def test_who_owes_nothing_is_never_withheld(story: list[ArrearsCommand]) -> None:
    """Whatever comes, in whatever order: what is withheld is exactly what they have while they are over a limit."""
    arrears, withheld = Arrears(), set[UUID]()
    for command in story:
        for event in ARREARS.decide(command, arrears):
            arrears = ARREARS.evolve(arrears, event)
            match event:
                case ArrearsExceeded(subscriptions=these):
                    withheld |= {*these}
                case ArrearsCleared(subscriptions=these):
                    withheld -= {*these}
                case SubscriptionUncounted(_, one):
                    withheld -= {one}
        assert withheld == ({*arrears.subscriptions} if arrears.over else set())
        if not arrears.bills:
            assert arrears.over is None
            assert not withheld


@pytest.mark.parametrize("limit", [ArrearsLimits(0), ArrearsLimits(0, (euros(0),)), NO_LIMITS])
def test_nothing_exceeds_no_limit(limit: ArrearsLimits) -> None:
    assert not limit.are_exceeded_by(())


def test_a_person_has_one_account_of_what_they_owe() -> None:
    assert arrears_stream(ada) == arrears_stream(ada) != arrears_stream(bob)
