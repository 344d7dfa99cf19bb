"""A price rise is about those who were shown, turn by turn, until it is called off."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.billing.price_rise import commands, events, reactions
from services.billing.price_rise.decider import A_TURN, MOST_PINNED, MOST_SUBSCRIPTIONS, PRICE_RISE
from services.billing.price_rise.events import Whom
from services.billing.subscription import commands as of_subscription
from services.billing.subscription.events import Rise
from shared.ids import Label
from shared.reaction import Ask, At, Call
from shared.testing import given
from tests.unit.billing.cast import euros, fact, noon, stream_id

DAY = timedelta(days=1)
rise = Rise(stream_id, UUID(int=10), Label("Gold"), 3, (euros(15),), noon + 30 * DAY, 30)
people = tuple(UUID(int=1000 + number) for number in range(A_TURN + 1))
first, second = people[:A_TURN], people[A_TURN:]
seen = UUID(int=7)
start = commands.StartPriceRise(rise, Whom(), people, seen, seen, noon)
started = events.PriceRiseStarted(rise, Whom(), len(people))
chosen = events.SubscribersChosen(1, first), events.SubscribersChosen(2, second)
told_first, told_second = events.RiseTold(1, rise, first), events.RiseTold(2, rise, second)
cancel = commands.CancelPriceRise(noon + 29 * DAY)
cancelled = events.PriceRiseCancelled(rise.offer_id)


def test_those_who_were_shown_are_fixed_when_it_starts() -> None:
    given(PRICE_RISE).when(start).then(started, *chosen)
    given(PRICE_RISE, started, *chosen).when(start).then_nothing()


def test_they_are_told_turn_by_turn() -> None:
    on = given(PRICE_RISE, started, *chosen)
    on.when(commands.TellRise(1)).then(told_first)
    on.when(commands.TellRise(2)).then_nothing()
    on = given(PRICE_RISE, started, *chosen, told_first)
    on.when(commands.TellRise(1)).then_nothing()
    on.when(commands.TellRise(2)).then(told_second)
    given(PRICE_RISE, started, *chosen, told_first, told_second).when(
        commands.TellRise(3)
    ).then_nothing()


def test_once_called_off_nobody_else_is_told_and_those_who_were_have_it_taken_back() -> None:
    given(PRICE_RISE, started, *chosen, told_first).when(cancel).then(cancelled)
    on = given(PRICE_RISE, started, *chosen, told_first, cancelled)
    on.when(commands.TellRise(2)).then_nothing()
    on.when(cancel).then_nothing()
    back = events.RiseTakenBack(1, rise.rise_id, first)
    on.when(commands.TakeRiseBack(2)).then_nothing()
    on.when(commands.TakeRiseBack(1)).then(back)
    on = given(PRICE_RISE, started, *chosen, told_first, cancelled, back)
    on.when(commands.TakeRiseBack(1)).then_nothing()
    on.when(commands.TakeRiseBack(2)).then_nothing()


def test_what_goes_on_is_not_taken_back() -> None:
    given(PRICE_RISE, started, *chosen, told_first).when(commands.TakeRiseBack(1)).then_nothing()


def test_from_its_day_on_it_is_not_called_off() -> None:
    on_its_day = commands.CancelPriceRise(rise.effective_from)
    given(PRICE_RISE, started, *chosen).when(on_its_day).then_rejected("price_rise_in_force")
    given(PRICE_RISE).when(cancel).then_rejected("price_rise_not_found")


def test_what_nobody_started_goes_no_further() -> None:
    given(PRICE_RISE).when(commands.TellRise(1)).then_nothing()
    given(PRICE_RISE).when(commands.TakeRiseBack(1)).then_nothing()


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"seen": UUID(int=8)}, "preview_stale"),
        ({"subscriptions": ()}, "nobody_pays_less"),
        ({"subscriptions": people[:1] * (MOST_SUBSCRIPTIONS + 1)}, "too_many"),
        ({"at": noon + timedelta(seconds=1)}, "notice_out_of_range"),
        ({"rise": replace(rise, effective_from=noon + 367 * DAY)}, "notice_out_of_range"),
        ({"whom": Whom(from_version=3)}, "version_out_of_range"),
        ({"whom": Whom(from_version=0)}, "version_out_of_range"),
        ({"whom": Whom(2, 1)}, "version_out_of_range"),
        ({"whom": Whom(1, 3)}, "version_out_of_range"),
        ({"whom": Whom(pinned=people[:1] * (MOST_PINNED + 1))}, "too_many"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], code: str) -> None:
    given(PRICE_RISE).when(replace(start, **wrong)).then_rejected(code)


def test_a_year_of_notice_can_be_given() -> None:
    slow = replace(rise, notice_days=366, effective_from=noon + 366 * DAY)
    assert given(PRICE_RISE).when(replace(start, rise=slow)).refusal is None


def test_each_is_told_by_a_call_of_its_own_and_the_next_turn_a_minute_later() -> None:
    calls = reactions.when_rise_told_tell_subscribers(fact(told_second))
    assert calls == [Call(commands.TellSubscriber(second[0], rise))]
    (more,) = reactions.when_rise_told_tell_more(fact(told_first))
    assert more == At(noon + reactions.PAUSE, Ask(PRICE_RISE, stream_id, commands.TellRise(2)))


def test_each_has_it_taken_back_and_then_it_is_the_next_turn() -> None:
    *asks, more = reactions.when_rise_taken_back_go_on(
        fact(events.RiseTakenBack(2, rise.rise_id, second))
    )
    assert [(ask.stream_id, ask.command) for ask in asks] == [
        (second[0], of_subscription.WithdrawPriceRise(rise.rise_id))
    ]
    assert more == Ask(PRICE_RISE, stream_id, commands.TakeRiseBack(3))
