"""What is planned comes due by the agenda: that it begins, that its grace is over, and the letter the day before."""

from services.membership.ritual import commands, events
from services.membership.ritual.decider import RITUAL
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


def when_occurrence_planned_reach_its_moments(fact: Fact) -> list[At]:
    planned: events.OccurrencePlanned = fact.body
    moments = (planned.planned_at, planned.closes_at)
    return [At(due, Ask(RITUAL, fact.stream_id, commands.ReachMoment(due))) for due in moments]


def when_occurrence_planned_remind_staff(fact: Fact) -> list[At]:
    planned: events.OccurrencePlanned = fact.body
    if planned.remind_at is None:
        return []
    remind = commands.RemindStaff(planned.on, planned.planned_at)
    return [At(planned.remind_at, Ask(RITUAL, fact.stream_id, remind))]


REACTIONS = (
    Reaction(
        name="membership.ritual.when_occurrence_planned_reach_its_moments",
        to=events.OccurrencePlanned,
        react=when_occurrence_planned_reach_its_moments,
    ),
    Reaction(
        name="membership.ritual.when_occurrence_planned_remind_staff",
        to=events.OccurrencePlanned,
        react=when_occurrence_planned_remind_staff,
    ),
)
