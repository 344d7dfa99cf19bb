from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.membership.announcement import commands, events, reactions
from services.membership.announcement.decider import CIRCULAR, circular_of
from services.membership.idea.events import IdeaClosed
from services.membership.improvement.events import ImprovementWithdrawn
from services.membership.pacing import PAUSE, turns
from shared.ids import Code, Label, PersonId
from shared.reaction import Ask, At
from shared.testing import given
from tests.unit.membership.facts import fact, noon, some_stream

people = tuple(PersonId(UUID(int=number)) for number in range(1, 6))
template, content = Code("idea_answered"), events.Content(link=Label("/ideas"))
take = commands.TakeTurns(template, content, people, 2, noon)


def taken(number: int, minute: int, *who: PersonId) -> events.TurnTaken:
    return events.TurnTaken(number, template, content, who, noon + minute * PAUSE)


def released(number: int, *who: PersonId) -> events.TurnReleased:
    return events.TurnReleased(number, template, content, who)


three = (taken(1, 0, *people[:2]), taken(2, 1, *people[2:4]), taken(3, 2, people[4]))


def test_so_many_are_written_to_a_minute_in_their_order() -> None:
    given(CIRCULAR).when(take).then(*three)
    given(CIRCULAR).when(replace(take, people=())).then_nothing()
    assert turns(people, 5) == [people]


def test_a_turn_is_released_once() -> None:
    release = commands.ReleaseTurn(2)
    given(CIRCULAR, *three).when(release).then(released(2, *people[2:4]))
    given(CIRCULAR, *three, released(2, *people[2:4])).when(release).then_nothing()
    given(CIRCULAR).when(release).then_nothing()


def test_who_is_taken_later_waits_for_those_before_and_nobody_waits_for_who_was_long_ago() -> None:
    """The third minute has room for one more."""
    more = replace(take, people=people[:4])
    first, others = people[:1], people[1:3]
    given(CIRCULAR, *three).when(more).then(
        taken(4, 2, *first), taken(5, 3, *others), taken(6, 4, people[3])
    )
    full = (*three, taken(4, 2, *first))
    given(CIRCULAR, *full).when(replace(more, people=others)).then(taken(5, 3, *others))
    later = replace(more, people=others, at=noon + timedelta(hours=1))
    given(CIRCULAR, *three).when(later).then(taken(4, 60, *others))


def test_the_room_of_a_minute_that_has_begun_is_used_at_once() -> None:
    begun, now = taken(1, 0, people[0]), noon + timedelta(seconds=20)
    given(CIRCULAR, begun, released(1, people[0])).when(replace(take, at=now)).then(
        replace(taken(2, 0, people[0]), due=now),
        taken(3, 1, *people[1:3]),
        taken(4, 2, *people[3:]),
    )


def test_what_is_taken_back_is_told_to_nobody_more() -> None:
    stop, stopped = commands.StopCircular(), events.CircularStopped()
    first = released(1, *people[:2])
    given(CIRCULAR, *three, first).when(stop).then(stopped)
    given(CIRCULAR, *three, first, stopped).when(commands.ReleaseTurn(2)).then_nothing()
    given(CIRCULAR, *three, stopped).when(stop).then_nothing()
    given(CIRCULAR).when(stop).then_nothing()
    for gone in (IdeaClosed("hidden"), ImprovementWithdrawn()):
        asked = reactions.when_source_gone_stop_circular(fact(gone))
        assert asked == [Ask(CIRCULAR, circular_of(some_stream), stop)]


def test_a_turn_is_released_in_its_minute() -> None:
    release = Ask(CIRCULAR, some_stream, commands.ReleaseTurn(2))
    assert reactions.when_turn_taken_release_it(fact(three[1])) == [At(noon + PAUSE, release)]
