"""Renewals with every kind of card: each period is paid once or not had, and after the end nothing is kept."""

from contextlib import suppress
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.billing.payer.commands import SavePaymentMethod
from services.billing.payer.decider import PAYER
from services.billing.payer.events import NO_CARD, Instrument, PayerErased, payer_of
from services.billing.payment.reactions import FetchIntent
from services.billing.policy.commands import SetPolicy
from services.billing.policy.decider import POLICY
from services.billing.policy.events import USUAL, Dunning, Policy
from services.billing.policy.projections import policy_stream
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import Terms, period_payment_of
from shared.contracts.membership_member import PersonErased
from shared.decider import Refused
from shared.ids import Code
from shared.reaction import Ask, Call
from tests.cases import cases
from tests.unit.billing.cast import ada, community_id, euros, noon
from tests.unit.billing.subscription.statuses import insist_on_ways
from tests.unit.billing.world import World

subscription_id = UUID(int=50)
terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("Europe/Paris"))
cards = st.sampled_from(
    [Code(f"pm_{kind}") for kind in ("good", "declines", "authenticates", "slow", "unknown")]
)
no_card = st.just(NO_CARD)
dunnings = st.sampled_from(
    [USUAL, Dunning((2,), 0, "keep"), Dunning((), 5), Dunning((), 0), Dunning((1, 10), 3, "keep")]
)
numbers = st.integers(0, 11)
PaidPeriod = events.SubscriptionActivated | events.SubscriptionRenewed


