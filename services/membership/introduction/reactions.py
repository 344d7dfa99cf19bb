"""A wish lapses by the clock, and an introduction ends when one of the two is no member any more."""

from services.membership.acquaintance.events import AcquaintancesLeft
from services.membership.introduction import commands, events
from services.membership.introduction.decider import INTRODUCTION
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


def when_introduction_asked_lapse(fact: Fact) -> list[At]:
    asked: events.IntroductionAsked = fact.body
    lapse = commands.LapseIntroduction(asked.number)
    return [At(asked.lapses_at, Ask(INTRODUCTION, fact.stream_id, lapse))]


def when_acquaintances_left_end(fact: Fact) -> list[Ask]:
    left: AcquaintancesLeft = fact.body
    end = commands.EndIntroduction(left.cause)
    return [Ask(INTRODUCTION, introduction_id, end) for introduction_id in left.introductions]


REACTIONS = (
    Reaction(
        "membership.introduction.when_introduction_asked_lapse",
        events.IntroductionAsked,
        when_introduction_asked_lapse,
    ),
    Reaction(
        "membership.introduction.when_acquaintances_left_end",
        AcquaintancesLeft,
        when_acquaintances_left_end,
    ),
)
