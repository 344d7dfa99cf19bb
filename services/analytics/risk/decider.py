"""A person is at risk while one of their subscriptions is past due or going to end, and no longer."""

from typing import assert_never
from uuid import UUID

from services.analytics.risk import commands, events
from services.analytics.risk.events import Cause
from shared.decider import Decider
from shared.ids import derive

Causes = tuple[Cause, ...]


def risk_stream(person_id: UUID) -> UUID:
    return derive(person_id, "risk")


def decide(command: commands.RiskCommand, causes: Causes) -> list[events.RiskEvent]:
    match command:
        case commands.NoteCause(person_id, cause):
            known = cause in causes
            return [] if known else [events.AtRiskSeen(person_id, (*causes, cause))]
        case commands.DropCauses(person_id, dropped):
            left = tuple(cause for cause in causes if cause not in dropped)
            if left == causes:
                return []
            return [events.AtRiskSeen(person_id, left) if left else events.RiskOver(person_id)]
        case commands.EndRisk(person_id):
            return [events.RiskOver(person_id)] if causes else []
        case _:
            assert_never(command)


def evolve(_causes: Causes, event: events.RiskEvent) -> Causes:
    match event:
        case events.AtRiskSeen(causes=causes):
            return causes
        case events.RiskOver():
            return ()
        case _:
            assert_never(event)


RISK: Decider[commands.RiskCommand, Causes, events.RiskEvent] = Decider(
    "risk",
    initial=(),
    decide=decide,
    evolve=evolve,
    commands=commands.RiskCommand,
    events=events.RiskEvent,
)
