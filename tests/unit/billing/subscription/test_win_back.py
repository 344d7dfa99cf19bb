"""Who is gone may come back at the price they had, once, and not for ever."""

from datetime import timedelta
from typing import get_args
from uuid import UUID

import pytest

from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import EndReason, Period, Terms
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, noon, visa

terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("UTC"))
month = Period(noon, noon + timedelta(days=31))
activated = events.SubscriptionActivated(terms, visa, month, euros(10))
checkout_id, another, most = UUID(int=30), UUID(int=31), 30


def ended(reason: EndReason = "voluntary") -> events.SubscriptionEnded:
    return events.SubscriptionEnded(terms, reason, was_paying=True, unpaid=None)


def win_back(days: int = 10) -> commands.WinBack:
    return commands.WinBack(ada, checkout_id, month.end + timedelta(days=days), most)


gone = (activated, ended())
begun, back = events.WinBackBegun(checkout_id), events.SubscriptionWonBack(another)


def test_who_is_gone_may_come_back_for_so_long_of_what_they_had_paid_for() -> None:
    given(SUBSCRIPTION, *gone).when(win_back()).then(begun)
    given(SUBSCRIPTION, *gone).when(win_back(29)).then(begun)
    given(SUBSCRIPTION, *gone).when(win_back(30)).then_rejected("too_late_to_return")


@pytest.mark.parametrize("reason", get_args(EndReason))
def test_who_had_their_money_back_may_not(reason: EndReason) -> None:
    outcome = given(SUBSCRIPTION, activated, ended(reason)).when(win_back())
    if reason in events.WINNABLE:
        outcome.then(begun)
    else:
        outcome.then_rejected("not_to_be_won_back")


def test_it_is_won_back_once_when_it_is_paid() -> None:
    paid = commands.RecordWonBack(another)
    given(SUBSCRIPTION, *gone, begun).when(win_back()).then(begun)
    given(SUBSCRIPTION, *gone, begun).when(paid).then(back)
    given(SUBSCRIPTION, *gone, begun, back).when(paid).then_nothing()
    given(SUBSCRIPTION, *gone, begun, back).when(win_back()).then_rejected("won_back_already")


def test_what_runs_is_not_won_back_and_nobodys_is_anybodys() -> None:
    given(SUBSCRIPTION, activated).when(win_back()).then_rejected("subscription_running")
    given(SUBSCRIPTION).when(win_back()).then_rejected("subscription_not_found")
    bobs = commands.WinBack(bob, checkout_id, month.end, most)
    given(SUBSCRIPTION, *gone).when(bobs).then_rejected("subscription_not_found")
    given(SUBSCRIPTION, activated).when(commands.RecordWonBack(another)).then_nothing()
