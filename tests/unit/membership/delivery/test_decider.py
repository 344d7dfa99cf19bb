"""When an event is tried again, when an endpoint is given up, and what staff may ask to be sent."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.membership.delivery import commands, events
from services.membership.delivery.decider import (
    BACK_OFF,
    DELIVERY,
    LONGEST_WAIT,
    MOST_REPLAYED,
    PATIENCE,
    Queue,
)
from services.membership.endpoint.events import EndpointId
from shared.ids import PersonId
from shared.testing import given

taken, gone = commands.RecordAttempt("taken"), commands.RecordAttempt("gone")
refused = commands.RecordAttempt("refused")
tries = [events.PutOff(wait) for wait in BACK_OFF]
endpoint = EndpointId(UUID(int=1))
olga = PersonId(UUID(int=2))


def test_what_is_taken_is_done() -> None:
    given(PATIENCE).when(taken).then(events.Delivered())


def test_what_is_refused_is_tried_again_soon_and_then_later_and_later() -> None:
    for number, wait in enumerate(BACK_OFF):
        given(PATIENCE, *tries[:number]).when(refused).then(events.PutOff(wait))
    assert list(BACK_OFF) == sorted(BACK_OFF)


def test_an_endpoint_has_about_three_days() -> None:
    assert timedelta(days=3) <= sum(BACK_OFF, timedelta(0)) <= timedelta(days=3, hours=6)


def test_an_endpoint_that_has_failed_for_days_is_given_up() -> None:
    given(PATIENCE, *tries).when(refused).then(events.GivenUp("failing"))


def test_an_event_that_is_taken_after_all_leaves_the_next_all_its_tries() -> None:
    given(PATIENCE, *tries, events.Delivered()).when(refused).then(events.PutOff(BACK_OFF[0]))


@pytest.mark.parametrize("earlier", [0, 1, len(tries)])
def test_an_endpoint_that_says_it_is_gone_is_given_up_at_once(earlier: int) -> None:
    given(PATIENCE, *tries[:earlier]).when(gone).then(events.GivenUp("gone"))


def test_queues_that_failed_together_do_not_come_back_together() -> None:
    late = commands.RecordAttempt("refused", jitter=999)
    (put_off,) = PATIENCE.decide(late, Queue(attempts=3))
    assert isinstance(put_off, events.PutOff)
    assert BACK_OFF[3] < put_off.wait < BACK_OFF[3] * 1.1


def test_whoever_asks_for_time_gets_it_but_not_for_ever() -> None:
    an_hour = commands.RecordAttempt("refused", later=timedelta(hours=1))
    given(PATIENCE).when(an_hour).then(events.PutOff(timedelta(hours=1)))
    a_year = commands.RecordAttempt("refused", later=timedelta(days=365))
    given(PATIENCE).when(a_year).then(events.PutOff(LONGEST_WAIT))


def test_nobody_shortens_our_patience() -> None:
    at_once = commands.RecordAttempt("refused", later=timedelta(0))
    given(PATIENCE, *tries[:2]).when(at_once).then(events.PutOff(BACK_OFF[2]))


def test_a_replay_that_is_not_taken_is_let_go_and_harms_nobody() -> None:
    assert PATIENCE.decide(refused, Queue("replay", len(BACK_OFF))) == [events.Dropped()]
    assert PATIENCE.decide(refused, Queue("replay", 0)) == [events.PutOff(BACK_OFF[0])]


def test_a_ping_is_tried_once() -> None:
    assert PATIENCE.decide(refused, Queue("ping")) == [events.Dropped()]
    assert PATIENCE.decide(taken, Queue("ping")) == [events.Delivered()]


def test_a_ping_is_asked_once() -> None:
    ping = commands.AskPing(endpoint)
    given(DELIVERY).when(ping).then(events.PingAsked(endpoint))
    given(DELIVERY, events.PingAsked(endpoint)).when(ping).then_nothing()


def test_what_was_heard_may_be_sent_again() -> None:
    again = commands.AskReplay(endpoint, 3, 9, count=4)
    given(DELIVERY).when(again).then(events.ReplayAsked(endpoint, 3, 9))
    given(DELIVERY, events.ReplayAsked(endpoint, 3, 9)).when(again).then_nothing()


def test_where_nothing_was_heard_there_is_nothing_to_send() -> None:
    nothing = commands.AskReplay(endpoint, None, None, count=0)
    given(DELIVERY).when(nothing).then_rejected("nothing_to_replay")


def test_only_so_much_is_sent_again_at_once() -> None:
    most = commands.AskReplay(endpoint, 1, 10**6, MOST_REPLAYED)
    given(DELIVERY).when(most).then(events.ReplayAsked(endpoint, 1, 10**6))
    more = commands.AskReplay(endpoint, 1, 10**6, MOST_REPLAYED + 1)
    given(DELIVERY).when(more).then_rejected("too_much_to_replay")


def test_a_run_is_given_up_once() -> None:
    give_up = commands.GiveUp(endpoint, 2, "gone", (olga,))
    given_up = events.DeliveryGivenUp(endpoint, 2, "gone", (olga,))
    given(DELIVERY).when(give_up).then(given_up)
    given(DELIVERY, given_up).when(give_up).then_nothing()
