"""What may be asked of the rules of commissions."""

from dataclasses import dataclass
from datetime import datetime

from services.billing.commission_rules.events import Rule


@dataclass(frozen=True, slots=True)
class SetCommissionRules:
    rules: tuple[Rule, ...]
    at: datetime


CommissionRulesCommand = SetCommissionRules
