"""New rules are applied to everybody at once, and after that once a day."""

from services.membership.recognition_rules import commands, events
from services.membership.recognition_rules.decider import RECOGNITION_ROUNDS, rounds_stream
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


def when_rules_set_begin_round(fact: Fact) -> list[Ask]:
    told: events.RecognitionRulesSet = fact.body
    anew = commands.BeginRoundAnew(fact.at, goes_on=bool(told.rules.levels))
    return [Ask(RECOGNITION_ROUNDS, rounds_stream(fact.community_id), anew)]


def when_round_begun_begin_next(fact: Fact) -> list[At]:
    due = fact.body.next_due
    if due is None:
        return []
    return [At(due, Ask(RECOGNITION_ROUNDS, fact.stream_id, commands.BeginRound(due)))]


REACTIONS = (
    Reaction(
        "membership.recognition_rules.when_rules_set_begin_round",
        events.RecognitionRulesSet,
        when_rules_set_begin_round,
    ),
    Reaction(
        "membership.recognition_rules.when_round_begun_begin_next",
        events.RecognitionRoundBegun,
        when_round_begun_begin_next,
    ),
)
