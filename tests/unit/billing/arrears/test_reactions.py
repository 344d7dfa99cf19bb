from datetime import timedelta
from uuid import UUID

from services.billing.arrears import commands, reactions
from services.billing.arrears.decider import ARREARS
from services.billing.arrears.events import (
    ArrearsCleared,
    ArrearsExceeded,
    BillOverdue,
    arrears_stream,
)
from services.billing.policy.events import NO_LIMITS, Policy, PolicySet
from services.billing.subscription import events
from services.billing.subscription.commands import ReleaseFromArrears, WithholdForArrears
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.reactions import (
    when_arrears_cleared_release,
    when_arrears_exceeded_withhold,
)
from shared.ids import Code
from shared.reaction import Ask, Call
from tests.unit.billing.cast import ada, euros, fact, noon, stream_id, visa

terms = events.Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("Europe/Paris"))
choir = UUID(int=52)


def of_ada(command: commands.ArrearsCommand) -> list[Ask]:
    return [Ask(ARREARS, arrears_stream(ada), command)]


def test_what_runs_and_what_has_ended_is_counted() -> None:
    count = commands.CountSubscription(ada, stream_id)
    began = events.TrialStarted(terms, visa, noon + timedelta(days=14))
    assert reactions.when_subscription_runs_count_it(fact(began)) == of_ada(count)
    over = events.SubscriptionEnded(terms, "voluntary", True, None)  # noqa: FBT003
    uncount = commands.UncountSubscription(ada, stream_id)
    assert reactions.when_subscription_ended_uncount_it(fact(over)) == of_ada(uncount)


def test_a_bill_is_what_is_due_or_what_it_costs() -> None:
    late = events.SubscriptionPastDue(terms, euros(7))
    bill = commands.CountBill(ada, stream_id, euros(7))
    assert reactions.when_subscription_past_due_count_bill(fact(late)) == of_ada(bill)
    old = events.SubscriptionPastDue(terms)
    whole = commands.CountBill(ada, stream_id, euros(10))
    assert reactions.when_subscription_past_due_count_bill(fact(old)) == of_ada(whole)
    paid = events.SubscriptionRecovered(terms)
    settle = commands.SettleBill(ada, stream_id)
    assert reactions.when_subscription_recovered_settle_bill(fact(paid)) == of_ada(settle)


def test_a_bill_is_weighed_and_so_is_everybody_when_limits_change() -> None:
    bill = fact(BillOverdue(ada, choir, euros(7)))
    weigh = [Call(reactions.WeighByPolicy(ada))]
    assert reactions.when_bill_overdue_weigh_arrears(bill) == weigh
    policy = fact(PolicySet(Policy()))
    everybody = [Call(reactions.WeighEverybody("live"))]
    assert reactions.when_policy_set_weigh_everybody(policy) == everybody


def test_all_that_somebody_has_is_withheld_and_had_again() -> None:
    over = fact(ArrearsExceeded(ada, NO_LIMITS, (stream_id, choir)))
    withhold = [Ask(SUBSCRIPTION, one, WithholdForArrears()) for one in (stream_id, choir)]
    assert when_arrears_exceeded_withhold(over) == withhold
    under = fact(ArrearsCleared(ada, (choir,)))
    assert when_arrears_cleared_release(under) == [Ask(SUBSCRIPTION, choir, ReleaseFromArrears())]
