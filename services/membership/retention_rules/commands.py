"""What may be asked of a community's rules of keeping."""

from dataclasses import dataclass
from datetime import datetime

from services.membership.retention_rules.events import KeepingRules


@dataclass(frozen=True, slots=True)
class SetRetentionRules:
    """No days at all: everybody is kept, and nobody is looked at any more."""

    rules: KeepingRules
    at: datetime


@dataclass(frozen=True, slots=True)
class BeginRetentionRound:
    due: datetime


RetentionRulesCommand = SetRetentionRules | BeginRetentionRound
