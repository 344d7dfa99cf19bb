from datetime import date, timedelta
from uuid import UUID

from services.membership.activity.commands import RecordAttendance
from services.membership.activity.reactions import when_occurrence_held_record_attendance
from services.membership.notice.reactions import when_staff_reminded_of_ritual_find_staff
from services.membership.ritual import commands, events
from services.membership.ritual.decider import RITUAL
from services.membership.ritual.reactions import (
    when_occurrence_planned_reach_its_moments,
    when_occurrence_planned_remind_staff,
)
from shared.ids import Label, PersonId
from shared.reaction import Ask, At
from tests.unit.membership.facts import fact, noon, some_stream

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
sunday, day = date(2026, 3, 1), timedelta(days=1)
planned = events.OccurrencePlanned(sunday, noon, noon + day, noon - day)


def test_what_is_planned_begins_and_is_over_by_the_clock() -> None:
    assert when_occurrence_planned_reach_its_moments(fact(planned)) == [
        At(due, Ask(RITUAL, some_stream, commands.ReachMoment(due))) for due in (noon, noon + day)
    ]


def test_staff_are_reminded_where_they_want_to_be() -> None:
    remind = commands.RemindStaff(sunday, noon)
    assert when_occurrence_planned_remind_staff(fact(planned)) == [
        At(noon - day, Ask(RITUAL, some_stream, remind))
    ]
    silent = events.OccurrencePlanned(sunday, noon, noon + day, None)
    assert when_occurrence_planned_remind_staff(fact(silent)) == []


def test_the_letter_is_worth_nothing_once_it_has_begun() -> None:
    reminded = events.StaffReminded(Label("Questions"), sunday, noon)
    (call,) = when_staff_reminded_of_ritual_find_staff(fact(reminded))
    assert getattr(call.action, "until", None) == noon


def test_who_was_there_has_taken_part_once() -> None:
    held = fact(events.OccurrenceHeld(sunday, noon, 5, (ada, bob), corrected=False))
    (call,) = when_occurrence_held_record_attendance(held)
    assert isinstance(call.action, RecordAttendance)
    assert [signal.person_id for signal in call.action.signals] == [ada, bob]
    assert len({signal.signal_id for signal in call.action.signals}) == 2
    assert [call] == when_occurrence_held_record_attendance(held)
    nobody = events.OccurrenceHeld(sunday, noon, 5, (), corrected=False)
    assert when_occurrence_held_record_attendance(fact(nobody)) == []
