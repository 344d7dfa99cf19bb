from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.billing.stay.commands import AcceptStay, SetStayRules, ShowStay
from services.billing.stay.decider import STAY, STAY_RULES
from services.billing.stay.events import (
    StayAccepted,
    StayRule,
    StayRulesSet,
    StayShown,
    stay_rules_stream,
    stay_stream,
)
from shared.testing import given
from tests.unit.billing.cast import ada, bob, community_id, noon

club = UUID(int=50)
half = StayRule("reduction", percent=50, periods=3, reasons=("too_expensive",))
rest = StayRule("pause", days=60, older_than_days=30)
rules = StayRulesSet((half, rest), 6)
show, shown = ShowStay(ada, club, ada), StayShown(ada, club)
began = noon - timedelta(days=100)
accept = AcceptStay(ada, club, ada, began, rules, 1, "too_expensive", None, noon)
accepted = StayAccepted(ada, club, half, noon)


def test_rules_are_set_and_set_again() -> None:
    given(STAY_RULES).when(SetStayRules((half, rest), 6)).then(rules)
    given(STAY_RULES, rules).when(SetStayRules((half, rest), 6)).then_nothing()
    given(STAY_RULES, rules).when(SetStayRules((), 6)).then(StayRulesSet((), 6))


def test_three_things_at_most_are_offered() -> None:
    given(STAY_RULES).when(SetStayRules((half,) * 4, 6)).then_rejected("too_many_rules")


@pytest.mark.parametrize("months", [0, 61])
def test_once_in_some_months(months: int) -> None:
    given(STAY_RULES).when(SetStayRules((), months)).then_rejected("months_out_of_range")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (replace(half, percent=0), "reduction_out_of_range"),
        (replace(half, percent=101), "reduction_out_of_range"),
        (replace(half, periods=0), "reduction_out_of_range"),
        (replace(half, periods=25), "reduction_out_of_range"),
        (replace(half, days=1), "reduction_out_of_range"),
        (replace(rest, days=0), "stay_pause_out_of_range"),
        (replace(rest, days=367), "stay_pause_out_of_range"),
        (replace(rest, percent=1), "stay_pause_out_of_range"),
        (replace(rest, older_than_days=-1), "age_out_of_range"),
    ],
)
def test_a_rule_is_one_thing_within_bounds(rule: StayRule, code: str) -> None:
    given(STAY_RULES).when(SetStayRules((rule,), 6)).then_rejected(code)


def test_what_is_shown_counts_once() -> None:
    given(STAY).when(show).then(shown)
    given(STAY, shown).when(show).then_nothing()


def test_nobody_stays_for_another() -> None:
    for payer in (bob, None):
        given(STAY).when(replace(show, payer=payer)).then_rejected("subscription_not_found")
        given(STAY).when(replace(accept, payer=payer)).then_rejected("subscription_not_found")


def test_one_is_accepted_once_in_so_many_months() -> None:
    given(STAY, shown).when(accept).then(accepted)
    soon = replace(accept, at=noon + timedelta(days=100))
    given(STAY, accepted).when(soon).then_rejected("stayed_already")
    later = noon + timedelta(days=200)
    again = replace(accepted, at=later)
    given(STAY, accepted).when(replace(accept, at=later)).then(again)


def test_what_is_not_there_is_not_accepted() -> None:
    for number in (-1, 0, 3):
        other = replace(accept, number=number)
        given(STAY).when(other).then_rejected("stay_offer_not_found")


def test_it_is_for_some_reasons_and_some_ages() -> None:
    for reason in (None, "other"):
        other = replace(accept, reason=reason)
        given(STAY).when(other).then_rejected("stay_offer_not_open")
    young = replace(accept, number=2, began_at=noon - timedelta(days=29))
    given(STAY).when(young).then_rejected("stay_offer_not_open")


def test_a_pause_lasts_as_long_as_is_wished_within_what_is_offered() -> None:
    whole = replace(accept, number=2)
    given(STAY).when(whole).then(replace(accepted, rule=rest))
    shorter = replace(accepted, rule=replace(rest, days=10))
    given(STAY).when(replace(whole, days=10)).then(shorter)
    for days in (0, 61):
        too_long = replace(whole, days=days)
        given(STAY).when(too_long).then_rejected("stay_pause_too_long")
    given(STAY).when(replace(accept, days=10)).then_rejected("stay_pause_too_long")


def test_a_community_has_its_rules_and_a_person_one_story() -> None:
    assert stay_rules_stream(community_id) != stay_stream(community_id)
    assert stay_stream(ada) != stay_stream(bob)
