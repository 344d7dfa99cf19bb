"""A community keeps everybody until it says otherwise; those who are gone are looked at then, and once a day."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.membership import keeping
from services.membership.retention_rules import commands, events
from services.membership.retention_rules.events import KeepingRules
from shared.decider import Decider
from shared.ids import derive


@dataclass(frozen=True, slots=True)
class Keeping:
    """`version` 0: nobody has written any rules yet. `next_due` is when those who are gone are looked at again."""

    version: int = 0
    rules: KeepingRules = keeping.EVERYBODY_IS_KEPT
    rounds: int = 0
    next_due: datetime | None = None


def keeping_stream(community_id: UUID) -> UUID:
    return derive(community_id, "retention_rules")


def decide(
    command: commands.RetentionRulesCommand, now: Keeping
) -> list[events.RetentionRulesEvent]:
    match command:
        case commands.SetRetentionRules(rules, at):
            keeping.insist_on_sense(rules)
            if rules == now.rules:
                return []
            written = events.RetentionRulesSet(now.version + 1, rules)
            return [written, _round(evolve(now, written), at)]
        case commands.BeginRetentionRound(due):
            return [_round(now, due)] if due == now.next_due else []
        case _:
            assert_never(command)


def _round(now: Keeping, due: datetime) -> events.RetentionRoundBegun:
    """By rules that forget nobody it is the last, which calls off what was told."""
    following = due + keeping.EVERY if keeping.forgets(now.rules) else None
    return events.RetentionRoundBegun(now.rounds + 1, due, now.version, following)


def evolve(now: Keeping, event: events.RetentionRulesEvent) -> Keeping:
    match event:
        case events.RetentionRulesSet(version, rules):
            return replace(now, version=version, rules=rules)
        case events.RetentionRoundBegun(number, next_due=next_due):
            return replace(now, rounds=number, next_due=next_due)
        case _:
            assert_never(event)


RETENTION_RULES: Decider[commands.RetentionRulesCommand, Keeping, events.RetentionRulesEvent] = (
    Decider(
        "retention_rules",
        initial=Keeping(),
        decide=decide,
        evolve=evolve,
        commands=commands.RetentionRulesCommand,
        events=events.RetentionRulesEvent,
    )
)
