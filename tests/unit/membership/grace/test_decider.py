from datetime import timedelta

import pytest

from services.membership.grace.commands import SetGrace
from services.membership.grace.decider import GRACE
from services.membership.grace.events import Grace, GraceSet, Over
from shared.testing import given
from tests.unit.membership.facts import noon

kind = Grace(end_days=14, refund_days=1, dispute_days=2, ban_days=3)
was_set = GraceSet(kind)


def test_a_community_says_how_long_access_lasts_after_each_end() -> None:
    given(GRACE).when(SetGrace(kind)).then(was_set)


def test_the_same_grace_is_no_news_and_neither_is_none() -> None:
    given(GRACE, was_set).when(SetGrace(kind)).then_nothing()
    given(GRACE).when(SetGrace(Grace())).then_nothing()


def test_a_community_takes_its_grace_back() -> None:
    given(GRACE, was_set).when(SetGrace(Grace())).then(GraceSet(Grace()))


@pytest.mark.parametrize("name", ["end_days", "refund_days", "dispute_days", "ban_days"])
def test_grace_is_from_0_to_90_days(name: str) -> None:
    for days in (-1, 91):
        given(GRACE).when(SetGrace(Grace(**{name: days}))).then_rejected("grace_out_of_range")
    longest = Grace(**{name: 90})
    given(GRACE).when(SetGrace(longest)).then(GraceSet(longest))


@pytest.mark.parametrize(
    ("over", "days"), [("ended", 14), ("refunded", 1), ("disputed", 2), ("banned", 3)]
)
def test_each_end_has_days_of_its_own(over: Over, days: int) -> None:
    assert kind.until(over, noon) == noon + timedelta(days=days)
    assert Grace().until(over, noon) is None
