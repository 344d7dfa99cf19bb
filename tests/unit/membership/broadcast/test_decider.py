from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.membership.broadcast import commands, events
from services.membership.broadcast.decider import BROADCAST, author_of
from shared.ids import Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given

noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
later = noon + timedelta(hours=6)
texts = (events.Text("fr", Sealed(author_of(UUID(int=9)), "profile", Code("box"))),)
others = (events.Text("en", Sealed(author_of(UUID(int=9)), "profile", Code("other"))),)
everybody = events.Segment()
gold = events.Segment(access="live")
people = tuple(PersonId(UUID(int=number)) for number in range(1, 6))

drafted = events.BroadcastDrafted(texts, everybody)
scheduled = events.BroadcastScheduled(later)
started = events.BroadcastStarted()
taken = (
    events.AudienceTaken(1, people[:2]),
    events.AudienceTaken(2, people[2:4]),
    events.AudienceTaken(3, people[4:]),
)
fixed = (*taken, events.AudienceFixed(5))
sending = (drafted, scheduled, started, *fixed)


def test_a_draft_reaches_nobody() -> None:
    given(BROADCAST).when(commands.DraftBroadcast(texts, everybody)).then(drafted)
    given(BROADCAST, drafted).when(commands.ReleaseCopies(1)).then_nothing()
    given(BROADCAST, drafted).when(commands.FixAudience(people, 2)).then_nothing()


def test_a_draft_asked_for_twice_is_one() -> None:
    given(BROADCAST, drafted).when(commands.DraftBroadcast(texts, everybody)).then_nothing()


def test_what_nobody_drafted_is_not_found() -> None:
    given(BROADCAST).when(commands.CancelBroadcast()).then_rejected("announcement_not_found")


def test_it_may_be_written_anew_until_it_begins_to_go_out() -> None:
    revise = commands.ReviseBroadcast(others, gold)
    given(BROADCAST, drafted).when(revise).then(events.BroadcastRevised(others, gold))
    given(BROADCAST, drafted, scheduled).when(revise).then(events.BroadcastRevised(others, gold))
    given(BROADCAST, drafted, scheduled, started).when(revise).then_rejected("announcement_closed")
    given(BROADCAST, drafted, events.BroadcastCancelled()).when(revise).then_rejected(
        "announcement_closed"
    )


def test_it_is_scheduled_for_now_or_later() -> None:
    given(BROADCAST, drafted).when(commands.ScheduleBroadcast(later, noon)).then(scheduled)
    given(BROADCAST, drafted).when(commands.ScheduleBroadcast(noon, noon)).then(
        events.BroadcastScheduled(noon)
    )
    given(BROADCAST, drafted).when(commands.ScheduleBroadcast(noon, later)).then_rejected(
        "in_the_past"
    )


def test_another_time_takes_the_place_of_the_first() -> None:
    sooner = events.BroadcastScheduled(noon)
    given(BROADCAST, drafted, scheduled).when(
        commands.ScheduleBroadcast(later, noon)
    ).then_nothing()
    given(BROADCAST, drafted, scheduled).when(commands.ScheduleBroadcast(noon, noon)).then(sooner)
    both = given(BROADCAST, drafted, scheduled, sooner)
    both.when(commands.StartBroadcast(later)).then_nothing()
    both.when(commands.StartBroadcast(noon)).then(started)


def test_it_starts_once() -> None:
    given(BROADCAST, drafted, scheduled).when(commands.StartBroadcast(later)).then(started)
    given(BROADCAST, drafted, scheduled, started).when(
        commands.StartBroadcast(later)
    ).then_nothing()
    given(BROADCAST, *sending).when(commands.ScheduleBroadcast(later, noon)).then_rejected(
        "announcement_closed"
    )


def test_who_is_meant_is_fixed_once_in_turns_of_a_minute() -> None:
    given(BROADCAST, drafted, scheduled, started).when(commands.FixAudience(people, 2)).then(*fixed)
    given(BROADCAST, *sending).when(commands.FixAudience(people[:1], 2)).then_nothing()


def test_when_nobody_is_meant_it_is_done() -> None:
    given(BROADCAST, drafted, scheduled, started).when(commands.FixAudience((), 2)).then(
        events.AudienceFixed(0), events.BroadcastCompleted()
    )


def test_each_turn_is_released_once_and_in_order() -> None:
    first = events.CopiesReleased(1, people[:2])
    second = events.CopiesReleased(2, people[2:4])
    given(BROADCAST, *sending).when(commands.ReleaseCopies(1)).then(first)
    given(BROADCAST, *sending).when(commands.ReleaseCopies(2)).then_nothing()
    given(BROADCAST, *sending, first).when(commands.ReleaseCopies(1)).then_nothing()
    given(BROADCAST, *sending, first, second).when(commands.ReleaseCopies(3)).then(
        events.CopiesReleased(3, people[4:]), events.BroadcastCompleted()
    )


def test_nothing_is_released_after_the_last() -> None:
    whole = (drafted, scheduled, started, taken[0], events.AudienceFixed(2))
    done = (*whole, events.CopiesReleased(1, people[:2]), events.BroadcastCompleted())
    given(BROADCAST, *done).when(commands.ReleaseCopies(2)).then_nothing()


def test_it_is_stopped_before_and_while_it_goes_out() -> None:
    cancelled = events.BroadcastCancelled()
    given(BROADCAST, drafted).when(commands.CancelBroadcast()).then(cancelled)
    given(BROADCAST, drafted, scheduled).when(commands.CancelBroadcast()).then(cancelled)
    given(BROADCAST, *sending).when(commands.CancelBroadcast()).then(cancelled)
    given(BROADCAST, *sending, cancelled).when(commands.CancelBroadcast()).then_nothing()
    given(BROADCAST, *sending, cancelled).when(commands.ReleaseCopies(1)).then_nothing()
    given(BROADCAST, drafted, scheduled, cancelled).when(
        commands.StartBroadcast(later)
    ).then_nothing()


def test_what_has_gone_out_cannot_be_stopped() -> None:
    given(
        BROADCAST, drafted, scheduled, started, events.AudienceFixed(0), events.BroadcastCompleted()
    ).when(commands.CancelBroadcast()).then_rejected("announcement_sent")


def test_a_text_is_forgotten_once_nobody_is_written_to_any_more() -> None:
    cancelled, gone = events.BroadcastCancelled(), events.TextForgotten()
    given(BROADCAST, drafted).when(commands.ForgetText()).then_rejected("announcement_open")
    given(BROADCAST, *sending).when(commands.ForgetText()).then_rejected("announcement_open")
    given(BROADCAST, drafted, cancelled).when(commands.ForgetText()).then(gone)
    given(BROADCAST, drafted, cancelled, gone).when(commands.ForgetText()).then_nothing()
