"""A member is at risk while a subscription of theirs is past due or going to end, or while they do half of the usual.

Who did something on at least four of 28 days, in the 28 days before the last and usually, does less once the last 28
saw less than half of the smaller of both; at least 56 days must be known of them. They are back with half of what
was usual when it was noticed. What they do is looked at only for a community that wants to know.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.analytics.risk import commands, events
from services.analytics.risk.commands import Activity
from services.analytics.risk.events import Cause, Lull
from shared.decider import Decider
from shared.ids import derive

LEAST_KNOWN = 56
LEAST_ACTIVE = 4
EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Risk:
    causes: tuple[Cause, ...] = ()
    lull: Lull | None = None


def risk_stream(person_id: UUID) -> UUID:
    return derive(person_id, "risk")


def lull_of(seen: Activity, noticed: Lull | None) -> Lull | None:
    """Whether somebody does less than before; once noticed, until they are back."""
    if noticed is not None:
        return None if 2 * seen.recent >= noticed.usual else noticed
    usual = min(seen.before, seen.usual)
    if seen.known < LEAST_KNOWN or usual < LEAST_ACTIVE or 2 * seen.recent >= usual:
        return None
    return Lull(seen.recent, usual)


def decide(command: commands.RiskCommand, risk: Risk) -> list[events.RiskEvent]:
    now = _after(command, risk)
    if now == risk:
        return []
    if now == Risk():
        return [events.RiskOver(command.person_id)]
    return [events.AtRiskSeen(command.person_id, now.causes, now.lull)]


def _after(command: commands.RiskCommand, risk: Risk) -> Risk:
    match command:
        case commands.NoteCause(_, cause):
            noted = () if cause in risk.causes else (cause,)
            return Risk((*risk.causes, *noted), risk.lull)
        case commands.SeeRisk(is_member=False) | commands.EndRisk():
            return Risk()
        case commands.SeeRisk(_, causes, activity):
            known = tuple(cause for cause in risk.causes if cause in causes)
            new = tuple(cause for cause in causes if cause not in known)
            is_compared = command.is_watched and command.is_recorded
            return Risk(known + new, lull_of(activity, risk.lull) if is_compared else None)
        case commands.DropCauses(_, dropped):
            left = tuple(cause for cause in risk.causes if cause not in dropped)
            return Risk(left, risk.lull)
        case _:
            assert_never(command)


def evolve(_risk: Risk, event: events.RiskEvent) -> Risk:
    match event:
        case events.AtRiskSeen(_, causes, lull):
            return Risk(causes, lull)
        case events.RiskOver():
            return Risk()
        case _:
            assert_never(event)


RISK: Decider[commands.RiskCommand, Risk, events.RiskEvent] = Decider(
    "risk",
    initial=Risk(),
    decide=decide,
    evolve=evolve,
    commands=commands.RiskCommand,
    events=events.RiskEvent,
)


@dataclass(frozen=True, slots=True)
class RiskRounds:
    """`due` is when the next round is, None while nobody wants to know."""

    number: int = 0
    due: datetime | None = None


def rounds_stream(community_id: UUID) -> UUID:
    return derive(community_id, "risk_rounds")


def decide_round(
    command: commands.RiskRoundCommand, rounds: RiskRounds
) -> list[events.RiskRoundEvent]:
    match command:
        case commands.BeginWatch(at) if rounds.due is None:
            return [events.RiskRoundBegun(rounds.number + 1, at, at + EVERY)]
        case commands.BeginRiskRound(due) if due == rounds.due:
            return [events.RiskRoundBegun(rounds.number + 1, due, due + EVERY)]
        case commands.EndWatch() if rounds.due is not None:
            return [events.RiskWatchEnded()]
        case commands.BeginWatch() | commands.BeginRiskRound() | commands.EndWatch():
            return []
        case _:
            assert_never(command)


def evolve_round(rounds: RiskRounds, event: events.RiskRoundEvent) -> RiskRounds:
    match event:
        case events.RiskRoundBegun(number, _, next_due):
            return RiskRounds(number, next_due)
        case events.RiskWatchEnded():
            return RiskRounds(rounds.number)
        case _:
            assert_never(event)


RISK_ROUNDS: Decider[commands.RiskRoundCommand, RiskRounds, events.RiskRoundEvent] = Decider(
    "risk_rounds",
    initial=RiskRounds(),
    decide=decide_round,
    evolve=evolve_round,
    commands=commands.RiskRoundCommand,
    events=events.RiskRoundEvent,
)
