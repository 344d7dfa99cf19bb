"""A promise falls due by its rule, and each occurrence is decided once: held, skipped beforehand, or missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, assert_never

from services.membership.recurrence import day_of, days, is_offered, moment
from services.membership.ritual import commands, events
from services.membership.ritual.events import Plan
from services.membership.tier.events import TierId
from shared.decider import Decider, NotFound, Rejected

MOST_RITUALS = 100
MOST_GRACE = 24 * 7
MOST_ATTENDED = 1_000_000
MOST_PEOPLE = 500
CORRECTION = timedelta(days=7)
AHEAD = timedelta(days=366)
DAY = timedelta(days=1)

Phase = Literal["running", "paused", "ended"]
Standing = Literal["begun", "held", "missed"]
Events = list[events.RitualEvent]


@dataclass(frozen=True, slots=True)
class Occurrence:
    on: date
    planned_at: datetime
    closes_at: datetime
    standing: Standing = "begun"


@dataclass(frozen=True, slots=True)
class Ritual:
    """`begun` are the occurrences that can still be decided or corrected, and a little longer; `last` the newest day.

    Up to the day `over` they can not be any more.
    """

    plan: Plan | None = None
    phase: Phase = "running"
    upcoming: events.OccurrencePlanned | None = None
    begun: tuple[Occurrence, ...] = ()
    skipped: frozenset[date] = frozenset()
    last: date = date.min
    over: date = date.min
    reminded: date = date.min


def is_for(plan: Plan, *, is_member: bool, tiers: frozenset[TierId]) -> bool:
    """Whether this person is promised it, or may know of it as everybody does."""
    is_promised = is_member and (not plan.tiers or not tiers.isdisjoint(plan.tiers))
    return plan.public or is_promised


def moments(plan: Plan, after: datetime, before: datetime) -> list[tuple[date, datetime]]:
    """When it falls due in this time by its rule, whatever has been said of single days."""
    found = []
    yesterday = day_of(after, plan.time_zone) - DAY
    for on in days(plan.rule, plan.starts_on, plan.until, yesterday):
        planned_at = moment(on, plan.local_time, plan.time_zone)
        if planned_at >= before:
            break
        if planned_at > after:
            found.append((on, planned_at))
    return found


def decide(command: commands.RitualCommand, ritual: Ritual) -> Events:
    """What has come due by the time of the command has happened before it, however late anybody noticed."""
    plan = ritual.plan
    if isinstance(command, commands.PromiseRitual):
        return [] if plan else _promise(command)
    if plan is None:
        raise NotFound("ritual_not_found", "There is no such ritual.")
    if isinstance(command, commands.RemindStaff):
        return _remind(command, plan, ritual)
    due = _due(ritual, command.at)
    ritual = RITUAL.fold(due, ritual)
    match command:
        case commands.ReachMoment():
            return due
        case commands.HoldOccurrence():
            return [*due, _held(command, ritual)]
        case commands.EndRitual():
            return due if ritual.phase == "ended" else [*due, events.RitualEnded("staff")]
        case _ if ritual.phase == "ended":
            raise Rejected("ritual_ended", "It has ended.")
        case commands.ChangeRitual(changed, at):
            return [*due, *_change(changed, plan, at, ritual)]
        case commands.PauseRitual():
            return due if ritual.phase == "paused" else [*due, events.RitualPaused()]
        case commands.ResumeRitual(at):
            is_running = ritual.phase == "running"
            return due if is_running else [*due, events.RitualResumed(), *_next(ritual, at)]
        case commands.SkipOccurrence():
            return [*due, *_skip(command, plan, ritual)]
        case _:
            assert_never(command)


def _due(ritual: Ritual, at: datetime) -> Events:
    found: Events = []
    while following := _first_due(ritual, at):
        found += following
        ritual = RITUAL.fold(following, ritual)
    return found


def _first_due(ritual: Ritual, at: datetime) -> Events:
    coming = ritual.upcoming
    late = [one for one in ritual.begun if one.standing == "begun" and one.closes_at <= at]
    first = min(late, key=lambda one: one.closes_at, default=None)
    if coming and coming.planned_at <= min(at, first.closes_at if first else at):
        began = events.OccurrenceBegan(coming.on)
        return [began, *_next(evolve(ritual, began), coming.planned_at)]
    return [events.OccurrenceMissed(first.on, first.planned_at)] if first else []


def _next(ritual: Ritual, after: datetime) -> Events:
    """The next one is planned; a ritual for which no day is left has come to its end."""
    plan = ritual.plan
    found = plan and _first(plan, after, ritual)
    return [found or events.RitualEnded("completed")]


def _first(plan: Plan, after: datetime, ritual: Ritual) -> events.OccurrencePlanned | None:
    begin = max(day_of(after, plan.time_zone) - DAY, ritual.last)
    for on in days(plan.rule, plan.starts_on, plan.until, begin):
        planned_at = moment(on, plan.local_time, plan.time_zone)
        if planned_at > after and on not in ritual.skipped:
            eve = moment(on - DAY, plan.local_time, plan.time_zone)
            closes_at = planned_at + timedelta(hours=plan.grace_hours)
            reminder = eve if plan.reminded and eve >= after else None
            return events.OccurrencePlanned(on, planned_at, closes_at, reminder)
    return None


def _promise(promise: commands.PromiseRitual) -> Events:
    if promise.others >= MOST_RITUALS:
        detail = f"A community has at most {MOST_RITUALS} rituals."
        raise Rejected("too_many_rituals", detail, most=MOST_RITUALS)
    _check(promise.plan, promise.at)
    promised = events.RitualPromised(promise.plan)
    return [promised, _planned(promise.plan, promise.at, Ritual())]


def _change(changed: Plan, before: Plan, at: datetime, ritual: Ritual) -> Events:
    """While it is paused nothing is planned, but something could be."""
    if changed == before:
        return []
    _check(changed, at, before)
    planned = _planned(changed, at, ritual)
    return [events.RitualChanged(changed), *([planned] if ritual.phase == "running" else [])]


def _planned(plan: Plan, at: datetime, ritual: Ritual) -> events.OccurrencePlanned:
    planned = _first(plan, at, ritual)
    if planned is None:
        raise Rejected("nothing_to_come", "It falls on no day to come.", pointer="/rule")
    return planned


def _check(plan: Plan, at: datetime, before: Plan | None = None) -> None:
    if not is_offered(plan.rule):
        raise Rejected("rule_not_offered", "There is no such rule.", pointer="/rule")
    has_begun_so = before is not None and before.starts_on == plan.starts_on
    if plan.starts_on < day_of(at, plan.time_zone) and not has_begun_so:
        raise Rejected("in_the_past", "This day has passed.", pointer="/starts_on")
    if plan.until is not None and plan.until < plan.starts_on:
        raise Rejected("until_before_start", "It ends before it starts.", pointer="/until")
    if not 1 <= plan.grace_hours <= MOST_GRACE:
        raise Rejected(
            "grace_out_of_range", "Not so long.", pointer="/grace_hours", most=MOST_GRACE
        )
    if len(set(plan.tiers)) < len(plan.tiers):
        raise Rejected("tier_twice", "Each tier is named once.", pointer="/tiers")


def _skip(skip: commands.SkipOccurrence, plan: Plan, ritual: Ritual) -> Events:
    if ritual.phase == "paused":
        raise Rejected("ritual_paused", "Nothing is planned while it is paused.")
    if skip.on in ritual.skipped:
        raise _decided()
    if skip.on <= ritual.last:
        raise Rejected("occurrence_begun", "What has begun is not skipped any more.")
    if skip.on > day_of(skip.at + AHEAD, plan.time_zone):
        raise _unknown()
    planned_at = moment(skip.on, plan.local_time, plan.time_zone)
    falls = next(days(plan.rule, plan.starts_on, plan.until, skip.on - DAY), None) == skip.on
    if not falls or not skip.at < planned_at < skip.at + AHEAD:
        raise _unknown()
    skipped = events.OccurrenceSkipped(skip.on, planned_at, skip.reason)
    is_next = ritual.upcoming is not None and ritual.upcoming.on == skip.on
    return [skipped, *(_next(evolve(ritual, skipped), skip.at) if is_next else [])]


def _held(hold: commands.HoldOccurrence, ritual: Ritual) -> events.OccurrenceHeld:
    found = next((one for one in ritual.begun if one.on == hold.on), None)
    if found is None:
        raise _not_to_hold(hold.on, ritual)
    if found.standing == "held":
        raise _decided()
    if hold.at > found.closes_at + CORRECTION:
        raise _over()
    attended = len(hold.people) if hold.attended is None else hold.attended
    if hold.attended is None and not hold.people:
        raise Rejected("attendance_needed", "Say how many attended, or who.", pointer="/attended")
    if not len(hold.people) <= attended <= MOST_ATTENDED:
        raise Rejected("attended_out_of_range", "As many as are named.", pointer="/attended")
    if len(set(hold.people)) < len(hold.people) or len(hold.people) > MOST_PEOPLE:
        raise Rejected("people_out_of_range", "Each once.", pointer="/people", most=MOST_PEOPLE)
    was_missed = found.standing == "missed"
    return events.OccurrenceHeld(found.on, found.planned_at, attended, hold.people, was_missed)


def _not_to_hold(on: date, ritual: Ritual) -> Exception:
    if on in ritual.skipped:
        return _decided()
    if ritual.upcoming is not None and ritual.upcoming.on == on:
        return Rejected("occurrence_to_come", "It has not begun yet.")
    return _over() if on <= ritual.over else _unknown()


def _decided() -> Rejected:
    return Rejected("occurrence_decided", "It has been decided already.")


def _over() -> Rejected:
    return Rejected("occurrence_over", "It could be corrected for seven days.")


def _unknown() -> NotFound:
    return NotFound("occurrence_not_found", "Nothing is planned on this day.")


def _remind(remind: commands.RemindStaff, plan: Plan, ritual: Ritual) -> Events:
    coming = ritual.upcoming
    is_next = coming is not None and coming.planned_at == remind.planned_at
    if not is_next or remind.on <= ritual.reminded:
        return []
    return [events.StaffReminded(plan.name, remind.on, remind.planned_at)]


def evolve(ritual: Ritual, event: events.RitualEvent) -> Ritual:
    match event:
        case events.RitualPromised(plan):
            return Ritual(plan)
        case events.RitualChanged(plan):
            return replace(ritual, plan=plan)
        case events.RitualPaused():
            return replace(ritual, phase="paused", upcoming=None)
        case events.RitualResumed():
            return replace(ritual, phase="running")
        case events.RitualEnded():
            return replace(ritual, phase="ended", upcoming=None)
        case events.OccurrencePlanned():
            return replace(ritual, upcoming=event)
        case events.OccurrenceBegan(on):
            return _begun(on, ritual)
        case events.OccurrenceSkipped(on):
            is_next = ritual.upcoming is not None and ritual.upcoming.on == on
            upcoming = None if is_next else ritual.upcoming
            return replace(ritual, skipped=ritual.skipped | {on}, upcoming=upcoming)
        case events.OccurrenceHeld(on):
            return replace(ritual, begun=_with(ritual.begun, on, "held"))
        case events.OccurrenceMissed(on):
            return replace(ritual, begun=_with(ritual.begun, on, "missed"))
        case events.StaffReminded(_, on):
            return replace(ritual, reminded=on)
        case _:
            assert_never(event)


def _begun(on: date, ritual: Ritual) -> Ritual:
    """What can not be decided any more is forgotten, so that a promise for ever stays small."""
    coming = ritual.upcoming
    if coming is None:
        return ritual
    over = [one for one in ritual.begun if one.closes_at + CORRECTION < coming.planned_at]
    kept = [one for one in ritual.begun if one not in over]
    new = Occurrence(on, coming.planned_at, coming.closes_at)
    return replace(
        ritual,
        begun=(*kept, new),
        upcoming=None,
        skipped=frozenset(day for day in ritual.skipped if day > on - 2 * CORRECTION),
        last=on,
        over=max([ritual.over, *(one.on for one in over)]),
    )


def _with(begun: Sequence[Occurrence], on: date, standing: Standing) -> tuple[Occurrence, ...]:
    return tuple(replace(one, standing=standing) if one.on == on else one for one in begun)


RITUAL: Decider[commands.RitualCommand, Ritual, events.RitualEvent] = Decider(
    "ritual",
    initial=Ritual(),
    decide=decide,
    evolve=evolve,
    commands=commands.RitualCommand,
    events=events.RitualEvent,
)
