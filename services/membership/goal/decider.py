"""A member has one goal at a time, in their own words; once it is asked how it went, and only they answer."""

from dataclasses import dataclass, replace
from typing import assert_never
from uuid import UUID

from services.membership.goal import commands, events
from shared.decider import Decider, NotFound, Rejected
from shared.ids import derive


@dataclass(frozen=True, slots=True)
class Goal:
    """`number` counts all they ever told; `told` is the present one."""

    number: int = 0
    told: events.GoalSet | None = None
    asked: bool = False
    review: events.GoalReviewed | None = None

    @property
    def asks(self) -> events.Asks | None:
        """What the member is asked next: at the start for a goal, not again once they had one; in time how it went."""
        if self.number == 0:
            return "goal"
        return "review" if self.told and self.asked and self.review is None else None


def goal_stream(person_id: UUID) -> UUID:
    return derive(person_id, "goal")


def decide(command: commands.GoalCommand, goal: Goal) -> list[events.GoalEvent]:
    told = goal.told
    match command:
        case commands.SetGoal(person_id, words, member):
            if member != "joined":
                raise Rejected("not_a_member", "Goals are the members' own.")
            return [events.GoalSet(person_id, goal.number + 1, words)]
        case commands.ReviewGoal() if told is None:
            raise NotFound("goal_not_found", "You have told no goal.")
        case _ if told is None:
            return []
        case commands.AskForReview(number):
            is_due = number == goal.number and not goal.asked and goal.review is None
            return [events.GoalReviewAsked(told.person_id, number)] if is_due else []
        case commands.ReviewGoal(outcome, words):
            return [events.GoalReviewed(told.person_id, goal.number, outcome, words)]
        case commands.DropGoal():
            return [events.GoalDropped(told.person_id)]
        case _:
            assert_never(command)


def evolve(goal: Goal, event: events.GoalEvent) -> Goal:
    match event:
        case events.GoalSet(number=number):
            return Goal(number, event)
        case events.GoalReviewAsked():
            return replace(goal, asked=True)
        case events.GoalReviewed():
            return replace(goal, review=event)
        case events.GoalDropped():
            return Goal(goal.number)
        case _:
            assert_never(event)


GOAL: Decider[commands.GoalCommand, Goal, events.GoalEvent] = Decider(
    "goal",
    initial=Goal(),
    decide=decide,
    evolve=evolve,
    commands=commands.GoalCommand,
    events=events.GoalEvent,
)
