"""Payments, refunds and disputes heard in any order, twice or late: nobody pays twice, nobody keeps what went back."""

from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.billing.checkout import commands as checkout
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.events import OfferLine
from services.billing.order.events import order_of
from services.billing.payment.commands import RefundPayment
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import RefundIssued
from services.billing.payment.reactions import FetchDispute, FetchIntent
from services.billing.policy.commands import SetPolicy
from services.billing.policy.decider import POLICY
from services.billing.policy.events import Policy
from services.billing.policy.projections import policy_stream
from services.billing.subscription import events
from services.billing.subscription.decider import SUBSCRIPTION, Ended, Running
from services.billing.subscription.events import subscription_of
from shared.decider import Refused
from shared.ids import Code
from shared.reaction import Ask, Call
from tests.cases import cases
from tests.unit.billing.cast import ada, community_id, euros
from tests.unit.billing.subscription.statuses import insist_on_ways
from tests.unit.billing.world import World

CHECKOUT_ID, HOME = UUID(int=1000), Code("https://club.example")
gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 1)
on_trial = replace(gold, trial_days=14)
numbers = st.integers(0, 11)
policies = st.builds(
    Policy,
    st.sampled_from(["end_now", "end_at_period_end", "keep"]),
    st.sampled_from(["suspend", "keep"]),
    st.sampled_from(["end_now", "keep"]),
)


