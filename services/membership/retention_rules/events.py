"""How long a community keeps whom, and when it looks at them; the stream is derived from the community."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Ground = Literal["left", "unclaimed"]
"""Why somebody may be forgotten: they left, or were brought from elsewhere and never came in."""


@dataclass(frozen=True, slots=True)
class KeepingRules:
    """So many days after somebody left, or was brought and did not come in, they are forgotten; None: never.

    They are written to `notice_days` before.
    """

    left_days: int | None
    unclaimed_days: int | None
    notice_days: int


@dataclass(frozen=True, slots=True)
class RetentionRulesSet:
    """The `version`th of the community's; they hold from now on."""

    version: int
    rules: KeepingRules


@dataclass(frozen=True, slots=True)
class RetentionRoundBegun:
    """Everybody who is gone is looked at as of `due`, by the rules of this version; None follows the last round."""

    number: int
    due: datetime
    version: int
    next_due: datetime | None


RetentionRulesEvent = RetentionRulesSet | RetentionRoundBegun
