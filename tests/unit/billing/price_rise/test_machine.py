"""Prices that rise while everything else happens: nobody pays more than they chose, or were told of in time."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from services.billing.payer.events import Instrument
from services.billing.price_rise.commands import CancelPriceRise, StartPriceRise
from services.billing.price_rise.decider import PRICE_RISE
from services.billing.price_rise.events import Whom
from services.billing.rises import first_due
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import Otherwise, Rise, Terms
from shared.decider import Refused
from shared.ids import Code, Label
from shared.money import Money
from shared.reaction import Ask
from tests.cases import cases
from tests.unit.billing.cast import ada, noon
from tests.unit.billing.subscription.test_change_machine import Changing
from tests.unit.billing.subscription.test_machine import subscription_id, terms
from tests.unit.billing.world import World

NOTICE = 30
PAST_THIS = 500
LASTING = [Code("pm_good"), Code("pm_good"), Code("pm_slow"), Code("pm_declines")]
fingerprint = UUID(int=7)
otherwise_s: st.SearchStrategy[Otherwise] = st.sampled_from(["keep", "end"])


@dataclass
class DatedWorld(World):
    """One that remembers when what happened."""

    times: list[datetime] = field(default_factory=list)

    def happened(self, event: object, stream_id: UUID) -> None:
        self.times.append(self.now)
        super().happened(event, stream_id)


class Raising(Changing):
    """The life of a subscription whose price the seller raises, again and again, and sometimes does not after all."""

    rises = 0

    def __init__(self) -> None:
        super().__init__()
        self.world = self.dated = DatedWorld()
        self.about_it: dict[UUID, Rise] = {}

    @initialize(trial_days=st.sampled_from([0, 0, 14]), card=st.sampled_from(LASTING))
    def begins(self, trial_days: int, card: Code) -> None:
        self.world.processor.customers.add(Code("cus_ada"))
        kept = Instrument(card, Code("cus_ada"), None)
        self._ask(commands.StartSubscription(terms, kept, trial_days, noon))

    def staff_end_it(self) -> None:
        """Not here: what ends too soon has no price that could rise."""

    def the_person_is_erased(self) -> None:
        """Not here either."""

    @rule(days=st.integers(20, 90))
    def a_while_passes(self, days: int) -> None:
        self._until(self.world.now + timedelta(days=days))

    @precondition(lambda self: self.rises)
    @rule(is_agreed=st.booleans())
    def it_comes_due(self, is_agreed: bool) -> None:  # noqa: FBT001
        state = self.world.state(SUBSCRIPTION, subscription_id)
        if isinstance(state, Running) and (told := state.rising.waits):
            if is_agreed:
                self._ask(commands.AcceptPriceRise(ada))
            self._until(first_due(state.holding, told.applies_from))

    def _until(self, until: datetime) -> None:
        while any(clock.due <= until for clock in self.world.clocks):
            self.world.next_clock()
            self.world.settle()

    @precondition(lambda self: self.rises > 1)
    @rule()
    def cancels(self) -> None:
        self._ask(commands.ScheduleCancellation(ada))

    @rule(
        ahead=st.integers(NOTICE, 70),
        more=st.integers(1, PAST_THIS),
        needs_consent=st.booleans(),
        otherwise=otherwise_s,
        about=st.sampled_from(["it", "it", "it, but told late", "another"]),
    )
    def the_seller_raises_the_price(
        self,
        ahead: int,
        more: int,
        needs_consent: bool,  # noqa: FBT001
        otherwise: Otherwise,
        about: str,
    ) -> None:
        self.rises += 1
        price = Money(terms.price.minor + PAST_THIS * (self.rises - 1) + more, "EUR")
        rise = Rise(
            rise_id=UUID(int=5000 + self.rises),
            offer_id=terms.offer_id,
            name=Label("Gold"),
            price_version=1 + self.rises,
            prices=(price,),
            effective_from=self.world.now + timedelta(days=ahead),
            notice_days=NOTICE,
            needs_consent=needs_consent,
            otherwise=otherwise,
        )
        told = subscription_id if about == "it" else UUID(int=51)
        if about != "another":
            self.about_it[rise.rise_id] = rise
        start = StartPriceRise(rise, Whom(), (told,), fingerprint, fingerprint, self.world.now)
        self.world.ask(Ask(PRICE_RISE, rise.rise_id, start))

    @rule()
    def agrees(self) -> None:
        self._ask(commands.AcceptPriceRise(ada))

    @precondition(lambda self: self.rises)
    @rule(number=st.integers(0, 11))
    def the_seller_thinks_better_of_it(self, number: int) -> None:
        rise_id = UUID(int=5001 + number % self.rises)
        with suppress(Refused):
            self.world.ask(Ask(PRICE_RISE, rise_id, CancelPriceRise(self.world.now)))

    @precondition(lambda self: self.about_it)
    @rule(number=st.integers(0, 11), is_withdrawn=st.booleans(), days=st.integers(0, 30))
    def news_comes_late_or_twice(self, number: int, is_withdrawn: bool, days: int) -> None:  # noqa: FBT001
        rise = self._some(list(self.about_it.values()), number)
        self._later(days)
        if is_withdrawn:
            self._ask(commands.WithdrawPriceRise(rise.rise_id))
        else:
            self._ask(commands.AnnouncePriceRise(rise, self.world.now))

    @rule(days=st.integers(0, 30))
    def nothing_happens(self, days: int) -> None:
        self._later(days)

    @invariant()
    def nobody_pays_a_price_they_neither_chose_nor_were_told_of_in_time(self) -> None:
        model = Payer()
        for (stream_id, event), at in zip(self.world.history, self.dated.times, strict=True):
            if stream_id == subscription_id:
                model.sees(event, at)

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        own = [event for stream, event in self.world.history if stream == subscription_id]
        kinds = [type(event) for event in own]
        if events.SubscriptionEnded in kinds:
            after = own[kinds.index(events.SubscriptionEnded) + 1 :]
            left_out = [one for one in after if isinstance(one, events.PriceRiseDropped)]
            assert all((one.reason, one.told) == ("ended", None) for one in left_out)
            assert {type(one) for one in after} <= {events.LateRenewalPaid, events.PriceRiseDropped}

    @invariant()
    def what_is_over_is_over(self) -> None:
        over: set[UUID] = set()
        announced: set[UUID] = set()
        for _, event in self.world.history:
            match event:
                case events.PriceRiseAnnounced(rise=rise):
                    assert rise.rise_id not in over | announced
                    announced.add(rise.rise_id)
                case events.PriceRiseApplied(rise_id=rise_id):
                    assert rise_id in announced - over
                    over.add(rise_id)
                case events.PriceRiseDropped(rise_id=rise_id):
                    assert rise_id not in over
                    over.add(rise_id)
                case _:
                    pass

    @invariant()
    def what_is_not_about_it_does_not_touch_it(self) -> None:
        touched = {told.rise.rise_id for _, told in self.world.events(events.PriceRiseAnnounced)}
        touched |= {gone.rise_id for _, gone in self.world.events(events.PriceRiseDropped)}
        assert touched <= self.about_it.keys()

    def teardown(self) -> None:
        super().teardown()
        self.nobody_pays_a_price_they_neither_chose_nor_were_told_of_in_time()
        self.every_cent_billed_is_for_a_period_or_a_line_or_waits()


class Payer:
    """What somebody may be charged, told from what they chose and what they were told, and by nothing else."""

    def __init__(self) -> None:
        self.has: Terms | None = None
        self.wants: Terms | None = None
        self.told: tuple[events.PriceRiseAnnounced, datetime] | None = None
        self.agreed = False
        self.billed: set[UUID] = set()

    def sees(self, event: object, at: datetime) -> None:
        match event:
            case events.TrialStarted(first):
                self.has = first
            case events.ChangeScheduled(to=to):
                self.wants = to
            case events.ChangeDropped():
                self.wants = None
            case events.RenewalStarted() if event.attempt == 1:
                self.is_charged(event.terms, event.period.start)
            case events.SubscriptionRenewed() | events.SubscriptionActivated():
                if self.has is not None:
                    self.is_charged(event.terms, event.period.start)
                self.has, self.wants = event.terms, None
            case events.ChangeBilled(change=change) if change.mode == "reset":
                self.is_asked(change)
            case events.SubscriptionChanged(change=change):
                if change.mode == "reset" and change.change_id not in self.billed:
                    self.is_asked(change)
                self.has, self.wants = event.terms, None
            case _:
                self.hears(event, at)

    def is_asked(self, change: events.Change) -> None:
        """What is shown is what is charged, whatever the seller thinks better of until it is paid."""
        self.billed.add(change.change_id)
        if change.to.price_version > 1:
            self.is_charged(change.to, change.period.start)

    def hears(self, event: object, at: datetime) -> None:
        match event:
            case events.PriceRiseAnnounced():
                self.told, self.agreed = (event, at), False
            case events.PriceRiseAccepted():
                self.agreed = True
            case events.PriceRiseDropped(rise_id=over) | events.PriceRiseApplied(rise_id=over):
                if self.told and self.told[0].rise.rise_id == over:
                    self.told = None
            case _:
                pass

    def is_charged(self, charged: Terms, start: datetime) -> None:
        """At the price they chose, unless they were told of another; and nobody who was gets round it."""
        asked = self.wants or self.has
        assert asked
        if self.told is None or asked.offer_id != terms.offer_id:
            assert charged.price == asked.price
            return
        told, told_at = self.told
        agreed = self.agreed or not told.rise.needs_consent
        is_older = asked.price_version < told.to.price_version
        if start >= told.applies_from and agreed and is_older:
            assert charged.price == told.to.price
            assert start >= told_at + timedelta(days=NOTICE)
            assert start >= told.rise.effective_from
        else:
            assert charged.price == asked.price


Raising.TestCase.settings = settings(max_examples=cases(100), stateful_step_count=40, deadline=None)
TestRaising = Raising.TestCase
