"""What is free ends on a day that everybody was told of long before, not earlier than told, and not once called off."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from services.membership.transition import commands, events
from services.membership.transition.events import Plan
from shared.decider import Decider, NotFound, Rejected
from shared.ids import PersonId, derive

SHORTEST_NOTICE = timedelta(days=30)
LONGEST_AHEAD = timedelta(days=366)
MOST_FOUNDERS = 5_000
AT_ONCE = 200

Phase = Literal["announced", "called_off", "carried_out"]


@dataclass(frozen=True, slots=True)
class Transition:
    """The last that was announced; another may follow once it is over."""

    transition_id: UUID
    plan: Plan
    phase: Phase = "announced"
    recalled: bool = False
    founders: tuple[PersonId, ...] = ()

    def waits_for(self, transition_id: UUID, day: datetime) -> bool:
        """Whether it is this one, and its day still that one, and to come."""
        is_it = self.transition_id == transition_id and self.phase == "announced"
        return is_it and self.plan.effective_from == day


def stream_of(community_id: UUID) -> UUID:
    return derive(community_id, "transition")


def decide(
    command: commands.TransitionCommand, transition: Transition | None
) -> list[events.TransitionEvent]:
    match command:
        case commands.AnnounceTransition():
            return _announce(command, transition)
        case commands.PostponeTransition() | commands.CallOffTransition() if transition is None:
            raise NotFound("transition_not_found", "Nothing of the kind was announced.")
        case _ if transition is None:
            return []
        case commands.PostponeTransition():
            return _postpone(command, transition)
        case commands.CallOffTransition(at):
            return _call_off(at, transition)
        case commands.RecallTransition(transition_id, day):
            is_due = transition.waits_for(transition_id, day) and not transition.recalled
            return [events.TransitionRecalled(transition_id, transition.plan)] if is_due else []
        case commands.CarryOutTransition(transition_id, day):
            is_due = transition.waits_for(transition_id, day)
            return [events.TransitionCarriedOut(transition_id, transition.plan)] if is_due else []
        case _:
            assert_never(command)


def _announce(
    asked: commands.AnnounceTransition, before: Transition | None
) -> list[events.TransitionEvent]:
    insist_on_possible(asked.plan, asked.at)
    if before is not None and before.phase == "announced":
        raise Rejected("transition_underway", "Another is announced: call it off, or wait for it.")
    if asked.seen != asked.fingerprint:
        raise Rejected("preview_stale", "It would be about others by now: look again.")
    if len(asked.founders) > MOST_FOUNDERS:
        raise Rejected("too_many", "Not so many.", pointer="/founders", most=MOST_FOUNDERS)
    transition_id, plan, people = asked.transition_id, asked.plan, asked.founders
    parts = [people[begin : begin + AT_ONCE] for begin in range(0, len(people), AT_ONCE)]
    return [
        events.TransitionAnnounced(transition_id, plan, len(people)),
        *(
            events.FoundersNamed(transition_id, number, plan, part)
            for number, part in enumerate(parts, 1)
        ),
    ]


def insist_on_possible(plan: Plan, at: datetime) -> None:
    """Rejected where not everybody could be told in time."""
    _insist_on_day(plan.effective_from, at + SHORTEST_NOTICE, at)


def _insist_on_day(day: datetime, earliest: datetime, at: datetime) -> None:
    latest = at + LONGEST_AHEAD
    if not earliest <= day <= latest:
        raise Rejected(
            "notice_out_of_range",
            "People are told in time, and not years before.",
            pointer="/effective_from",
            earliest=earliest.isoformat(),
            latest=latest.isoformat(),
        )


def _postpone(
    asked: commands.PostponeTransition, transition: Transition
) -> list[events.TransitionEvent]:
    _insist_on_waiting(transition, asked.at)
    day = transition.plan.effective_from
    if asked.effective_from == day:
        return []
    _insist_on_day(asked.effective_from, day, asked.at)
    plan = replace(transition.plan, effective_from=asked.effective_from)
    return [events.TransitionPostponed(transition.transition_id, plan)]


def _call_off(at: datetime, transition: Transition) -> list[events.TransitionEvent]:
    if transition.phase == "called_off":
        return []
    _insist_on_waiting(transition, at)
    return [events.TransitionCalledOff(transition.transition_id, transition.plan)]


def _insist_on_waiting(transition: Transition, at: datetime) -> None:
    if transition.phase == "called_off":
        raise Rejected("transition_called_off", "It was called off.")
    if transition.phase == "carried_out" or at >= transition.plan.effective_from:
        raise Rejected("transition_in_force", "Its day has come.")


def evolve(transition: Transition | None, event: events.TransitionEvent) -> Transition | None:
    match event:
        case events.TransitionAnnounced(transition_id, plan):
            return Transition(transition_id, plan)
        case _ if transition is None:
            return None
        case events.FoundersNamed(people=people):
            return replace(transition, founders=transition.founders + people)
        case events.TransitionPostponed(_, plan):
            return replace(transition, plan=plan, recalled=False)
        case events.TransitionRecalled():
            return replace(transition, recalled=True)
        case events.TransitionCalledOff():
            return replace(transition, phase="called_off")
        case events.TransitionCarriedOut():
            return replace(transition, phase="carried_out")
        case _:
            assert_never(event)


TRANSITION: Decider[commands.TransitionCommand, Transition | None, events.TransitionEvent] = (
    Decider(
        "transition",
        initial=None,
        decide=decide,
        evolve=evolve,
        commands=commands.TransitionCommand,
        events=events.TransitionEvent,
    )
)
