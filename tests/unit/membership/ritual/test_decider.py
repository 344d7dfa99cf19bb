from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.membership.ritual import commands, events
from services.membership.ritual.decider import (
    CORRECTION,
    MOST_ATTENDED,
    MOST_GRACE,
    MOST_PEOPLE,
    MOST_RITUALS,
    RITUAL,
    Ritual,
    is_for,
    moments,
)
from services.membership.ritual.events import Plan
from services.membership.tier.events import TierId
from shared.ids import Code, Label, PersonId
from shared.testing import Scenario, given

ada, bob = PersonId(UUID(int=1)), PersonId(UUID(int=2))
gold, silver = TierId(UUID(int=3)), TierId(UUID(int=4))
hour, day, week = timedelta(hours=1), timedelta(days=1), timedelta(days=7)

plan = Plan(
    name=Label("Questions and answers"),
    rule=Code("FREQ=WEEKLY;BYDAY=FR"),
    local_time=Code("18:00"),
    time_zone=Code("Europe/Paris"),
    starts_on=date(2026, 1, 1),
    until=None,
    grace_hours=24,
)
monday = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
friday = date(2026, 1, 9)
begins = datetime(2026, 1, 9, 17, 0, tzinfo=UTC)
closes = begins + day
now = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def planned(week_: int, of: Plan = plan) -> events.OccurrencePlanned:
    """The Friday so many weeks after the first; all in winter."""
    at = begins + week_ * week
    eve = at - day if of.reminded else None
    return events.OccurrencePlanned(
        friday + week_ * week, at, at + of.grace_hours * hour, remind_at=eve
    )


def began(week_: int) -> events.OccurrenceBegan:
    return events.OccurrenceBegan(friday + week_ * week)


def missed(week_: int) -> events.OccurrenceMissed:
    return events.OccurrenceMissed(friday + week_ * week, begins + week_ * week)


def held(
    attended: int = 3, people: tuple[PersonId, ...] = (), *, corrected: bool = False
) -> events.OccurrenceHeld:
    return events.OccurrenceHeld(friday, begins, attended, people, corrected)


def hold(at: datetime, attended: int | None = 3, on: date = friday) -> commands.HoldOccurrence:
    return commands.HoldOccurrence(on, attended, (), at)


def skip(at: datetime, on: date = friday) -> commands.SkipOccurrence:
    return commands.SkipOccurrence(on, "holiday", at)


def skipped(week_: int = 0) -> events.OccurrenceSkipped:
    return events.OccurrenceSkipped(friday + week_ * week, begins + week_ * week, "holiday")


promised = events.RitualPromised(plan)
Given = Scenario[commands.RitualCommand, Ritual, events.RitualEvent]


def running(*more: events.RitualEvent) -> Given:
    return given(RITUAL, promised, planned(0), *more)


def begun(*more: events.RitualEvent) -> Given:
    return running(began(0), planned(1), *more)


def test_a_promise_plans_its_first_occurrence() -> None:
    promise = commands.PromiseRitual(plan, 0, monday - 4 * day)
    first = events.OccurrencePlanned(friday - week, begins - week, closes - week, None)
    given(RITUAL).when(promise).then(promised, first)
    given(RITUAL, promised, first).when(promise).then_nothing()


def test_an_occurrence_whose_time_has_come_today_is_not_promised_any_more() -> None:
    given(RITUAL).when(commands.PromiseRitual(replace(plan, starts_on=friday), 0, begins)).then(
        events.RitualPromised(replace(plan, starts_on=friday)), planned(1)
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(plan, rule=Code("FREQ=YEARLY")), "rule_not_offered"),
        (replace(plan, starts_on=now.date() - day), "in_the_past"),
        (replace(plan, until=plan.starts_on - day), "until_before_start"),
        (replace(plan, until=plan.starts_on), "nothing_to_come"),
        (replace(plan, starts_on=date(2999, 1, 1)), "nothing_to_come"),
        (replace(plan, grace_hours=0), "grace_out_of_range"),
        (replace(plan, grace_hours=MOST_GRACE + 1), "grace_out_of_range"),
        (replace(plan, tiers=(gold, gold)), "tier_twice"),
    ],
)
def test_what_can_not_be_promised(wrong: Plan, code: str) -> None:
    given(RITUAL).when(commands.PromiseRitual(wrong, 0, now)).then_rejected(code)
    running().when(commands.ChangeRitual(wrong, now)).then_rejected(code)


