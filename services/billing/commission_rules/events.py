"""What a community has decided that who sends buyers earns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.money import Money

LinkKind = Literal["referral", "ambassador", "affiliate", "campaign"]
Lasts = Literal["first", "months", "attribution"]

HOLD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Rule:
    """Links of a kind earn a share in `basis_points` of what is kept of a payment, or `fixed` amounts of the first.

    They earn on a buyer's `first` payment, on those of so many `months` from when the buyer was attributed, or for as
    long as the `attribution` lasts. What is earned waits `hold_days`, counted from the payment.
    """

    kind: LinkKind
    basis_points: int | None = None
    fixed: tuple[Money, ...] = ()
    lasts: Lasts = "first"
    months: int | None = None
    hold_days: int = HOLD_DAYS
    donations: bool = False


@dataclass(frozen=True, slots=True)
class CommissionRulesSet:
    """They hold for what is paid from `at` on; what was earned before keeps its version."""

    version: int
    rules: tuple[Rule, ...]
    at: datetime

    def of(self, kind: LinkKind) -> Rule | None:
        """What links of this kind earn by; None where they earn nothing."""
        return next((rule for rule in self.rules if rule.kind == kind), None)


CommissionRulesEvent = CommissionRulesSet
