"""Each period is charged exactly once, by one side or the other, wherever a crash, a race or a change of mind falls."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.billing.gateways.gateway import ProcessorUnavailable
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import boundary, period_payment_of
from services.billing.takeover import commands, events
from services.billing.takeover.decider import TAKEOVER
from services.billing.takeover.reactions import LookAtTheirs
from shared.decider import Rejected
from shared.reaction import Ask, Call
from tests.cases import cases
from tests.unit.billing.cast import ada, community_id
from tests.unit.billing.takeover.elsewhere import (
    Elsewhere,
    account,
    anchor,
    monthly,
    target,
    theirs,
    utc,
)
from tests.unit.billing.world import World

takeover_id = events.takeover_of(community_id, theirs.subscription)
FIRST = 13
HORIZON = 5
A_MOMENT = timedelta(hours=6)


class Forgetful(World):
    """A call whose answer was lost is made again."""

    def perform(self, call: Call) -> Ask | None:
        try:
            return super().perform(call)
        except ProcessorUnavailable:
            self.calls.append(call)
            return None


class TakingOver(RuleBasedStateMachine):
    """A subscription on its way from there to here, and perhaps back."""

    @initialize()
    def begins(self) -> None:
        self.world = Forgetful(now=theirs.period_start + timedelta(days=9))
        self.there = Elsewhere(self.world)
        self.world.gateways["elsewhere"] = self.there
        self._ask(commands.NoteTheirs(theirs, account))
        self.is_taken_over()

    @rule()
    def is_taken_over(self) -> None:
        self.there.catch_up()
        self._ask(commands.NoteTheirs(self.there.now, account))
        self._try(
            commands.TakeOver(
                takeover_id,
                ada,
                target,
                twice=False,
                subscribed=False,
                time_zone=utc,
                at=self.world.now,
            )
        )

    @rule()
    def goes_back(self) -> None:
        self._try(commands.Revert(leaving=False, at=self.world.now))

    @rule(number=st.integers(0, 9), twice=st.booleans(), first=st.booleans())
    def something_is_done(self, number: int, twice: bool, first: bool) -> None:  # noqa: FBT001
        self.world.work(number, made_twice=twice, first_counts=first)

    @rule(days=st.integers(1, 12))
    def time_passes(self, days: int) -> None:
        """Here nothing is done meanwhile; there all is, unless they are late."""
        self.world.now += timedelta(days=days)
        self.there.catch_up()

    @rule()
    def a_clock_rings(self) -> None:
        self.world.next_clock()

    @rule(answers=st.integers(1, 4))
    def answers_are_lost(self, answers: int) -> None:
        self.there.lost = answers

    @rule(late=st.booleans())
    def they_are_late(self, late: bool) -> None:  # noqa: FBT001
        self.there.late = late

    @rule()
    def somebody_lets_theirs_go_on(self) -> None:
        self.there.catch_up()
        if not self.there.now.is_gone:
            self.there.now = replace(self.there.now, ends=False)

    @rule()
    def the_processor_reports(self) -> None:
        self.world.calls.append(Call(LookAtTheirs(takeover_id, community_id)))

    @invariant()
    def no_period_is_charged_twice(self) -> None:
        for start in self._periods(HORIZON * 3):
            assert self._charges(start) <= 1, start

    def teardown(self) -> None:
        """Whatever has happened, what is left to itself charges every period."""
        if not hasattr(self, "world"):
            return
        self.there.lost, self.there.late = 0, False
        horizon = self.world.now + timedelta(days=31 * HORIZON)
        while self.world.now < horizon:
            self.there.catch_up()
            self.world.settle()
            if not self.world.clocks:
                break
            self.world.next_clock()
        self.world.settle()
        self.there.catch_up()
        for start in self._periods(HORIZON * 3):
            if start + A_MOMENT < self.world.now:
                assert self._charges(start) == 1, (start, self.world.now)
        self._is_somewhere()

    def _is_somewhere(self) -> None:
        runs_here = any(isinstance(one, Running) for _, one in self.world.streams(SUBSCRIPTION))
        assert runs_here == self.there.now.is_gone

    def _periods(self, many: int) -> Iterator[datetime]:
        for number in range(FIRST, FIRST + many):
            yield boundary(anchor, monthly, number)

    def _charges(self, start: datetime) -> int:
        ours = {
            period_payment_of(begun.subscription_id, start)
            for _, begun in self.world.events(events.TakeoverBegun)
        }
        here = [self.world.processor.taken(payment_id) for payment_id in ours]
        assert all(taken in (0, 1000) for taken in here)
        return self.there.charged.count(start) + sum(1 for taken in here if taken)

    def _ask(self, command: commands.TakeoverCommand) -> None:
        self.world.ask(Ask(TAKEOVER, takeover_id, command))

    def _try(self, command: commands.TakeoverCommand) -> None:
        with suppress(Rejected):
            self._ask(command)


TestTakingOver = TakingOver.TestCase
TestTakingOver.settings = settings(max_examples=cases(400), stateful_step_count=40, deadline=None)
