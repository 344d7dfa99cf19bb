"""What a member's activity is worth by a community's rules, and which level that is."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from services.membership.recognition_rules.events import Level, Rules, Weight
from services.membership.tier.events import TierId
from shared.decider import Rejected

MOST_LEVELS = 9
DAY = timedelta(days=1)

Habit = tuple[str, int, int]
"""A kind of activity, how often in one day, and on how many days it was so often."""


def insist_on_sense(rules: Rules) -> None:
    """Every kind weighs once, levels rise, and each can be reached by whoever does all that counts every day."""
    kinds = [weight.kind for weight in rules.weights]
    for number, kind in enumerate(kinds):
        if kind in kinds[:number]:
            at = f"/weights/{number}/kind"
            raise Rejected("kind_twice", "Each kind of activity weighs once.", pointer=at)
    if len(rules.levels) > MOST_LEVELS:
        raise Rejected("too_many_levels", f"At most {MOST_LEVELS} levels.", pointer="/levels")
    most = rules.window_days * sum(weight.points * weight.most_a_day for weight in rules.weights)
    for number, level in enumerate(rules.levels):
        _insist_on_rise(level, rules.levels[:number], f"/levels/{number}")
        if level.threshold > most:
            detail = "Nobody can have so many points in this window."
            at = f"/levels/{number}/threshold"
            raise Rejected("level_out_of_reach", detail, pointer=at, most=most)


def _insist_on_rise(level: Level, below: tuple[Level, ...], at: str) -> None:
    if any(level.key == other.key for other in below):
        raise Rejected("level_twice", "Another level has this key.", pointer=f"{at}/key")
    if any(level.threshold <= other.threshold for other in below):
        detail = "Each level takes more points than the one before."
        raise Rejected("levels_do_not_rise", detail, pointer=f"{at}/threshold")


def first_day(rules: Rules, today: date, left_on: date | None) -> date:
    """The first day that counts: today is the window's last, and nothing up to the day somebody left."""
    begin = today - (rules.window_days - 1) * DAY
    return max(begin, left_on + DAY) if left_on else begin


def score(rules: Rules, habits: Iterable[Habit]) -> int:
    """The points in the window; of one kind no more in a day than the rules let count."""
    weights: Mapping[str, Weight] = {weight.kind: weight for weight in rules.weights}
    return sum(
        weights[kind].points * min(times, weights[kind].most_a_day) * days
        for kind, times, days in habits
        if kind in weights
    )


def rank_of(rules: Rules, points: int) -> int:
    """The highest level these points reach, the lowest being 1; 0 is none."""
    return sum(points >= level.threshold for level in rules.levels)


def tiers_up_to(rules: Rules, rank: int) -> tuple[TierId, ...]:
    """What a level opens, with all that those below it open."""
    opened = [level.tier_id for level in rules.levels[:rank] if level.tier_id is not None]
    return tuple(dict.fromkeys(opened))
