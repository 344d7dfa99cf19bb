from datetime import timedelta
from uuid import UUID

from services.membership.announcement.commands import SendCopy
from services.membership.announcement.reactions import when_copies_released_send_copy
from services.membership.broadcast import commands, events
from services.membership.broadcast.decider import BROADCAST, author_of
from services.membership.broadcast.reactions import (
    when_audience_fixed_release_copies,
    when_broadcast_scheduled_start,
    when_broadcast_started_take_audience,
    when_copies_released_release_more,
    when_text_forgotten_forget,
)
from shared.ids import PersonId, derive
from shared.reaction import Ask, At, Call
from tests.unit.membership.facts import fact, noon, some_stream

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))


def test_it_starts_when_it_is_due() -> None:
    due = noon + timedelta(days=2)
    assert when_broadcast_scheduled_start(fact(events.BroadcastScheduled(due))) == [
        At(due, Ask(BROADCAST, some_stream, commands.StartBroadcast(due)))
    ]


def test_when_it_starts_is_seen_who_is_meant() -> None:
    assert when_broadcast_started_take_audience(fact(events.BroadcastStarted())) == [
        Call(commands.TakeAudience(some_stream))
    ]
    assert when_audience_fixed_release_copies(fact(events.AudienceFixed(2))) == [
        Ask(BROADCAST, some_stream, commands.ReleaseCopies(1))
    ]


def test_the_next_turn_is_a_minute_later() -> None:
    released = fact(events.CopiesReleased(3, (ada, bob)))
    assert when_copies_released_release_more(released) == [
        At(noon + timedelta(minutes=1), Ask(BROADCAST, some_stream, commands.ReleaseCopies(4)))
    ]


def test_a_copy_is_the_same_message_however_often_it_is_released() -> None:
    calls = when_copies_released_send_copy(fact(events.CopiesReleased(3, (ada, bob))))
    assert calls == [
        Call(SendCopy(derive(some_stream, "copy", str(person)), some_stream, person))
        for person in (ada, bob)
    ]


def test_with_the_text_goes_its_key() -> None:
    (forget,) = when_text_forgotten_forget(fact(events.TextForgotten()))
    (key,) = forget.keep.forget
    assert key.person_id == author_of(some_stream)
