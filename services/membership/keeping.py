"""How long a community keeps those who are gone, by its rules."""

from datetime import timedelta

from services.membership.retention_rules.events import Ground, KeepingRules
from shared.decider import Rejected

EVERYBODY_IS_KEPT = KeepingRules(left_days=None, unclaimed_days=None, notice_days=30)
EVERY = timedelta(days=1)
"""How often those who are gone are looked at."""


def days_of(rules: KeepingRules, ground: Ground) -> int | None:
    """How many days somebody is kept after this; None: for ever."""
    return rules.left_days if ground == "left" else rules.unclaimed_days


def forgets(rules: KeepingRules) -> bool:
    """Whether anybody is ever forgotten by them."""
    return rules.left_days is not None or rules.unclaimed_days is not None


def insist_on_sense(rules: KeepingRules) -> None:
    """Nobody is written to before they are gone."""
    grounds: tuple[Ground, ...] = ("left", "unclaimed")
    for ground in grounds:
        days = days_of(rules, ground)
        if days is not None and days < rules.notice_days:
            detail = "Somebody is kept for as long as they are told ahead."
            raise Rejected("shorter_than_notice", detail, pointer=f"/{ground}_days")
