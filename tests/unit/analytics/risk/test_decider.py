from uuid import UUID

from services.analytics.risk.commands import DropCauses, EndRisk, NoteCause
from services.analytics.risk.decider import RISK
from services.analytics.risk.events import AtRiskSeen, Cause, RiskOver
from shared.ids import PersonId
from shared.testing import given

ada = PersonId(UUID(int=1))
failing = Cause(UUID(int=2), "payment_failing")
leaving = Cause(UUID(int=2), "leaving")
other = Cause(UUID(int=3), "payment_failing")


def test_a_cause_puts_somebody_at_risk_once() -> None:
    given(RISK).when(NoteCause(ada, failing)).then(AtRiskSeen(ada, (failing,)))
    given(RISK, AtRiskSeen(ada, (failing,))).when(NoteCause(ada, failing)).then_nothing()


def test_another_cause_is_told_beside_the_first() -> None:
    given(RISK, AtRiskSeen(ada, (failing,))).when(NoteCause(ada, leaving)).then(
        AtRiskSeen(ada, (failing, leaving))
    )


def test_it_is_over_with_the_last_cause() -> None:
    both = AtRiskSeen(ada, (failing, leaving))
    given(RISK, both).when(DropCauses(ada, (failing,))).then(AtRiskSeen(ada, (leaving,)))
    given(RISK, both).when(DropCauses(ada, (failing, leaving))).then(RiskOver(ada))
    given(RISK, both, RiskOver(ada)).when(DropCauses(ada, (failing,))).then_nothing()
    given(RISK).when(DropCauses(ada, (failing,))).then_nothing()


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
