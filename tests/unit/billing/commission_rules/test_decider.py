from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from services.billing.commission_rules.commands import SetCommissionRules
from services.billing.commission_rules.decider import COMMISSION_RULES, in_force
from services.billing.commission_rules.events import CommissionRulesSet, Rule
from shared.testing import given
from tests.unit.billing.cast import euros, noon

fifth = Rule("affiliate", basis_points=2000)
tenner = Rule("referral", fixed=(euros(10),))
first = CommissionRulesSet(1, (fifth,), noon)
later = noon + timedelta(days=9)


def test_each_change_is_another_version() -> None:
    given(COMMISSION_RULES).when(SetCommissionRules((fifth,), noon)).then(first)
    given(COMMISSION_RULES, first).when(SetCommissionRules((fifth,), later)).then_nothing()
    second = CommissionRulesSet(2, (fifth, tenner), later)
    given(COMMISSION_RULES, first).when(SetCommissionRules((fifth, tenner), later)).then(second)


def test_nobody_has_to_pay_commissions() -> None:
    given(COMMISSION_RULES).when(SetCommissionRules((), noon)).then_nothing()
    none = CommissionRulesSet(2, (), later)
    given(COMMISSION_RULES, first).when(SetCommissionRules((), later)).then(none)


def test_the_rules_of_a_moment_are_those_that_held_then() -> None:
    second = CommissionRulesSet(2, (tenner,), later)
    versions = (first, second)
    assert in_force(versions, noon - timedelta(seconds=1)) is None
    assert in_force(versions, noon) == first
    assert in_force(versions, later - timedelta(seconds=1)) == first
    assert in_force(versions, later) == second


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"kind": "campaign"}, "campaign_earns_nothing", "kind"),
        ({"basis_points": None}, "share_or_fixed", "basis_points"),
        ({"fixed": (euros(5),)}, "share_or_fixed", "basis_points"),
        ({"basis_points": 0}, "share_out_of_range", "basis_points"),
        ({"basis_points": 10_001}, "share_out_of_range", "basis_points"),
        ({"basis_points": None, "fixed": (euros(0),)}, "fixed_not_positive", "fixed"),
        ({"basis_points": None, "fixed": (euros(5), euros(6))}, "currency_twice", "fixed"),
        (
            {"basis_points": None, "fixed": (euros(5),), "lasts": "attribution"},
            "fixed_is_for_first",
            "lasts",
        ),
        ({"lasts": "months"}, "months_unclear", "months"),
        ({"months": 3}, "months_unclear", "months"),
        ({"lasts": "months", "months": 0}, "months_out_of_range", "months"),
        ({"lasts": "months", "months": 121}, "months_out_of_range", "months"),
        ({"hold_days": -1}, "hold_out_of_range", "hold_days"),
        ({"hold_days": 91}, "hold_out_of_range", "hold_days"),
    ],
)
def test_what_no_rule_can_be(change: dict[str, Any], code: str, field: str) -> None:
    wrong = SetCommissionRules((tenner, replace(fifth, **change)), noon)
    outcome = given(COMMISSION_RULES).when(wrong)
    outcome.then_rejected(code)
    assert outcome.refusal
    assert outcome.refusal.pointer == f"/rules/1/{field}"


def test_a_kind_has_one_rule() -> None:
    twice = SetCommissionRules((fifth, replace(fifth, basis_points=1)), noon)
    given(COMMISSION_RULES).when(twice).then_rejected("kind_twice")
