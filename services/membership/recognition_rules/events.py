"""How a community recognises its members, and when it looks at them all; two streams derived from the community."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.membership.activity.events import Kind
from services.membership.tier.events import TierId
from shared.ids import Code, Label

ScoredKind = Literal[Kind, "content_opened"]


@dataclass(frozen=True, slots=True)
class Weight:
    """So many points each time, but only for the first `most_a_day` of a day."""

    kind: ScoredKind
    points: int
    most_a_day: int


@dataclass(frozen=True, slots=True)
class Level:
    """Who has so many points within the window stands at it; its key is its own for ever, its label a badge's name."""

    key: Code
    label: Label
    threshold: int
    tier_id: TierId | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Points of the last `window_days` count; who falls below their level keeps it for `protected_days` more."""

    window_days: int
    weights: tuple[Weight, ...]
    levels: tuple[Level, ...]
    protected_days: int


@dataclass(frozen=True, slots=True)
class RecognitionRulesSet:
    """The `version`th of the community's; it holds for everybody from now on."""

    version: int
    rules: Rules


RecognitionRulesEvent = RecognitionRulesSet


@dataclass(frozen=True, slots=True)
class RecognitionRoundBegun:
    """Everybody is looked at as of `due`, because a day is over or because the rules are new."""

    number: int
    due: datetime
    by_rules: bool
    next_due: datetime | None


RecognitionRoundEvent = RecognitionRoundBegun
