"""Changes, pauses, refunds and disputes together: nobody holds more paid time than they have paid for and not got back.

The rule: a payment pays for what it was made for as long as not all of it went back (the README of billing: what goes
back in part is a present of the seller's), and what is left of it is the rest of the period, by the second, and the
credit (directive 2011/83/EU, article 14(3), counts the same way).
"""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from services.billing.checkout.events import OfferLine
from services.billing.payment.events import DisputeClosed, RefundIssued
from services.billing.policy.events import Policy
from services.billing.proration import rest_of
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import ChangeMode, Period
from shared.ids import Code
from shared.money import Money
from shared.reaction import Ask
from tests.cases import cases
from tests.unit.billing.cast import ada, euros, noon
from tests.unit.billing.subscription.test_reversals import Reversing, gold, on_trial, policies

lines = st.builds(
    lambda offer, price, interval: OfferLine(
        UUID(int=offer), UUID(int=20 + offer), Money(price, "EUR"), interval, 0, 1
    ),
    st.integers(11, 13),
    st.integers(51, 20_000),
    st.sampled_from(["week", "month", "year"]),
)
modes: st.SearchStrategy[ChangeMode | None] = st.sampled_from(
    [None, "invoice", "prorate", "reset", "next_period"]
)


for_a_year = replace(gold, price=euros(120), interval="year")


class Holding(Reversing):
    """One subscription that is changed and paused while its payments are refunded and disputed."""

    asked = 0

    @initialize(policy=policies, line=st.sampled_from([for_a_year, on_trial]))
    def subscribes(self, policy: Policy, line: OfferLine) -> None:
        super().subscribes(policy, line, Code("pm_good"))
        self.world.settle()

    @rule(line=lines, mode=modes, days=st.integers(0, 20))
    def wants_something_else(self, line: OfferLine, mode: ChangeMode | None, days: int) -> None:
        self.asked += 1
        self._later(days)
        change_id, now = UUID(int=2000 + self.asked), self.world.now
        self._wish(
            commands.ChangeSubscription(change_id, None, line, False, mode, "second", now)  # noqa: FBT003
        )

    @rule(price=st.integers(51, 1000), mode=modes)
    def has_less_from_now_on(self, price: int, mode: ChangeMode | None) -> None:
        line = OfferLine(UUID(int=14), None, Money(price, "EUR"), "month", 0, 1)
        self.wants_something_else(line, mode, 1)
        self.world.settle()

    @rule(number=st.integers(0, 2))
    def all_of_a_payment_goes_back(self, number: int) -> None:
        self.staff_refund(number, None)
        self.world.settle()

    @rule(days=st.integers(1, 60))
    def pauses(self, days: int) -> None:
        now = self.world.now
        self._wish(commands.PauseSubscription(ada, now + timedelta(days=days), now, 366))

    @rule(days=st.integers(0, 20))
    def resumes(self, days: int) -> None:
        self._later(days)
        self._wish(commands.ResumeSubscription(ada, None, self.world.now))

    @rule()
    def leaves(self) -> None:
        self._wish(commands.ScheduleCancellation(ada))

    @rule()
    def stays_after_all(self) -> None:
        self._wish(commands.WithdrawCancellation(ada))

    @rule()
    def workers_keep_up(self) -> None:
        self.world.settle()

    @invariant()
    def nothing_is_charged_twice_and_no_more_goes_back_than_came(self) -> None:
        for payment_id in self._payments():
            assert 0 <= self.processor.given_back(payment_id) <= self.processor.taken(payment_id)

    @invariant()
    def nobody_holds_more_than_they_paid_and_did_not_get_back(self) -> None:
        state = self._heard_of_everything()
        if not isinstance(state, Running):
            return
        nothing = euros(0)
        paid = sum(self.processor.taken(one) for one in self._payments() - self._gone_back())
        at = state.paused.since if state.paused else self.world.now
        rest = rest_of(Period(state.begins_at, state.ends_at), at, "second", "UTC")
        held = state.worth.minor * rest - state.balance.minor
        # Of each change two lines are rounded, each by itself.
        assert held <= paid + len(self.world.events(events.SubscriptionChanged))
        assert sum(state.credit.values(), nothing) == max(-state.balance, nothing)

    @invariant()
    def nothing_is_of_what_went_back(self) -> None:
        state, gone = self._heard_of_everything(), self._gone_back()
        if state:
            assert not gone & state.credit.keys()
        if isinstance(state, Running):
            assert not any(state.paid_by.get(payment_id) for payment_id in gone)

    def _nobody_keeps_what_went_back(self, running: Running) -> None:
        """Who stays after all is kept for what they pay from then on: the invariants count it."""

    def _heard_of_everything(self) -> Running | Ended | None:
        """As it is now, where nobody has anything left to tell it."""
        world = self.world
        state = world.state(SUBSCRIPTION, self.subscription_id)
        waiting = world.calls or world.answers or any(world.lanes.values())
        return state if isinstance(state, Running | Ended) and not waiting else None

    def _gone_back(self) -> set[UUID]:
        refunded = {one for one, refund in self.world.events(RefundIssued) if refund.emptied}
        closed = self.world.events(DisputeClosed)
        return refunded | {one for one, dispute in closed if dispute.outcome == "lost"}

    def _later(self, days: int) -> None:
        """Some time, but nothing that is due is slept through."""
        soon = min((at.due for at in self.world.clocks), default=noon)
        then = min(self.world.now + timedelta(days=days), soon - timedelta(hours=1))
        self.world.now = max(self.world.now, then)

    def _wish(self, command: commands.SubscriptionCommand) -> None:
        self._ask(Ask(SUBSCRIPTION, self.subscription_id, command))


Holding.TestCase.settings = settings(max_examples=cases(60), stateful_step_count=40, deadline=None)
TestHolding = Holding.TestCase
