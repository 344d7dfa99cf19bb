"""A subscription that began elsewhere charges nothing by its own clock, and goes on in the series it had there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import (
    Brought,
    Period,
    Terms,
    boundary,
    period_payment_of,
    periods_until,
)
from services.billing.subscription.publications import activated
from services.billing.subscription.reactions import when_period_paid_renew_subscription
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, euros, fact, stream_id, visa

terms = Terms(ada, UUID(int=10), UUID(int=11), euros(10), "month", 1, Code("UTC"))
anchor = datetime(2024, 8, 31, 9, tzinfo=UTC)
start, end, following, later = (boundary(anchor, terms, number) for number in (18, 19, 20, 22))
here = Brought(Period(start, end), anchor, anchor)
began = events.SubscriptionActivated(terms, visa, here.period, euros(10), brought=here)
charged_there = events.SubscriptionRenewed(terms, Period(end, following), euros(10), elsewhere=True)
payment_id = period_payment_of(stream_id, end)
started = events.RenewalStarted(terms, visa, Period(end, following), payment_id, 1, euros(10))
renew = commands.RenewSubscription(end, payment_id)


def test_it_begins_in_the_period_that_runs_there() -> None:
    begin = commands.StartSubscription(terms, visa, 0, start, brought=here)
    given(SUBSCRIPTION).when(begin).then(began)
    given(SUBSCRIPTION, began).when(begin).then_nothing()


def test_no_clock_of_its_own_charges_it() -> None:
    assert when_period_paid_renew_subscription(fact(began)) == []
    assert when_period_paid_renew_subscription(fact(charged_there)) == []
    of_ours = events.SubscriptionRenewed(terms, Period(end, following), euros(10))
    assert len(when_period_paid_renew_subscription(fact(of_ours))) == 1


def test_its_first_payment_here_is_for_the_period_after() -> None:
    given(SUBSCRIPTION, began).when(renew).then(started)
    assert end.day == 31, "and not the last of a February that came between"
    assert following.day == 30


def test_what_was_charged_there_is_not_charged_here() -> None:
    move = commands.MoveOn(Period(end, following))
    given(SUBSCRIPTION, began).when(move).then(charged_there)
    given(SUBSCRIPTION, began, charged_there).when(move).then_nothing()
    given(SUBSCRIPTION, began, charged_there).when(renew).then_nothing()
    given(SUBSCRIPTION, began, started).when(move).then_nothing()


def test_of_several_periods_there_none_is_asked_for_again() -> None:
    state = SUBSCRIPTION.fold([began, replace(charged_there, period=Period(following, later))])
    assert isinstance(state, Running)
    assert state.next_period == Period(later, boundary(anchor, terms, 23))


def test_it_goes_back_until_it_is_charged_here() -> None:
    back = events.SubscriptionEnded(terms, "migrated", was_paying=True, unpaid=None)
    give_back = commands.GiveBack()
    given(SUBSCRIPTION, began).when(give_back).then(back)
    given(SUBSCRIPTION, began, charged_there).when(give_back).then(back)
    given(SUBSCRIPTION, began, back).when(give_back).then_nothing()
    given(SUBSCRIPTION, began, started).when(give_back).then_nothing()
    paid = events.SubscriptionRenewed(terms, Period(end, following), euros(10))
    given(SUBSCRIPTION, began, started, paid).when(give_back).then_nothing()
    given(SUBSCRIPTION).when(give_back, commands.MoveOn(here.period)).then_nothing()
    bought = replace(began, brought=None)
    given(SUBSCRIPTION, bought).when(
        give_back, commands.MoveOn(charged_there.period)
    ).then_nothing()


@pytest.mark.parametrize(
    ("anchored", "until", "number"),
    [
        ("2024-08-31", "2024-08-31", 0),
        ("2024-08-31", "2025-02-28", 6),
        ("2025-01-31", "2025-02-28", 1),
    ],
)
def test_periods_of_a_series_are_counted_from_its_anchor(
    anchored: str, until: str, number: int
) -> None:
    first, end = (datetime.fromisoformat(f"{day}T09:00:00+00:00") for day in (anchored, until))
    assert periods_until(first, end, terms) == number
    in_paris, late = replace(terms, time_zone=Code("Europe/Paris")), timedelta(hours=14)
    assert periods_until(first + late, end + late, in_paris) == number


def test_what_is_brought_is_told_as_old() -> None:
    told: Any = activated(fact(began))
    assert (told.source, told.occurred_at) == ("migrated", anchor)
    assert activated(fact(replace(began, brought=None))).source == "bought"
