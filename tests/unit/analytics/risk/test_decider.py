from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from services.analytics.risk.commands import (
    Activity,
    BeginRiskRound,
    BeginWatch,
    DropCauses,
    EndRisk,
    EndWatch,
    NoteCause,
    SeeRisk,
)
from services.analytics.risk.decider import EVERY, RISK, RISK_ROUNDS, lull_of
from services.analytics.risk.events import (
    AtRiskSeen,
    Cause,
    Lull,
    RiskOver,
    RiskRoundBegun,
    RiskWatchEnded,
)
from services.analytics.risk.publications import reasons_of
from shared.ids import PersonId
from shared.testing import given
from tests.unit.membership.facts import noon

ada = PersonId(UUID(int=1))
failing = Cause(UUID(int=2), "payment_failing")
leaving = Cause(UUID(int=2), "leaving")
other = Cause(UUID(int=3), "payment_failing")
nothing = Activity()
less = Activity(recent=2, before=10, usual=12, known=140)
lull = Lull(recent=2, usual=10)


def see(*causes: Cause, activity: Activity = nothing) -> SeeRisk:
    return SeeRisk(ada, causes, activity, is_member=True, is_watched=True)


def test_a_cause_puts_somebody_at_risk_once() -> None:
    given(RISK).when(NoteCause(ada, failing)).then(AtRiskSeen(ada, (failing,)))
    given(RISK, AtRiskSeen(ada, (failing,))).when(NoteCause(ada, failing)).then_nothing()
    given(RISK).when(see(failing)).then(AtRiskSeen(ada, (failing,)))
    given(RISK, AtRiskSeen(ada, (failing,))).when(see(failing)).then_nothing()
    given(RISK).when(see()).then_nothing()


def test_another_cause_is_told_beside_the_first() -> None:
    for command in (NoteCause(ada, leaving), see(leaving, failing)):
        given(RISK, AtRiskSeen(ada, (failing,))).when(command).then(
            AtRiskSeen(ada, (failing, leaving))
        )


def test_it_is_over_with_the_last_cause() -> None:
    both = AtRiskSeen(ada, (failing, leaving))
    given(RISK, both).when(DropCauses(ada, (failing,))).then(AtRiskSeen(ada, (leaving,)))
    given(RISK, both).when(DropCauses(ada, (failing, leaving))).then(RiskOver(ada))
    given(RISK, both, RiskOver(ada)).when(DropCauses(ada, (failing,))).then_nothing()
    given(RISK).when(DropCauses(ada, (failing,))).then_nothing()
    given(RISK, both).when(see(leaving)).then(AtRiskSeen(ada, (leaving,)))
    given(RISK, both).when(see()).then(RiskOver(ada))


def test_each_subscription_has_causes_of_its_own() -> None:
    given(RISK, AtRiskSeen(ada, (failing,))).when(DropCauses(ada, (other,))).then_nothing()
    given(RISK, AtRiskSeen(ada, (failing, other))).when(DropCauses(ada, (failing, leaving))).then(
        AtRiskSeen(ada, (other,))
    )


def test_who_came_back_may_be_at_risk_again() -> None:
    given(RISK, AtRiskSeen(ada, (failing,)), RiskOver(ada)).when(NoteCause(ada, leaving)).then(
        AtRiskSeen(ada, (leaving,))
    )


def test_who_is_somebody_else_by_now_is_at_risk_no_more() -> None:
    given(RISK, AtRiskSeen(ada, (failing, leaving))).when(EndRisk(ada)).then(RiskOver(ada))
    given(RISK).when(EndRisk(ada)).then_nothing()


def test_who_is_no_member_is_not_at_risk() -> None:
    gone = replace(see(failing, activity=less), is_member=False)
    given(RISK).when(gone).then_nothing()
    given(RISK, AtRiskSeen(ada, (failing,), lull)).when(gone).then(RiskOver(ada))


def test_only_where_somebody_wants_to_know_does_doing_less_count() -> None:
    unwatched = replace(see(failing, activity=less), is_watched=False)
    given(RISK).when(unwatched).then(AtRiskSeen(ada, (failing,)))
    given(RISK, AtRiskSeen(ada, (failing,), lull)).when(unwatched).then(AtRiskSeen(ada, (failing,)))


@pytest.mark.parametrize(
    ("seen", "noticed"),
    [
        (less, lull),
        (replace(less, recent=4), Lull(4, 10)),
        (replace(less, recent=5), None),  # Half of it is enough.
        (replace(less, before=4), None),  # It had fallen before, and not further since.
        (replace(less, before=3), None),  # Three days are nobody's habit.
        (replace(less, usual=4), None),  # One lively month is no habit either.
        (replace(less, recent=0, usual=3), None),
        (replace(less, known=55), None),
        (replace(less, known=56), lull),
        (nothing, None),
    ],
)
def test_less_is_less_than_half_of_a_habit(seen: Activity, noticed: Lull | None) -> None:
    assert lull_of(seen, None) == noticed


def test_who_does_less_is_at_risk_until_they_are_back() -> None:
    given(RISK).when(see(activity=less)).then(AtRiskSeen(ada, (), lull))
    noticed = given(RISK, AtRiskSeen(ada, (), lull))
    gone_on = replace(less, recent=0, before=2, usual=6)
    noticed.when(see(activity=gone_on)).then_nothing()
    noticed.when(see(activity=replace(gone_on, recent=4))).then_nothing()
    noticed.when(see(activity=replace(gone_on, recent=5))).then(RiskOver(ada))
    noticed.when(see(failing, activity=gone_on)).then(AtRiskSeen(ada, (failing,), lull))
    both = given(RISK, AtRiskSeen(ada, (failing,), lull))
    both.when(DropCauses(ada, (failing,))).then(AtRiskSeen(ada, (), lull))
    noticed.when(NoteCause(ada, failing)).then(AtRiskSeen(ada, (failing,), lull))


def test_silence_says_nothing_of_who_wants_nothing_recorded() -> None:
    unrecorded = replace(see(activity=less), is_recorded=False)
    given(RISK).when(unrecorded).then_nothing()
    given(RISK, AtRiskSeen(ada, (), lull)).when(unrecorded).then(RiskOver(ada))


def test_each_reason_is_told_once() -> None:
    assert reasons_of(AtRiskSeen(ada, (failing, other), lull)) == ("payment_failing", "doing_less")


def test_who_wants_to_know_looks_once_a_day_until_they_do_not() -> None:
    first = RiskRoundBegun(1, noon, noon + EVERY)
    given(RISK_ROUNDS).when(BeginWatch(noon)).then(first)
    watched = given(RISK_ROUNDS, first)
    watched.when(BeginWatch(noon + timedelta(hours=1))).then_nothing()
    second = RiskRoundBegun(2, noon + EVERY, noon + 2 * EVERY)
    watched.when(BeginRiskRound(noon + EVERY)).then(second)
    watched.when(BeginRiskRound(noon)).then_nothing()
    watched.when(EndWatch()).then(RiskWatchEnded())
    given(RISK_ROUNDS).when(EndWatch()).then_nothing()
    ended = given(RISK_ROUNDS, first, RiskWatchEnded())
    ended.when(BeginRiskRound(noon + EVERY)).then_nothing()
    again = noon + timedelta(days=3)
    ended.when(BeginWatch(again)).then(RiskRoundBegun(2, again, again + EVERY))