class Reversing(RuleBasedStateMachine):
    """One subscription whose payments are refunded and disputed."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.processor = self.world.processor
        self.policy = Policy()
        self.subscription_id = subscription_of(order_of(CHECKOUT_ID), gold.offer_id)
        self.refunds = 0

    @initialize(
        policy=policies,
        line=st.sampled_from([gold, on_trial]),
        card=st.sampled_from([Code("pm_good"), Code("pm_slow")]),
    )
    def subscribes(self, policy: Policy, line: OfferLine, card: Code) -> None:
        self.policy = policy
        self._ask(Ask(POLICY, policy_stream(community_id), SetPolicy(policy)))
        back, now = Code(f"{HOME}/thanks"), self.world.now
        opening = checkout.OpenCheckout(ada, (line,), None, Code("UTC"), back, HOME, now, None)
        self._ask(Ask(CHECKOUT, CHECKOUT_ID, opening))
        self._ask(Ask(CHECKOUT, CHECKOUT_ID, checkout.PayCheckout(ada, card, now)))

    @rule(work=st.lists(st.tuples(numbers, st.booleans(), st.booleans()), min_size=1, max_size=8))
    def workers_do_something(self, work: list[tuple[int, bool, bool]]) -> None:
        for number, made_twice, first_counts in work:
            self.world.work(number, made_twice=made_twice, first_counts=first_counts)

    @rule(workers_keep_up=st.booleans())
    def time_passes(self, workers_keep_up: bool) -> None:  # noqa: FBT001
        self.world.next_clock()
        if workers_keep_up:
            self.world.settle()

    @rule(number=numbers, success=st.booleans())
    def the_bank_answers(self, number: int, success: bool) -> None:  # noqa: FBT001
        if intent := self._some(list(self.processor.intents), number):
            self.processor.finish(intent, success=success)

    @rule(number=numbers, part=st.sampled_from([None, 3, 7, 10]))
    def staff_refund(self, number: int, part: int | None) -> None:
        if intent := self._some(list(self.processor.intents), number):
            self.refunds += 1
            amount = euros(part) if part else None
            refund = RefundPayment(UUID(int=5000 + self.refunds), amount)
            payment_id = self.processor.intents[intent].order.payment_id
            self._ask(Ask(PAYMENT, payment_id, refund))

    @rule(number=numbers, inquiry=st.booleans())
    def a_bank_wants_it_back(self, number: int, inquiry: bool) -> None:  # noqa: FBT001
        intent = self._some(list(self.processor.intents), number)
        if intent and self.processor.intents[intent].status == "succeeded":
            dispute = Code(f"dp_{intent}")
            standing = "inquiry" if inquiry else "open"
            self.processor.disputes.setdefault(dispute, (intent, standing))

    @rule(number=numbers, standing=st.sampled_from(["open", "won", "lost", "dropped"]))
    def a_bank_makes_up_its_mind(self, number: int, standing: str) -> None:
        if dispute := self._some(list(self.processor.disputes), number):
            intent, before = self.processor.disputes[dispute]
            follows = {"inquiry": ("open", "dropped"), "open": ("won", "lost")}
            if standing in follows.get(before, ()):
                self.processor.disputes[dispute] = intent, standing

    @rule(number=numbers)
    def the_processor_reports_a_payment(self, number: int) -> None:
        if intent := self._some(list(self.processor.intents), number):
            self._report_payment(intent)

    @rule(number=numbers)
    def the_processor_reports_a_dispute(self, number: int) -> None:
        if dispute := self._some(list(self.processor.disputes), number):
            self.world.calls.append(Call(FetchDispute(dispute, None)))

    @invariant()
    def nothing_is_charged_twice_and_no_more_goes_back_than_came(self) -> None:
        issued: dict[UUID, int] = {}
        for payment_id, refund in self.world.events(RefundIssued):
            issued[payment_id] = issued.get(payment_id, 0) + refund.amount.minor
        for payment_id in self._payments():
            assert self.processor.taken(payment_id) in (0, gold.price.minor)
            assert issued.get(payment_id, 0) <= self.processor.taken(payment_id)

    @invariant()
    def nothing_is_charged_while_it_is_suspended_for_a_dispute(self) -> None:
        suspended = 0
        for stream, event in self.world.history:
            if stream == self.subscription_id:
                if isinstance(event, events.SubscriptionSuspended):
                    suspended += 1
                if isinstance(event, events.SubscriptionReinstated):
                    suspended -= 1
                first_try = isinstance(event, events.RenewalStarted) and event.attempt == 1
                assert not (suspended and first_try)

    def teardown(self) -> None:
        self.world.settle()
        for intent in list(self.processor.intents):
            self.processor.finish(intent, success=True)
            self._report_payment(intent)
        for dispute in self.processor.disputes:
            self.world.calls.append(Call(FetchDispute(dispute, None)))
        self.world.settle()
        insist_on_ways(
            event for stream, event in self.world.history if stream == self.subscription_id
        )
        state = self.world.state(SUBSCRIPTION, self.subscription_id)
        if isinstance(state, Running):
            self._nobody_keeps_what_went_back(state)
        if isinstance(state, Ended):
            assert self.world.events(events.SubscriptionEnded)

    def _nobody_keeps_what_went_back(self, running: Running) -> None:
        policy = self.policy
        for payment_id in running.paid_by:
            kept = self.processor.taken(payment_id) - self.processor.given_back(payment_id)
            assert kept or policy.after_refund == "keep" or running.cancelling
        standings = {standing for _, standing in self.processor.disputes.values()}
        is_held = any(held.cause == "disputed" for held in running.held)
        assert is_held == ("open" in standings and policy.during_dispute == "suspend")
        assert "lost" not in standings or policy.after_loss == "keep"

    def _ask(self, ask: Ask) -> None:
        with suppress(Refused):
            self.world.ask(ask)

    def _report_payment(self, intent: Code) -> None:
        payment_id = self.processor.intents[intent].order.payment_id
        self.world.calls.append(Call(FetchIntent(payment_id, intent)))

    def _payments(self) -> set[UUID]:
        return {announced.order.payment_id for announced in self.processor.intents.values()}

    @staticmethod
    def _some(things: list[Any], number: int) -> Any:
        return things[number % len(things)] if things else None


Reversing.TestCase.settings = settings(
    max_examples=cases(40), stateful_step_count=30, deadline=None
)
TestReversing = Reversing.TestCase
