from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from services.membership import ladder
from services.membership.recognition_rules.events import Level, Rules, Weight
from services.membership.tier.events import TierId
from shared.decider import Rejected
from shared.ids import Code, Label

gold, silver = TierId(UUID(int=1)), TierId(UUID(int=2))
helper = Level(Code("helper"), Label("Helper"), 10)
regular = Level(Code("regular"), Label("Regular"), 50, silver)
pillar = Level(Code("pillar"), Label("Pillar"), 200, gold)
rules = Rules(
    window_days=30,
    weights=(Weight("answer", 5, most_a_day=3), Weight("reaction", 1, most_a_day=10)),
    levels=(helper, regular, pillar),
    protected_days=14,
)


def test_a_flood_in_one_day_is_worth_no_more_than_a_good_day() -> None:
    assert ladder.score(rules, [("answer", 2, 4)]) == 40
    assert ladder.score(rules, [("answer", 500, 1)]) == 15
    assert ladder.score(rules, [("answer", 1, 1), ("reaction", 400, 1), ("comment", 9, 9)]) == 15
    assert ladder.score(rules, []) == 0


def test_the_window_ends_today_and_begins_anew_for_who_left() -> None:
    today = date(2026, 3, 30)
    assert ladder.first_day(rules, today, None) == date(2026, 3, 1)
    assert ladder.first_day(rules, today, date(2026, 3, 20)) == date(2026, 3, 21)
    assert ladder.first_day(rules, today, date(2025, 3, 20)) == date(2026, 3, 1)


@pytest.mark.parametrize(("points", "rank"), [(0, 0), (9, 0), (10, 1), (199, 2), (200, 3)])
def test_the_highest_level_the_points_reach(points: int, rank: int) -> None:
    assert ladder.rank_of(rules, points) == rank


def test_a_level_opens_what_those_below_it_open() -> None:
    assert [ladder.tiers_up_to(rules, rank) for rank in range(4)] == [
        (), (), (silver,), (silver, gold),
    ]  # fmt: skip
    twice = replace(rules, levels=(regular, replace(pillar, tier_id=silver)))
    assert ladder.tiers_up_to(twice, 2) == (silver,)


@pytest.mark.parametrize(
    ("wrong", "code", "pointer"),
    [
        ({"weights": (*rules.weights, rules.weights[0])}, "kind_twice", "/weights/2/kind"),
        ({"levels": (helper, replace(regular, key=helper.key))}, "level_twice", "/levels/1/key"),
        ({"levels": (regular, helper)}, "levels_do_not_rise", "/levels/1/threshold"),
        ({"levels": (helper, replace(regular, threshold=10))}, "levels_do_not_rise", None),
        ({"weights": ()}, "level_out_of_reach", "/levels/0/threshold"),
        ({"window_days": 7}, "level_out_of_reach", "/levels/2/threshold"),
        (
            {"levels": tuple(Level(Code(f"l{n}"), Label("L"), n + 1) for n in range(10))},
            "too_many_levels",
            "/levels",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused(
    wrong: dict[str, object], code: str, pointer: str | None
) -> None:
    with pytest.raises(Rejected) as refusal:
        ladder.insist_on_sense(replace(rules, **wrong))  # type: ignore[arg-type]  # One field each.
    assert refusal.value.code == code
    assert pointer in (None, refusal.value.pointer)


def test_no_levels_and_the_very_last_point_make_sense() -> None:
    ladder.insist_on_sense(replace(rules, weights=(), levels=()))
    ladder.insist_on_sense(replace(rules, levels=(replace(pillar, threshold=30 * 25),)))
