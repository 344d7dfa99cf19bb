"""Changes and pauses between renewals, with every kind of card: what is kept is what was had, to the cent."""

from datetime import timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from services.billing.checkout.events import OfferLine
from services.billing.payment.reactions import FetchIntent
from services.billing.policy.events import Unit
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import ChangeMode
from shared.money import Money
from shared.reaction import Call
from tests.cases import cases
from tests.unit.billing.cast import ada, euros, noon
from tests.unit.billing.subscription.test_machine import Subscribing, subscription_id

lines = st.builds(
    lambda offer, price, quantity, interval: OfferLine(
        UUID(int=offer), UUID(int=20 + offer), Money(price, "EUR"), interval, 0, quantity
    ),
    st.integers(10, 12),
    st.integers(51, 9999),
    st.integers(1, 3),
    st.sampled_from(["week", "month", "year"]),
)
modes: st.SearchStrategy[ChangeMode | None] = st.sampled_from(
    [None, "invoice", "prorate", "reset", "next_period", "none"]
)
units: st.SearchStrategy[Unit] = st.sampled_from(["second", "day"])


class Changing(Subscribing):
    """The life of a subscription that is changed and paused in the middle of everything else."""

    asked = 0

    @rule(line=lines, mode=modes, unit=units, keeps_price=st.booleans(), days=st.integers(0, 20))
    def wants_something_else(
        self,
        line: OfferLine,
        mode: ChangeMode | None,
        unit: Unit,
        keeps_price: bool,  # noqa: FBT001
        days: int,
    ) -> None:
        self.asked += 1
        self._later(days)
        wish = commands.ChangeSubscription(
            UUID(int=1000 + self.asked), None, line, keeps_price, mode, unit, self.world.now
        )
        self._ask(wish)

    @rule()
    def wants_it_no_longer(self) -> None:
        self._ask(commands.WithdrawChange(ada))

    @rule(days=st.integers(1, 100))
    def pauses(self, days: int) -> None:
        until = self.world.now + timedelta(days=days)
        self._ask(commands.PauseSubscription(ada, until, self.world.now, 366))

    @rule(days=st.integers(0, 20))
    def resumes(self, days: int) -> None:
        self._later(days)
        self._ask(commands.ResumeSubscription(ada, None, self.world.now))

    @invariant()
    def no_period_is_charged_twice(self) -> None:
        for payment_id in self._payments():
            orders = {
                announced.order.amount.minor
                for announced in self.world.processor.intents.values()
                if announced.order.payment_id == payment_id
            }
            assert len(orders) == 1
            assert self.world.processor.taken(payment_id) in {0, *orders}

    def periods_follow_one_another_and_each_is_paid(self) -> None:
        """They move with pauses and begin anew with changes; `teardown` counts the money instead."""

    @invariant()
    def periods_do_not_overlap(self) -> None:
        for before, after in pairwise(self._paid_periods()):
            assert before.period.start < after.period.start

    @invariant()
    def it_runs_no_longer_than_it_is_paid_or_asked_for(self) -> None:
        state = self.world.state(SUBSCRIPTION, subscription_id)
        if not isinstance(state, Running) or state.renewal:
            return
        waiting = [at.ask.command for at in self.world.clocks]
        if state.paused:
            assert any(
                isinstance(command, commands.ResumeSubscription)
                and command.until == state.paused.until
                for command in waiting
            )
        else:
            renewals = [one for one in waiting if isinstance(one, commands.RenewSubscription)]
            assert state.ends_at in {command.due for command in renewals}

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        kinds = [type(event) for stream, event in self.world.history if stream == subscription_id]
        if events.SubscriptionEnded in kinds:
            after = kinds[kinds.index(events.SubscriptionEnded) + 1 :]
            assert set(after) <= {events.LateRenewalPaid}

    @invariant()
    def every_cent_billed_is_for_a_period_or_a_line_or_waits(self) -> None:
        state = self.world.state(SUBSCRIPTION, subscription_id)
        ends = [event for _, event in self.world.events(events.SubscriptionEnded)]
        left = state.balance if isinstance(state, Running) else ends[0].balance if ends else None
        periods = sum((paid.terms.due(number) for number, paid in self._numbered()), euros(0))
        changes = [event.change for _, event in self.world.events(events.SubscriptionChanged)]
        moved = sum((line.amount for change in changes for line in change.lines), euros(0))
        assert periods + moved == self._recorded() + (left or euros(0))

    def _numbered(
        self,
    ) -> list[tuple[int, events.SubscriptionActivated | events.SubscriptionRenewed]]:
        """Every period begun by a renewal, by its number: a change that resets begins one as well."""
        found: list[tuple[int, events.SubscriptionActivated | events.SubscriptionRenewed]] = []
        number = 0
        for _, event in self.world.history:
            if isinstance(event, events.SubscriptionActivated | events.SubscriptionRenewed):
                number += 1
                found.append((number, event))
            elif isinstance(event, events.SubscriptionChanged) and event.change.mode == "reset":
                number += 1
        return found

    def _recorded(self) -> Money:
        """What our own facts say was paid."""
        paid = [event.paid or euros(0) for event in self._paid_periods()]
        changes = [event.change for _, event in self.world.events(events.SubscriptionChanged)]
        return sum([*paid, *(change.due for change in changes)], euros(0))

    def _later(self, days: int) -> None:
        """Some time, but nothing that is due is slept through."""
        soon = min((at.due for at in self.world.clocks), default=noon)
        self.world.now = max(
            self.world.now, min(self.world.now + timedelta(days=days), soon - timedelta(hours=1))
        )

    def teardown(self) -> None:
        world, processor = self.world, self.world.processor
        world.settle()
        for intent in list(processor.intents):
            processor.finish(intent, success=True)
            payment_id = processor.intents[intent].order.payment_id
            world.calls.append(Call(FetchIntent(payment_id, intent)))
        world.settle()
        kept = sum(
            processor.taken(payment_id) - processor.given_back(payment_id)
            for payment_id in self._payments()
        )
        if not world.events(events.TrialStarted) and self._paid_periods():
            kept += (self._paid_periods()[0].paid or euros(0)).minor  # At the checkout.
        assert kept == self._recorded().minor


Changing.TestCase.settings = settings(max_examples=cases(60), stateful_step_count=30, deadline=None)
TestChanging = Changing.TestCase
