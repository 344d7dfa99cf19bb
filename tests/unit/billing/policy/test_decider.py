from datetime import timedelta

import pytest

from services.billing.policy import commands, events
from services.billing.policy.decider import POLICY
from services.billing.policy.events import Dunning, Policy
from shared.testing import given

strict = Policy(after_refund="keep", dunning=Dunning((2, 7), 3, "keep"))
strict_set = events.PolicySet(strict)


def asked(dunning: Dunning) -> commands.SetPolicy:
    return commands.SetPolicy(Policy(dunning=dunning))


def test_a_policy_is_set_and_set_again() -> None:
    given(POLICY).when(commands.SetPolicy(strict)).then(strict_set)
    back = commands.SetPolicy(Policy())
    given(POLICY, strict_set).when(back).then(events.PolicySet(Policy()))


def test_setting_what_is_so_already_changes_nothing() -> None:
    given(POLICY).when(commands.SetPolicy(Policy())).then_nothing()
    given(POLICY, strict_set).when(commands.SetPolicy(strict)).then_nothing()


def test_nobody_is_told_that_the_platform_bears_fees_which_it_does_not() -> None:
    wish = commands.SetPolicy(Policy(fees_borne_by="platform"))
    given(POLICY).when(wish).then_rejected("fees_not_taken_over")


@pytest.mark.parametrize("retries", [(0,), (-1, 3), (3, 3), (5, 2)])
def test_each_try_is_later_than_the_one_before(retries: tuple[int, ...]) -> None:
    given(POLICY).when(asked(Dunning(retries))).then_rejected("retries_out_of_order")


def test_a_card_is_tried_ten_times_at_most_within_two_months() -> None:
    given(POLICY).when(asked(Dunning(tuple(range(1, 12))))).then_rejected("too_many_retries")
    given(POLICY).when(asked(Dunning((1, 61)))).then_rejected("retries_too_late")


@pytest.mark.parametrize("days", [-1, 61])
def test_grace_is_at_most_two_months(days: int) -> None:
    given(POLICY).when(asked(Dunning(grace_days=days))).then_rejected("grace_too_long")


@pytest.mark.parametrize("days", [0, 367])
def test_a_pause_lasts_a_day_to_a_year(days: int) -> None:
    longest = commands.SetPolicy(Policy(longest_pause_days=days))
    given(POLICY).when(longest).then_rejected("pause_too_long")


@pytest.mark.parametrize("days", [0, 29, 367])
def test_a_dearer_price_is_told_a_month_to_a_year_before(days: int) -> None:
    notice = commands.SetPolicy(Policy(price_notice_days=days))
    given(POLICY).when(notice).then_rejected("notice_out_of_range")


def test_nobody_is_given_up_while_access_lasts_or_tries_are_left() -> None:
    assert Dunning((1, 3), 10).patience == timedelta(days=10)
    assert Dunning((1, 14), 0).patience == timedelta(days=14)
    assert Dunning((), 0).patience == timedelta(0)
