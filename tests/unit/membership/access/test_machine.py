"""Reasons begin, are over and last; bans come, last and are lifted: what is open is what lives, to the day."""

from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.membership.access import commands, events
from services.membership.access.decider import ACCESS, Access, Reason, stream_of
from services.membership.access.reactions import REACTIONS
from services.membership.tier.events import TierId
from shared.ids import PersonId
from shared.reaction import At, Reaction, intents_of
from tests.unit.membership.facts import fact, noon

ada = PersonId(UUID(int=1))
OURS = (events.ReasonInGrace, events.BarForetold)
ON: dict[type, list[Reaction]] = {
    reaction.to: [reaction] for reaction in REACTIONS if reaction.to in OURS
}
TIERS = TierId(UUID(int=2)), TierId(UUID(int=3))
reasons = st.builds(
    Reason,
    st.sampled_from(["joined", "subscription", "purchase"]),
    st.sampled_from([UUID(int=number) for number in range(10, 14)]),
)
days = st.integers(0, 5)


class Living(RuleBasedStateMachine):
    """One person's access beside what is expected of it, which knows of no events."""

    def __init__(self) -> None:
        super().__init__()
        self.access: Access = ACCESS.initial
        self.now = noon
        self.agenda: list[At] = []
        self.open: set[TierId] = set()
        self.live: dict[Reason, TierId] = {}
        self.until: dict[Reason, datetime] = {}
        self.dead: set[Reason] = set()
        self.held: dict[Reason, TierId] = {}
        self.bar: datetime | None = None

    def ask(self, command: commands.AccessCommand) -> None:
        for event in ACCESS.decide(command, self.access):
            self.access = ACCESS.evolve(self.access, event)
            match event:
                case events.AccessGranted(tier_id=tier_id, first=first):
                    assert first == (tier_id not in self.open)
                    self.open.add(tier_id)
                case events.AccessRevoked(tier_id=tier_id, last=True):
                    self.open.remove(tier_id)
            for _, _, intent in intents_of(ON, fact(event, stream_of(ada))):
                assert isinstance(intent, At)
                self.agenda.append(intent)

    def kill(self, *killed: Reason) -> None:
        self.dead.update(killed)
        for reason in killed:
            self.live.pop(reason, None)

    @rule(reason=reasons)
    def a_reason_begins(self, reason: Reason) -> None:
        """Or is said to, a second time."""
        tier = TIERS[reason.reason_id.int % 2]
        self.ask(commands.StartReason(ada, (tier,), *reason))
        if reason in self.live or reason in self.dead:
            return
        if self.bar is None:
            self.live[reason] = tier
        else:
            self.kill(reason)

    @rule(reason=reasons, lasts=days)
    def it_is_over(self, reason: Reason, lasts: int) -> None:
        until = self.now + timedelta(days=lasts) if lasts else None
        self.held.pop(reason, None)
        self.ask(commands.EndReason(ada, *reason, "ended", until))
        if reason in self.dead or reason not in self.live or until is None:
            self.kill(reason)
        else:
            self.until[reason] = min(until, self.until.get(reason, until))

    @rule(lasts=days)
    def they_are_banned(self, lasts: int) -> None:
        until = self.now + timedelta(days=lasts) if lasts else None
        self.ask(commands.BarAccess(ada, "banned", until))
        if self.bar is None or until is None:
            self.bar = until or self.now
        self.time_has_come()

    @rule()
    def the_ban_is_lifted(self) -> None:
        self.ask(commands.LiftBar(ada))
        if self.bar is not None:
            self.kill(*(reason for reason in self.live if reason.kind == "joined"))
            self.bar = None
            self.live |= self.held
            self.dead -= set(self.held)
            self.held.clear()

    @rule(passing=days)
    def days_pass(self, passing: int) -> None:
        self.now += timedelta(days=passing)
        due = [at for at in self.agenda if at.due <= self.now]
        self.agenda = [at for at in self.agenda if at.due > self.now]
        for at in sorted(due, key=lambda one: one.due):
            self.ask(at.ask.command)  # type: ignore[arg-type]  # Only access asks here.
        self.time_has_come()

    def time_has_come(self) -> None:
        if self.bar is not None and self.bar <= self.now:
            paid = {one: tier for one, tier in self.live.items() if one.kind != "joined"}
            self.held |= paid
            self.kill(*self.live)
        over = [one for one in self.until if self.until[one] <= self.now]
        self.kill(*(one for one in over if one in self.live))
        for one in over:
            self.held.pop(one, None)

    @invariant()
    def what_lives_is_what_is_expected(self) -> None:
        assert {grant.reason: grant.tier_id for grant in self.access.live} == self.live

    @invariant()
    def what_is_open_is_what_lives(self) -> None:
        assert self.open == set(self.live.values())


Living.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestLiving = Living.TestCase
