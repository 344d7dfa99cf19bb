"""A day that is known is waited for: a week before it somebody is reminded, and on it it is carried out."""

from datetime import timedelta

from services.membership.transition import commands, events
from services.membership.transition.decider import TRANSITION
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction

RECALLED_BEFORE = timedelta(days=7)


def when_day_known_wait_for_it(fact: Fact) -> list[At]:
    """A day that is put off is waited for as well, and then is no longer the one."""
    told: events.TransitionAnnounced | events.TransitionPostponed = fact.body
    transition_id, day = told.transition_id, told.plan.effective_from
    recall = commands.RecallTransition(transition_id, day)
    carry_out = commands.CarryOutTransition(transition_id, day)
    return [
        At(day - RECALLED_BEFORE, Ask(TRANSITION, fact.stream_id, recall)),
        At(day, Ask(TRANSITION, fact.stream_id, carry_out)),
    ]


REACTIONS = (
    Reaction(
        "membership.transition.when_announced_wait_for_day",
        events.TransitionAnnounced,
        when_day_known_wait_for_it,
    ),
    Reaction(
        "membership.transition.when_postponed_wait_for_day",
        events.TransitionPostponed,
        when_day_known_wait_for_it,
    ),
)