def test_a_community_has_not_too_many_rituals() -> None:
    ok = commands.PromiseRitual(plan, MOST_RITUALS - 1, now)
    given(RITUAL).when(replace(ok, others=MOST_RITUALS)).then_rejected("too_many_rituals")
    assert given(RITUAL).when(ok).refusal is None


def test_nothing_is_asked_of_a_ritual_nobody_promised() -> None:
    given(RITUAL).when(commands.PauseRitual(now)).then_rejected("ritual_not_found")


def test_when_one_begins_the_next_is_planned() -> None:
    running().when(commands.ReachMoment(begins - timedelta(microseconds=1))).then_nothing()
    running().when(commands.ReachMoment(begins)).then(began(0), planned(1))
    begun().when(commands.ReachMoment(begins)).then_nothing()


def test_what_nobody_marked_is_missed_when_its_grace_is_over() -> None:
    begun().when(commands.ReachMoment(closes - timedelta(microseconds=1))).then_nothing()
    begun().when(commands.ReachMoment(closes)).then(missed(0))
    begun(missed(0)).when(commands.ReachMoment(closes)).then_nothing()


def test_what_came_due_meanwhile_comes_due_in_its_order_and_once() -> None:
    late = commands.ReachMoment(begins + 2 * week + hour)
    caught_up: list[events.RitualEvent] = [
        began(0),
        planned(1),
        missed(0),
        began(1),
        planned(2),
        missed(1),
    ]
    caught_up += [began(2), planned(3)]
    running().when(late).then(*caught_up)
    running(*caught_up).when(late).then_nothing()


def test_a_grace_longer_than_the_rule_leaves_several_open() -> None:
    daily = replace(plan, rule=Code("FREQ=DAILY"), grace_hours=48)
    promise = commands.PromiseRitual(daily, 0, now)
    # the first, 1 January 17:00 UTC, is over at 17:00 on the 3rd: that day's begins first
    outcome = given(RITUAL).when(promise, commands.ReachMoment(now + 2 * day + 6 * hour))
    kinds = [type(event).__name__.removeprefix("Occurrence") for event in outcome.events]
    assert kinds == ["Began", "Planned"] * 3 + ["Missed"]


def test_one_is_held_from_its_time_on() -> None:
    running().when(hold(begins - hour)).then_rejected("occurrence_to_come")
    running().when(hold(begins)).then(began(0), planned(1), held())
    begun().when(hold(begins + hour)).then(held())


def test_one_is_decided_once() -> None:
    begun(held()).when(hold(begins + hour)).then_rejected("occurrence_decided")
    begun(held()).when(commands.ReachMoment(closes)).then_nothing()
    begun(held()).when(skip(begins + hour)).then_rejected("occurrence_begun")


def test_as_many_attended_as_are_told_or_named() -> None:
    named = replace(hold(begins, None), people=(ada, bob))
    begun().when(named).then(held(2, (ada, bob)))
    begun().when(replace(named, attended=5)).then(held(5, (ada, bob)))
    begun().when(hold(begins, 0)).then(held(0))
    begun().when(hold(begins, None)).then_rejected("attendance_needed")
    begun().when(replace(named, attended=1)).then_rejected("attended_out_of_range")
    begun().when(hold(begins, MOST_ATTENDED + 1)).then_rejected("attended_out_of_range")
    begun().when(replace(named, people=(ada, ada))).then_rejected("people_out_of_range")
    crowd = tuple(PersonId(UUID(int=number)) for number in range(MOST_PEOPLE + 1))
    begun().when(replace(named, people=crowd)).then_rejected("people_out_of_range")


