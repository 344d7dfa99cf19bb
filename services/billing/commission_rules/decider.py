"""A kind of link earns by one rule at most, never more than the whole, and campaigns earn nobody anything."""

from datetime import datetime

from services.billing.commission_rules import commands, events
from services.billing.commission_rules.events import CommissionRulesSet, Rule
from shared.decider import Decider, Rejected

Versions = tuple[CommissionRulesSet, ...]

WHOLE = 10_000
LONGEST_MONTHS = 120
LONGEST_HOLD_DAYS = 90


def decide(
    command: commands.CommissionRulesCommand, versions: Versions
) -> list[events.CommissionRulesEvent]:
    kinds = [rule.kind for rule in command.rules]
    for number, rule in enumerate(command.rules):
        _look(rule, f"/rules/{number}")
        if rule.kind in kinds[:number]:
            raise Rejected(
                "kind_twice", "A kind of link has one rule.", pointer=f"/rules/{number}/kind"
            )
    in_force = versions[-1].rules if versions else ()
    if command.rules == in_force:
        return []
    return [CommissionRulesSet(len(versions) + 1, command.rules, command.at)]


def _look(rule: Rule, pointer: str) -> None:
    if rule.kind == "campaign":
        raise Rejected(
            "campaign_earns_nothing",
            "A campaign is nobody's, and earns nobody anything.",
            pointer=f"{pointer}/kind",
        )
    _look_at_share(rule, pointer)
    _look_at_days(rule, pointer)


def _look_at_share(rule: Rule, pointer: str) -> None:
    share, fixed = f"{pointer}/basis_points", f"{pointer}/fixed"
    if (rule.basis_points is None) == (not rule.fixed):
        raise Rejected(
            "share_or_fixed", "It is a share or fixed amounts, and one of the two.", pointer=share
        )
    if rule.basis_points is not None and not 1 <= rule.basis_points <= WHOLE:
        raise Rejected(
            "share_out_of_range", "A share is from 1 to 10000 basis points.", pointer=share
        )
    if any(amount.minor <= 0 for amount in rule.fixed):
        raise Rejected("fixed_not_positive", "A fixed amount is more than nothing.", pointer=fixed)
    if len({amount.currency for amount in rule.fixed}) < len(rule.fixed):
        raise Rejected("currency_twice", "There is one fixed amount in a currency.", pointer=fixed)


def _look_at_days(rule: Rule, pointer: str) -> None:
    if rule.fixed and rule.lasts != "first":
        raise Rejected(
            "fixed_is_for_first",
            "A fixed amount is for the first payment alone.",
            pointer=f"{pointer}/lasts",
        )
    if (rule.months is None) == (rule.lasts == "months"):
        raise Rejected(
            "months_unclear",
            "Months are said where it lasts for months, and only there.",
            pointer=f"{pointer}/months",
        )
    if rule.months is not None and not 1 <= rule.months <= LONGEST_MONTHS:
        raise Rejected(
            "months_out_of_range", "It lasts from 1 to 120 months.", pointer=f"{pointer}/months"
        )
    if not 0 <= rule.hold_days <= LONGEST_HOLD_DAYS:
        raise Rejected(
            "hold_out_of_range", "It waits from 0 to 90 days.", pointer=f"{pointer}/hold_days"
        )


def evolve(versions: Versions, event: events.CommissionRulesEvent) -> Versions:
    return (*versions, event)


def in_force(versions: Versions, at: datetime) -> CommissionRulesSet | None:
    """The rules of that moment; None before there were any."""
    return next((one for one in reversed(versions) if one.at <= at), None)


COMMISSION_RULES: Decider[
    commands.CommissionRulesCommand, Versions, events.CommissionRulesEvent
] = Decider(
    "commission_rules",
    initial=(),
    decide=decide,
    evolve=evolve,
    commands=commands.CommissionRulesCommand,
    events=events.CommissionRulesEvent,
)
