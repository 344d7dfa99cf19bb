from datetime import timedelta

import pytest

from services.membership.retention_rules.commands import BeginRetentionRound, SetRetentionRules
from services.membership.retention_rules.decider import RETENTION_RULES
from services.membership.retention_rules.events import (
    KeepingRules,
    RetentionRoundBegun,
    RetentionRulesSet,
)
from services.membership.retention_rules.reactions import when_round_begun_begin_next
from shared.testing import given
from tests.unit.membership.facts import fact, noon

DAY = timedelta(days=1)
rules = KeepingRules(left_days=365, unclaimed_days=None, notice_days=30)
others = KeepingRules(left_days=365, unclaimed_days=90, notice_days=14)
nobody = KeepingRules(left_days=None, unclaimed_days=None, notice_days=30)
written = RetentionRulesSet(1, rules)
first = RetentionRoundBegun(1, noon, 1, noon + DAY)
second = RetentionRoundBegun(2, noon + DAY, 1, noon + 2 * DAY)


def test_rules_begin_a_round_at_once_and_one_each_day() -> None:
    given(RETENTION_RULES).when(SetRetentionRules(rules, noon)).then(written, first)
    history = written, first
    given(RETENTION_RULES, *history).when(BeginRetentionRound(noon + DAY)).then(second)
    (intent,) = when_round_begun_begin_next(fact(first))
    assert (intent.due, intent.ask.command) == (noon + DAY, BeginRetentionRound(noon + DAY))


def test_the_same_rules_are_no_news_and_a_community_without_any_has_no_rounds() -> None:
    given(RETENTION_RULES, written, first).when(SetRetentionRules(rules, noon)).then_nothing()
    given(RETENTION_RULES).when(SetRetentionRules(nobody, noon)).then_nothing()
    given(RETENTION_RULES).when(BeginRetentionRound(noon)).then_nothing()


def test_a_round_that_was_due_before_the_rules_changed_is_never_begun() -> None:
    later = noon + DAY / 2
    history = written, first
    changed = (RetentionRulesSet(2, others), RetentionRoundBegun(2, later, 2, later + DAY))
    given(RETENTION_RULES, *history).when(SetRetentionRules(others, later)).then(*changed)
    both = (*history, *changed)
    given(RETENTION_RULES, *both).when(BeginRetentionRound(noon + DAY)).then_nothing()
    done = RetentionRoundBegun(3, later + DAY, 2, later + 2 * DAY)
    again = BeginRetentionRound(later + DAY)
    given(RETENTION_RULES, *both).when(again).then(done)
    given(RETENTION_RULES, *both, done).when(again).then_nothing()


def test_without_days_it_stops_after_a_last_round() -> None:
    stopped = (RetentionRulesSet(2, nobody), RetentionRoundBegun(2, noon, 2, None))
    given(RETENTION_RULES, written, first).when(SetRetentionRules(nobody, noon)).then(*stopped)
    assert when_round_begun_begin_next(fact(stopped[1])) == []
    history = (written, first, *stopped)
    given(RETENTION_RULES, *history).when(BeginRetentionRound(noon + DAY)).then_nothing()


@pytest.mark.parametrize(
    "short",
    [
        KeepingRules(left_days=30, unclaimed_days=None, notice_days=31),
        KeepingRules(left_days=None, unclaimed_days=30, notice_days=90),
    ],
)
def test_nobody_is_told_before_they_are_gone(short: KeepingRules) -> None:
    given(RETENTION_RULES).when(SetRetentionRules(short, noon)).then_rejected("shorter_than_notice")
