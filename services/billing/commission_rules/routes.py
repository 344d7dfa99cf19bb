"""What who sends buyers earns, said by the owner."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field

from services.billing.commission_rules import commands
from services.billing.commission_rules.decider import COMMISSION_RULES
from services.billing.commission_rules.events import HOLD_DAYS, Lasts, LinkKind, Rule
from services.billing.commission_rules.projections import (
    commission_rules_at,
    commission_rules_stream,
)
from shared.contracts.contract import MoneyValue
from shared.http import Body, Caller, Written, needs
from shared.reaction import Ask

router = APIRouter()

Amount = Annotated[MoneyValue, AfterValidator(lambda amount: MoneyValue.of(amount.money()))]


class CommissionRule(Body):
    """A share in `basis_points` (1 to 10000) of what is kept of a payment, or `fixed` amounts for the first.

    It lasts for the `first` payment, for so many `months` (1 to 120) from when the buyer was attributed, or as long as
    the `attribution` counts. What is earned waits `hold_days` (0 to 90). Donations count only where that is said.
    """

    kind: LinkKind
    basis_points: int | None = None
    fixed: Annotated[tuple[Amount, ...], Field(max_length=50)] = ()
    lasts: Lasts = "first"
    months: int | None = None
    hold_days: int = HOLD_DAYS
    donations: bool = False

    def rule(self) -> Rule:
        """The rule that was asked for."""
        fixed = tuple(amount.money() for amount in self.fixed)
        return Rule(
            self.kind,
            self.basis_points,
            fixed,
            self.lasts,
            self.months,
            self.hold_days,
            self.donations,
        )


class SetCommissionRules(Body):
    """One for each kind of link; a kind that is left out earns nothing any more."""

    rules: Annotated[tuple[CommissionRule, ...], Field(max_length=10)]


class CommissionRules(BaseModel):
    """Version 0 since `null`: nobody has earned anything yet."""

    version: int
    since: AwareDatetime | None
    rules: list[CommissionRule]


@router.put("/commissions/rules", operation_id="set_commission_rules")
async def set_commission_rules(
    body: SetCommissionRules, caller: Annotated[Caller, needs("merchant.write", strict=True)]
) -> Written:
    """They hold for what is paid from now on; what was earned keeps the version it was earned by."""
    rules = tuple(asked.rule() for asked in body.rules)
    command = commands.SetCommissionRules(rules, caller.now)
    return await caller.ask(
        Ask(COMMISSION_RULES, commission_rules_stream(caller.community_id), command)
    )


@router.get("/commissions/rules", operation_id="read_commission_rules")
async def read_commission_rules(
    caller: Annotated[Caller, needs("sales.read")],
) -> CommissionRules:
    """As of now."""
    found = await commission_rules_at(caller.service, caller.community_id, caller.now)
    if found is None:
        return CommissionRules(version=0, since=None, rules=[])
    shown = [
        CommissionRule(
            kind=rule.kind,
            basis_points=rule.basis_points,
            fixed=tuple(MoneyValue.of(amount) for amount in rule.fixed),
            lasts=rule.lasts,
            months=rule.months,
            hold_days=rule.hold_days,
            donations=rule.donations,
        )
        for rule in found.rules
    ]
    return CommissionRules(version=found.version, since=found.at, rules=shown)
