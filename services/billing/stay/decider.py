"""A seller offers three things at most to who leaves, and nobody accepts one more often than the seller says."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from services.billing.exit_survey.events import ExitReason
from services.billing.stay import commands, events
from services.billing.stay.events import StayRule, StayRulesSet
from services.billing.staying import again_from
from shared.decider import Decider, NotFound, Rejected

MOST_RULES = 3
PERCENT = range(1, 100 + 1)
PERIODS = range(1, 24 + 1)
DAYS = range(1, 366 + 1)
MONTHS = range(1, 60 + 1)
OLDEST = range(3650 + 1)
NO_RULES = StayRulesSet((), 12)


def decide_rules(
    command: commands.StayRulesCommand, before: StayRulesSet
) -> list[events.StayRulesEvent]:
    if len(command.rules) > MOST_RULES:
        raise Rejected("too_many_rules", "Three things at most are offered.", pointer="/rules")
    if command.once_in_months not in MONTHS:
        raise Rejected("months_out_of_range", "Once in 1 to 60 months.", pointer="/once_in_months")
    for number, rule in enumerate(command.rules):
        _look(rule, f"/rules/{number}")
    after = StayRulesSet(command.rules, command.once_in_months)
    return [] if after == before else [after]


def _look(rule: StayRule, pointer: str) -> None:
    is_pause = rule.kind == "pause"
    reduced = rule.percent in PERCENT and rule.periods in PERIODS
    if not is_pause and not (reduced and rule.days == 0):
        raise Rejected(
            "reduction_out_of_range",
            "From 1 to 100 per cent off the next 1 to 24 periods.",
            pointer=f"{pointer}/percent",
        )
    if is_pause and (rule.days not in DAYS or rule.percent or rule.periods):
        raise Rejected(
            "stay_pause_out_of_range", "A pause of 1 to 366 days.", pointer=f"{pointer}/days"
        )
    if rule.older_than_days not in OLDEST:
        raise Rejected(
            "age_out_of_range", "From 0 to 3650 days.", pointer=f"{pointer}/older_than_days"
        )


def evolve_rules(_before: StayRulesSet, event: events.StayRulesEvent) -> StayRulesSet:
    return event


STAY_RULES: Decider[commands.StayRulesCommand, StayRulesSet, events.StayRulesEvent] = Decider(
    "stay_rules",
    initial=NO_RULES,
    decide=decide_rules,
    evolve=evolve_rules,
    commands=commands.StayRulesCommand,
    events=events.StayRulesEvent,
)


@dataclass(frozen=True, slots=True)
class Stayed:
    """Of which subscriptions they were shown what is offered, and when they last accepted something."""

    shown: frozenset[UUID] = frozenset()
    accepted_at: datetime | None = None

    def may_again(self, rules: StayRulesSet) -> datetime | None:
        """From when on they may accept something again; None where they never did."""
        if self.accepted_at is None:
            return None
        return again_from(self.accepted_at, rules.once_in_months)


def is_for(rule: StayRule, reason: ExitReason | None, age: timedelta) -> bool:
    """Whether it is offered to who leaves for this reason after so long."""
    fits = not rule.reasons or reason in rule.reasons
    return fits and age >= timedelta(days=rule.older_than_days)


def decide(command: commands.StayCommand, stayed: Stayed) -> list[events.StayEvent]:
    if command.payer != command.person_id:
        raise NotFound("subscription_not_found", "There is no such subscription.")
    match command:
        case commands.ShowStay(person_id, subscription_id):
            seen = subscription_id in stayed.shown
            return [] if seen else [events.StayShown(person_id, subscription_id)]
        case commands.AcceptStay():
            return [_accept(command, stayed)]
        case _:
            assert_never(command)


def _accept(asked: commands.AcceptStay, stayed: Stayed) -> events.StayAccepted:
    if not 1 <= asked.number <= len(asked.rules.rules):
        raise NotFound("stay_offer_not_found", "Nothing of this number is offered.")
    rule = asked.rules.rules[asked.number - 1]
    if not is_for(rule, asked.reason, asked.at - asked.began_at):
        raise Rejected("stay_offer_not_open", "It is for others.")
    again = stayed.may_again(asked.rules)
    if again is not None and asked.at < again:
        raise Rejected("stayed_already", "One was accepted not long ago.", until=again.isoformat())
    if asked.days is not None and not (rule.kind == "pause" and 1 <= asked.days <= rule.days):
        raise Rejected(
            "stay_pause_too_long", "It lasts at most so long.", pointer="/days", most=rule.days
        )
    chosen = replace(rule, days=asked.days) if asked.days else rule
    return events.StayAccepted(asked.person_id, asked.subscription_id, chosen, asked.at)


def evolve(stayed: Stayed, event: events.StayEvent) -> Stayed:
    match event:
        case events.StayShown(_, subscription_id):
            return replace(stayed, shown=stayed.shown | {subscription_id})
        case events.StayAccepted(at=at):
            return replace(stayed, accepted_at=at)
        case _:
            assert_never(event)


STAY: Decider[commands.StayCommand, Stayed, events.StayEvent] = Decider(
    "stay",
    initial=Stayed(),
    decide=decide,
    evolve=evolve,
    commands=commands.StayCommand,
    events=events.StayEvent,
)