class Subscribing(RuleBasedStateMachine):
    """One subscription, and everything that can happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.erased = False

    def _ask(self, command: commands.SubscriptionCommand) -> None:
        with suppress(Refused):
            self.world.ask(Ask(SUBSCRIPTION, subscription_id, command))

    @initialize(trial_days=st.sampled_from([0, 14]), card=cards | no_card, dunning=dunnings)
    def begins(self, trial_days: int, card: Code, dunning: Dunning) -> None:
        setting = SetPolicy(Policy(dunning=dunning))
        self.world.ask(Ask(POLICY, policy_stream(community_id), setting))
        customer = Code("cus_ada")
        self.world.processor.customers.add(customer)
        kept = Instrument(card, customer, None)
        if card == NO_CARD:
            kept, trial_days = Instrument(NO_CARD, None, None), 14
        self._ask(commands.StartSubscription(terms, kept, trial_days, noon))

    @rule(workers_keep_up=st.booleans())
    def time_passes(self, workers_keep_up: bool) -> None:  # noqa: FBT001
        self.world.next_clock()
        if workers_keep_up:
            self.world.settle()

    @rule(number=numbers)
    def an_old_clock_rings_again(self, number: int) -> None:
        if rung := self._some(self.world.rung, number):
            self.world.ask(rung.ask)

    @rule(work=st.lists(st.tuples(numbers, st.booleans(), st.booleans()), min_size=1, max_size=6))
    def workers_do_something(self, work: list[tuple[int, bool, bool]]) -> None:
        for number, made_twice, first_counts in work:
            self.world.work(number, made_twice=made_twice, first_counts=first_counts)

    @rule(card=cards)
    def gives_another_card(self, card: Code) -> None:
        self.world.ask(Ask(PAYER, payer_of(ada), SavePaymentMethod(ada, card, None)))

    @rule()
    def cancels(self) -> None:
        self._ask(commands.ScheduleCancellation(ada))

    @rule()
    def thinks_better_of_it(self) -> None:
        self._ask(commands.WithdrawCancellation(ada))

    @rule(number=numbers, success=st.booleans())
    def the_payer_or_the_bank_decides(self, number: int, success: bool) -> None:  # noqa: FBT001
        if intent := self._some(list(self.world.processor.intents), number):
            self.world.processor.finish(intent, success=success)

    @rule(number=numbers)
    def the_processor_reports(self, number: int) -> None:
        if intent := self._some(list(self.world.processor.intents), number):
            payment_id = self.world.processor.intents[intent].order.payment_id
            self.world.calls.append(Call(FetchIntent(payment_id, intent)))

    @precondition(lambda self: len(self.world.history) > 8)
    @rule()
    def staff_end_it(self) -> None:
        self._ask(commands.CancelNow())

    @precondition(lambda self: not self.erased)
    @rule()
    def the_person_is_erased(self) -> None:
        self.erased = True
        erased = PersonErased(community_id=community_id, occurred_at=self.world.now, person_id=ada)
        self.world.happened(erased, ada)

    @invariant()
    def no_period_is_charged_twice(self) -> None:
        for payment_id in self._payments():
            assert self.world.processor.taken(payment_id) in (0, terms.amount.minor)

    @invariant()
    def periods_follow_one_another_and_each_is_paid(self) -> None:
        paid = self._paid_periods()
        for before, after in pairwise(paid):
            assert before.period.end == after.period.start
        with_trial = bool(self.world.events(events.TrialStarted))
        for event in paid if with_trial else paid[1:]:
            payment_id = period_payment_of(subscription_id, event.period.start)
            assert self.world.processor.taken(payment_id) == terms.amount.minor

    @invariant()
    def it_runs_no_longer_than_it_is_paid_or_asked_for(self) -> None:
        state = self.world.state(SUBSCRIPTION, subscription_id)
        asked = {at.due for at in self.world.clocks}
        if isinstance(state, Running) and state.renewal is None:
            assert state.ends_at in asked

    @invariant()
    def nobody_is_asked_for_a_card_who_has_given_one(self) -> None:
        happened = [event for stream, event in self.world.history if stream == subscription_id]
        kinds = [type(event) for event in happened]
        if events.TrialCardGiven in kinds:
            after = kinds[kinds.index(events.TrialCardGiven) + 1 :]
            assert not {events.CardMissed, events.CardRequested, events.TrialCardGiven} & {*after}

    @invariant()
    def nobody_waits_outside_who_owes_nothing(self) -> None:
        state = self.world.state(SUBSCRIPTION, subscription_id)
        if isinstance(state, Running) and state.held:
            assert state.renewal
            assert state.renewal.since

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        kinds = [type(event) for stream, event in self.world.history if stream == subscription_id]
        if events.SubscriptionEnded in kinds:
            after = kinds[kinds.index(events.SubscriptionEnded) + 1 :]
            assert set(after) <= {events.LateRenewalPaid}
            assert len(after) <= 1

    @invariant()
    def it_goes_only_where_states_lead(self) -> None:
        happened = (event for stream, event in self.world.history if stream == subscription_id)
        insist_on_ways(happened)

    def teardown(self) -> None:
        world, processor = self.world, self.world.processor
        world.settle()
        for intent in list(processor.intents):
            processor.finish(intent, success=True)
            payment_id = processor.intents[intent].order.payment_id
            world.calls.append(Call(FetchIntent(payment_id, intent)))
        world.settle()
        had = {
            period_payment_of(subscription_id, event.period.start) for event in self._paid_periods()
        }
        for payment_id in self._payments():
            kept = processor.taken(payment_id) - processor.given_back(payment_id)
            assert kept == (terms.amount.minor if payment_id in had else 0)
        if self.erased:
            assert not isinstance(world.state(SUBSCRIPTION, subscription_id), Running)
            assert len(world.events(PayerErased)) == 1
            assert processor.customers <= {"cus_ada"}  # This one the payer was never told of.

    def _payments(self) -> set[UUID]:
        return {announced.order.payment_id for announced in self.world.processor.intents.values()}

    def _paid_periods(self) -> list[PaidPeriod]:
        return [event for _, event in self.world.history if isinstance(event, PaidPeriod)]

    @staticmethod
    def _some(things: list[Any], number: int) -> Any:
        return things[number % len(things)] if things else None


Subscribing.TestCase.settings = settings(
    max_examples=cases(50), stateful_step_count=25, deadline=None
)
TestSubscribing = Subscribing.TestCase


def test_a_year_of_a_good_card_is_twelve_payments() -> None:
    world = World()
    kept = Instrument(Code("pm_good"), Code("cus_ada"), None)
    world.ask(Ask(SUBSCRIPTION, subscription_id, commands.StartSubscription(terms, kept, 0, noon)))
    world.settle()
    while world.now < noon + timedelta(days=364):
        world.next_clock()
        world.settle()
    assert len(world.processor.intents) == len(world.events(events.SubscriptionRenewed)) == 12