def test_what_was_missed_can_be_corrected_for_seven_days() -> None:
    begun(missed(0)).when(hold(closes + hour)).then(held(corrected=True))
    in_time = begun(missed(0)).when(hold(closes + CORRECTION))
    assert held(corrected=True) in in_time.events
    late = hold(closes + CORRECTION + timedelta(microseconds=1))
    begun(missed(0)).when(late).then_rejected("occurrence_over")
    begun(missed(0), held(corrected=True)).when(hold(closes + hour)).then_rejected(
        "occurrence_decided"
    )


def test_who_marks_it_before_the_clock_is_heard_corrects_it_all_the_same() -> None:
    begun().when(hold(closes + hour)).then(missed(0), held(corrected=True))


def test_long_after_nothing_is_held() -> None:
    late = hold(begins + 5 * week)
    running().when(late).then_rejected("occurrence_over")


def test_a_day_without_an_occurrence_is_not_held() -> None:
    thursday = friday - day
    begun().when(hold(begins, on=thursday)).then_rejected("occurrence_not_found")
    begun().when(hold(begins, on=friday + 4 * week)).then_rejected("occurrence_not_found")


def test_the_next_is_skipped_and_the_one_after_it_planned() -> None:
    running().when(skip(begins - hour)).then(skipped(), planned(1))
    again = running(skipped(), planned(1))
    again.when(skip(begins - hour)).then_rejected("occurrence_decided")
    again.when(commands.ReachMoment(begins)).then_nothing()
    again.when(hold(begins)).then_rejected("occurrence_decided")


def test_a_later_one_is_skipped_and_never_planned() -> None:
    running().when(skip(begins - hour, friday + week)).then(skipped(1))
    running(skipped(1)).when(commands.ReachMoment(begins)).then(began(0), planned(2))


def test_what_has_begun_or_is_never_due_is_not_skipped() -> None:
    running().when(skip(begins)).then_rejected("occurrence_begun")
    running().when(skip(monday, friday - day)).then_rejected("occurrence_not_found")
    running().when(skip(monday, friday - week)).then_rejected("occurrence_not_found")
    running().when(skip(monday, friday + 60 * week)).then_rejected("occurrence_not_found")
    running().when(skip(monday, date.max)).then_rejected("occurrence_not_found")


def test_a_change_holds_from_the_next_one_on() -> None:
    later = replace(plan, local_time=Code("20:00"))
    moved = replace(planned(1), planned_at=begins + week + 2 * hour)
    moved = replace(moved, closes_at=moved.planned_at + day)
    change = commands.ChangeRitual(later, begins + hour)
    begun().when(change).then(events.RitualChanged(later), moved)
    begun(events.RitualChanged(later), moved).when(hold(begins + hour)).then(held())
    begun().when(commands.ChangeRitual(plan, begins + hour)).then_nothing()


def test_a_change_keeps_the_first_day_or_names_one_to_come() -> None:
    other = replace(plan, starts_on=date(2026, 1, 2))
    running().when(commands.ChangeRitual(other, monday)).then_rejected("in_the_past")
    assert begun().when(commands.ChangeRitual(replace(plan, public=True), monday)).refusal is None


def test_a_pause_calls_off_what_has_not_begun() -> None:
    paused = events.RitualPaused()
    running().when(commands.PauseRitual(monday)).then(paused)
    running(paused).when(commands.PauseRitual(monday)).then_nothing()
    running(paused).when(commands.ReachMoment(closes)).then_nothing()
    running(paused).when(skip(monday)).then_rejected("ritual_paused")
    begun(paused).when(commands.ReachMoment(closes)).then(missed(0))


