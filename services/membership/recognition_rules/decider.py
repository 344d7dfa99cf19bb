"""A community has one set of rules, in versions; everybody is looked at when they change, and then once a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from services.membership import ladder
from services.membership.recognition_rules import commands, events
from services.membership.recognition_rules.events import Rules
from shared.decider import Decider
from shared.ids import derive

NO_RULES = Rules(window_days=30, weights=(), levels=(), protected_days=0)


@dataclass(frozen=True, slots=True)
class Decided:
    """`version` 0: nobody has written any yet."""

    version: int = 0
    rules: Rules = NO_RULES


def rules_stream(community_id: UUID) -> UUID:
    return derive(community_id, "recognition_rules")


def decide(
    command: commands.RecognitionRulesCommand, decided: Decided
) -> list[events.RecognitionRulesEvent]:
    ladder.insist_on_sense(command.rules)
    if command.rules == decided.rules:
        return []
    return [events.RecognitionRulesSet(decided.version + 1, command.rules)]


def evolve(_decided: Decided, event: events.RecognitionRulesEvent) -> Decided:
    return Decided(event.version, event.rules)


RECOGNITION_RULES: Decider[
    commands.RecognitionRulesCommand, Decided, events.RecognitionRulesEvent
] = Decider(
    "recognition_rules",
    initial=Decided(),
    decide=decide,
    evolve=evolve,
    commands=commands.RecognitionRulesCommand,
    events=events.RecognitionRulesEvent,
)


@dataclass(frozen=True, slots=True)
class Rounds:
    number: int = 0
    due: datetime | None = None


def rounds_stream(community_id: UUID) -> UUID:
    return derive(community_id, "recognition_rounds")


def decide_round(
    command: commands.RecognitionRoundCommand, rounds: Rounds
) -> list[events.RecognitionRoundEvent]:
    """A round that was due before the rules changed is never begun: theirs took its place."""
    number = rounds.number + 1
    match command:
        case commands.BeginRoundAnew(at, goes_on):
            following = at + ladder.DAY if goes_on else None
            return [events.RecognitionRoundBegun(number, at, by_rules=True, next_due=following)]
        case commands.BeginRound(due) if due == rounds.due:
            begun = events.RecognitionRoundBegun(
                number, due, by_rules=False, next_due=due + ladder.DAY
            )
            return [begun]
        case commands.BeginRound():
            return []
        case _:
            assert_never(command)


def evolve_round(_rounds: Rounds, event: events.RecognitionRoundEvent) -> Rounds:
    return Rounds(event.number, event.next_due)


RECOGNITION_ROUNDS: Decider[
    commands.RecognitionRoundCommand, Rounds, events.RecognitionRoundEvent
] = Decider(
    "recognition_rounds",
    initial=Rounds(),
    decide=decide_round,
    evolve=evolve_round,
    commands=commands.RecognitionRoundCommand,
    events=events.RecognitionRoundEvent,
)
