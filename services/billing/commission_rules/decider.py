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
        detail = "A campaign is nobody's, and earns nobody anything."
        raise Rejected("campaign_earns_nothing", detail, pointer=f"{pointer}/kind")
    if (rule.basis_points is None) == (not rule.fixed):
        detail = "It is a share or fixed amounts, and one of the two."
        raise Rejected("share_or_fixed", detail, pointer=f"{pointer}/basis_points")
    if rule.basis_points is not None and not 1 <= rule.basis_points <= WHOLE:
        detail = "A share is from 1 to 10000 basis points."
        raise Rejected("share_out_of_range", detail, pointer=f"{pointer}/basis_points")
    if any(amount.minor <= 0 for amount in rule.fixed):
        detail = "A fixed amount is more than nothing."
        raise Rejected("fixed_not_positive", detail, pointer=f"{pointer}/fixed")
    if len({amount.currency for amount in rule.fixed}) < len(rule.fixed):
        detail = "There is one fixed amount in a currency."
        raise Rejected("currency_twice", detail, pointer=f"{pointer}/fixed")
    if rule.fixed and rule.lasts != "first":
        detail = "A fixed amount is for the first payment alone."
        raise Rejected("fixed_is_for_first", detail, pointer=f"{pointer}/lasts")
    if (rule.months is None) == (rule.lasts == "months"):
        detail = "Months are said where it lasts for months, and only there."
        raise Rejected("months_unclear", detail, pointer=f"{pointer}/months")
    if rule.months is not None and not 1 <= rule.months <= LONGEST_MONTHS:
        detail = "It lasts from 1 to 120 months."
        raise Rejected("months_out_of_range", detail, pointer=f"{pointer}/months")
    if not 0 <= rule.hold_days <= LONGEST_HOLD_DAYS:
        detail = "It waits from 0 to 90 days."
        raise Rejected("hold_out_of_range", detail, pointer=f"{pointer}/hold_days")


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