def test_it_goes_on_with_the_next_after_the_pause() -> None:
    resume = commands.ResumeRitual(begins + hour)
    running(events.RitualPaused()).when(resume).then(events.RitualResumed(), planned(1))
    running().when(commands.ResumeRitual(monday)).then_nothing()


def test_a_change_in_a_pause_plans_nothing_yet() -> None:
    other = replace(plan, public=True)
    change = commands.ChangeRitual(other, monday)
    running(events.RitualPaused()).when(change).then(events.RitualChanged(other))


def test_an_end_is_for_good_but_what_has_begun_is_decided_still() -> None:
    ended = events.RitualEnded("staff")
    begun().when(commands.EndRitual(begins + hour)).then(ended)
    over = begun(ended)
    over.when(commands.EndRitual(begins + hour)).then_nothing()
    for more in (
        commands.ResumeRitual(begins),
        commands.PauseRitual(begins),
        commands.ChangeRitual(replace(plan, public=True), begins),
        skip(begins, friday + week),
    ):
        over.when(more).then_rejected("ritual_ended")
    over.when(hold(begins + hour)).then(held())
    over.when(commands.ReachMoment(closes + week)).then(missed(0))


def test_it_ends_by_itself_when_no_day_is_left() -> None:
    last = replace(plan, until=friday)
    history = (events.RitualPromised(last), planned(0))
    given(RITUAL, *history).when(commands.ReachMoment(begins)).then(
        began(0), events.RitualEnded("completed")
    )
    given(RITUAL, *history).when(skip(monday)).then(skipped(), events.RitualEnded("completed"))


def test_staff_are_reminded_the_day_before_once() -> None:
    told = replace(plan, reminded=True)
    history = (events.RitualPromised(told), planned(0, told))
    remind = commands.RemindStaff(friday, begins)
    reminded = events.StaffReminded(plan.name, friday, begins)
    given(RITUAL, *history).when(remind).then(reminded)
    given(RITUAL, *history, reminded).when(remind).then_nothing()
    given(RITUAL, *history, events.RitualPaused()).when(remind).then_nothing()
    given(RITUAL, *history, skipped(), planned(1, told)).when(remind).then_nothing()
    soon = commands.PromiseRitual(replace(told, starts_on=friday), 0, begins - 23 * hour)
    (_, first) = given(RITUAL).when(soon).events
    assert first == replace(planned(0, told), remind_at=None)


def test_a_year_of_weeks_keeps_its_wall_clock_time_and_stays_small() -> None:
    start = datetime(2026, 1, 8, tzinfo=UTC)
    promise = commands.PromiseRitual(replace(plan, starts_on=start.date()), 0, start)
    year = commands.ReachMoment(start + 52 * week)
    found = given(RITUAL).when(promise, year).events
    times = [event.planned_at for event in found if isinstance(event, events.OccurrenceMissed)]
    assert len([event for event in found if isinstance(event, events.OccurrenceBegan)]) == 52
    assert len(times) == 52
    assert {at.hour for at in times} == {16, 17}
    assert {at.astimezone(ZoneInfo("Europe/Paris")).hour for at in times} == {18}
    assert len(RITUAL.fold(found, RITUAL.fold([promised])).begun) <= 3


def test_who_may_know_of_it() -> None:
    for_gold = replace(plan, tiers=(gold,))
    assert is_for(plan, is_member=True, tiers=frozenset())
    assert not is_for(plan, is_member=False, tiers=frozenset())
    assert is_for(replace(plan, public=True), is_member=False, tiers=frozenset())
    assert is_for(for_gold, is_member=True, tiers=frozenset((gold,)))
    assert not is_for(for_gold, is_member=True, tiers=frozenset((silver,)))


def test_moments_to_come_are_within_the_time_asked_for() -> None:
    found = moments(plan, begins, begins + 2 * week)
    assert found == [(friday + week, begins + week)]
    this_morning = begins - 9 * hour
    assert moments(plan, this_morning, begins + hour) == [(friday, begins)]
