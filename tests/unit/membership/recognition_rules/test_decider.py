from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from services.membership.ladder import DAY
from services.membership.recognition_rules.commands import (
    BeginRound,
    BeginRoundAnew,
    SetRecognitionRules,
)
from services.membership.recognition_rules.decider import (
    NO_RULES,
    RECOGNITION_ROUNDS,
    RECOGNITION_RULES,
    rounds_stream,
)
from services.membership.recognition_rules.events import RecognitionRoundBegun, RecognitionRulesSet
from services.membership.recognition_rules.reactions import (
    when_round_begun_begin_next,
    when_rules_set_begin_round,
)
from shared.reaction import Ask, At
from shared.testing import given
from tests.unit.membership.facts import community_id, fact, noon
from tests.unit.membership.test_ladder import rules

other = replace(rules, protected_days=0)
first, second = RecognitionRulesSet(1, rules), RecognitionRulesSet(2, other)
by_rules = RecognitionRoundBegun(1, noon, by_rules=True, next_due=noon + DAY)
daily = RecognitionRoundBegun(2, noon + DAY, by_rules=False, next_due=noon + 2 * DAY)


def test_rules_are_written_in_versions() -> None:
    given(RECOGNITION_RULES).when(SetRecognitionRules(rules)).then(first)
    given(RECOGNITION_RULES, first).when(SetRecognitionRules(rules)).then_nothing()
    given(RECOGNITION_RULES, first).when(SetRecognitionRules(other)).then(second)
    given(RECOGNITION_RULES, first, second).when(SetRecognitionRules(NO_RULES)).then(
        RecognitionRulesSet(3, NO_RULES)
    )
    given(RECOGNITION_RULES).when(SetRecognitionRules(NO_RULES)).then_nothing()


def test_rules_that_make_no_sense_are_not_written() -> None:
    senseless = SetRecognitionRules(replace(rules, weights=()))
    given(RECOGNITION_RULES, first).when(senseless).then_rejected("level_out_of_reach")


def test_everybody_is_looked_at_when_the_rules_change_and_then_once_a_day() -> None:
    given(RECOGNITION_ROUNDS).when(BeginRoundAnew(noon, goes_on=True)).then(by_rules)
    given(RECOGNITION_ROUNDS, by_rules).when(BeginRound(noon + DAY)).then(daily)
    given(RECOGNITION_ROUNDS, by_rules, daily).when(BeginRound(noon + DAY)).then_nothing()
    given(RECOGNITION_ROUNDS).when(BeginRound(noon)).then_nothing()


def test_new_rules_take_the_place_of_what_was_due_and_none_end_it() -> None:
    later = noon + timedelta(hours=5)
    anew = RecognitionRoundBegun(2, later, by_rules=True, next_due=later + DAY)
    last = RecognitionRoundBegun(2, later, by_rules=True, next_due=None)
    given(RECOGNITION_ROUNDS, by_rules).when(BeginRoundAnew(later, goes_on=True)).then(anew)
    given(RECOGNITION_ROUNDS, by_rules, anew).when(BeginRound(noon + DAY)).then_nothing()
    given(RECOGNITION_ROUNDS, by_rules).when(BeginRoundAnew(later, goes_on=False)).then(last)
    given(RECOGNITION_ROUNDS, by_rules, last).when(BeginRound(noon + DAY)).then_nothing()


def test_the_agenda_begins_the_rounds() -> None:
    stream = rounds_stream(community_id)
    anew = Ask(RECOGNITION_ROUNDS, stream, BeginRoundAnew(noon, goes_on=True))
    assert when_rules_set_begin_round(fact(first)) == [anew]
    over = Ask(RECOGNITION_ROUNDS, stream, BeginRoundAnew(noon, goes_on=False))
    assert when_rules_set_begin_round(fact(RecognitionRulesSet(2, NO_RULES))) == [over]
    following = Ask(RECOGNITION_ROUNDS, stream, BeginRound(noon + DAY))
    begun = fact(by_rules, UUID(str(stream)))
    assert when_round_begun_begin_next(begun) == [At(noon + DAY, following)]
    assert when_round_begun_begin_next(fact(replace(by_rules, next_due=None))) == []
