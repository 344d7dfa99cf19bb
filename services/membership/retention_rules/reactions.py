"""A round is followed by another a day later, while the rules forget anybody."""

from services.membership.retention_rules import commands, events
from services.membership.retention_rules.decider import RETENTION_RULES
from shared.event_store import Fact
from shared.reaction import Ask, At, Reaction


def when_round_begun_begin_next(fact: Fact) -> list[At]:
    begun: events.RetentionRoundBegun = fact.body
    if begun.next_due is None:
        return []
    begin = commands.BeginRetentionRound(begun.next_due)
    return [At(begun.next_due, Ask(RETENTION_RULES, fact.stream_id, begin))]


REACTIONS = (
    Reaction(
        "membership.retention_rules.when_round_begun_begin_next",
        events.RetentionRoundBegun,
        when_round_begun_begin_next,
    ),
)
