"""Registration under every order of things: holds, expiries, money early, late and twice, and a cancellation."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from services.events.gathering import commands as gatherings
from services.events.gathering.decider import GATHERING
from services.events.hold import reactions as of_hold
from services.events.hold.events import PaymentUnmatched
from services.events.sale import commands as sales
from services.events.sale import reactions as of_sale
from services.events.sale.decider import SALE, Sale
from services.events.sale.events import (
    HoldId,
    SeatDenied,
    SeatReleased,
    SeatsReturned,
    SeatsSold,
    SeatsWithdrawn,
    sale_of,
)
from services.events.ticket import reactions as of_ticket
from services.events.ticket.events import TicketCancelled, TicketIssued
from shared.contracts.billing_order import OrderLine, OrderPaid, OrderRefunded
from shared.contracts.contract import MoneyValue
from shared.decider import Refused
from shared.event_store import Fact, Meta
from shared.ids import AccountId, Label, PersonId
from shared.money import Money
from shared.reaction import Ask, At, Reaction, intents_of
from tests.cases import cases

community = UUID(int=1)
dinner = UUID(int=2)
account = AccountId(UUID(int=3))
people = [PersonId(UUID(int=number)) for number in (4, 5, 6)]
capacity = 3
price = Money(1200, "EUR")
meta = Meta(community, community)
opening = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Loops:
    """Log, reactions and agenda without their tables: items of one lane in order, the rest in any."""

    def __init__(self) -> None:
        self.now = opening
        self.log: list[Fact] = []
        self.states: dict[UUID, Any] = {}
        self.lanes: dict[UUID, list[Ask]] = defaultdict(list)
        self.later: list[At] = []
        self.inbox: list[Fact] = []
        self.reactions: dict[type, list[Reaction]] = defaultdict(list)
        for reaction in (*of_sale.REACTIONS, *of_hold.REACTIONS, *of_ticket.REACTIONS):
            self.reactions[reaction.to].append(reaction)

    def ask(self, ask: Ask) -> None:
        state = self.states.get(ask.stream_id, ask.decider.initial)
        decided = ask.decider.decide(ask.command, state)
        self.states[ask.stream_id] = ask.decider.fold(decided, state)
        for body in decided:
            fact = self.fact("events", ask.stream_id, body)
            self.log.append(fact)
            self.react(fact)

    def fact(self, source: str, stream_id: UUID, body: object) -> Fact:
        position = len(self.log) + 1
        name = type(body).__name__
        return Fact(
            source, position, UUID(int=position), stream_id, community, position, name,
            self.now, self.now, body, meta,
        )  # fmt: skip

    def react(self, fact: Fact) -> None:
        for _, _, intent in intents_of(self.reactions, fact):
            match intent:
                case Ask():
                    self.lanes[fact.stream_id].append(intent)
                case At():
                    self.later.append(intent)

    def ready(self) -> list[Fact | UUID | At]:
        """Money that is unread, the lanes that are not empty, and what is due."""
        lanes = [lane for lane, asks in self.lanes.items() if asks]
        return [*self.inbox, *lanes, *(item for item in self.later if item.due <= self.now)]

    def work(self, item: Fact | UUID | At, *, again: bool) -> None:
        """Do one thing; `again` is a worker that died before it could say so."""
        match item:
            case Fact():
                self.inbox.remove(item)
                do = partial(self.react, item)
            case At():
                self.later.remove(item)
                do = partial(self.ask, item.ask)
            case UUID():
                do = partial(self.ask, self.lanes[item].pop(0))
        do()
        if again:
            do()

    def happened(self, kind: type) -> list[Any]:
        return [fact.body for fact in self.log if isinstance(fact.body, kind)]


class Registration(RuleBasedStateMachine):
    holds: Bundle[tuple[HoldId, PersonId, int]] = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.loops = Loops()
        self.made = 0
        self.paid: dict[UUID, Fact] = {}
        self.refunded: set[UUID] = set()

    @initialize(free=st.sampled_from([False, False, True]), unknown=st.booleans())
    def publish(self, *, free: bool, unknown: bool) -> None:
        self.price = Money(0, "EUR") if free else price
        starts_at = opening + timedelta(hours=6)
        ends_at = starts_at + timedelta(hours=2)
        self.loops.ask(
            Ask(
                GATHERING,
                dinner,
                gatherings.PublishGathering(
                    Label("Dinner"), None, starts_at, ends_at, capacity, self.price, opening
                ),
            )
        )
        self.drain()
        if unknown:
            self.order(HoldId(UUID(int=500)), people[0], price)

    @rule(target=holds, person=st.sampled_from(people), seats=st.integers(1, 2))
    def hold(self, person: PersonId, seats: int) -> Any:
        self.made += 1
        hold_id = HoldId(UUID(int=1_000 + self.made))
        command = sales.HoldSeats(hold_id, person, account, seats, None, self.loops.now)
        try:
            self.loops.ask(Ask(SALE, sale_of(dinner), command))
        except Refused:
            return multiple()
        return hold_id, person, seats

    @rule(hold=holds)
    def release(self, hold: tuple[HoldId, PersonId, int]) -> None:
        hold_id, person, _ = hold
        with suppress(Refused):
            self.loops.ask(Ask(SALE, sale_of(dinner), sales.ReleaseHold(hold_id, person)))

    @rule(hold=consumes(holds))
    def pay(self, hold: tuple[HoldId, PersonId, int]) -> None:
        hold_id, person, seats = hold
        if self.price:
            self.order(hold_id, person, self.price * seats)

    def order(self, hold_id: HoldId, person: PersonId, amount: Money) -> None:
        if hold_id in self.paid:
            return
        value = MoneyValue.of(amount)
        line = OrderLine(kind="quote", amount=value, hold_id=hold_id, revision=1)
        paid = OrderPaid(
            community_id=community, occurred_at=self.loops.now, order_id=hold_id,
            person_id=person, checkout_id=hold_id, payment_id=hold_id, total=value, lines=(line,),
        )  # fmt: skip
        self.paid[hold_id] = self.loops.fact("billing", hold_id, paid)
        self.loops.inbox.append(self.paid[hold_id])

    @rule(which=st.integers(0, 5))
    def refund(self, which: int) -> None:
        """Of an order's facts, the later is read later."""
        unread = {fact.stream_id for fact in self.loops.inbox}
        orders = sorted(self.paid.keys() - unread - self.refunded)
        if not orders:
            return
        order_id = orders[which % len(orders)]
        paid = self.paid[order_id].body
        back = OrderRefunded(
            community_id=community, occurred_at=self.loops.now, order_id=order_id,
            person_id=paid.person_id, total=paid.total, reason="requested",
        )  # fmt: skip
        self.refunded.add(order_id)
        self.loops.inbox.append(self.loops.fact("billing", order_id, back))

    @rule(which=st.lists(st.integers(0, 5), min_size=1, max_size=8), again=st.booleans())
    def work(self, which: list[int], *, again: bool) -> None:
        for number in which:
            if ready := self.loops.ready():
                self.loops.work(ready[number % len(ready)], again=again)

    @rule(minutes=st.sampled_from([1, 16, 90]))
    def let_time_pass(self, minutes: int) -> None:
        self.loops.now += timedelta(minutes=minutes)

    @rule(sure=st.integers(0, 3))
    def cancel(self, sure: int) -> None:
        if not sure and self.loops.now < opening + timedelta(hours=8):
            command = gatherings.CancelGathering(self.loops.now)
            self.loops.ask(Ask(GATHERING, dinner, command))

    @property
    def sale(self) -> Sale:
        sale = self.loops.states[sale_of(dinner)]
        assert isinstance(sale, Sale)
        return sale

    @invariant()
    def no_more_is_held_and_sold_than_there_is(self) -> None:
        if sale_of(dinner) not in self.loops.states:
            return
        held = sum(self.sale.holds[hold_id].seats.count for hold_id in self.sale.live.values())
        sold = sum(happened.seats.count for happened in self.loops.happened(SeatsSold))
        back = sum(
            happened.seats.count
            for kind in (SeatsWithdrawn, SeatsReturned)
            for happened in self.loops.happened(kind)
        )
        assert held + sold - back == capacity - self.sale.free <= capacity

    @invariant()
    def nothing_happens_twice(self) -> None:
        assert only_once(denied.hold_id for denied in self.loops.happened(SeatDenied))
        taken_back = (SeatsWithdrawn, SeatsReturned)
        for kinds in (
            (SeatsSold,),
            (SeatReleased,),
            taken_back,
            (TicketIssued,),
            (TicketCancelled,),
        ):
            assert only_once(
                happened.seats.hold_id for kind in kinds for happened in self.loops.happened(kind)
            )

    def drain(self) -> None:
        while ready := self.loops.ready():
            self.loops.work(ready[0], again=False)

    def teardown(self) -> None:
        """Once everything has been heard and done, everybody has had their answer."""
        self.drain()
        self.loops.now += timedelta(days=1)
        self.drain()
        if sale_of(dinner) not in self.loops.states:
            return
        assert not self.sale.live
        issued = {ticket.seats.hold_id for ticket in self.loops.happened(TicketIssued)}
        denied = {
            answer.hold_id
            for kind in (SeatDenied, PaymentUnmatched)
            for answer in self.loops.happened(kind)
        }
        withdrawn = {happened.seats.hold_id for happened in self.loops.happened(SeatsWithdrawn)}
        returned = {happened.seats.hold_id for happened in self.loops.happened(SeatsReturned)}
        answered = denied | (issued if self.price else set())
        assert self.paid.keys() - self.refunded <= answered <= self.paid.keys()
        assert not denied & issued
        assert withdrawn == (issued - returned if self.sale.cancelled else set())
        assert returned | withdrawn >= issued & self.refunded >= returned
        assert len(self.loops.happened(TicketCancelled)) == len(withdrawn | returned)


def only_once(ids: Iterable[UUID]) -> bool:
    return max(Counter(ids).values(), default=1) == 1


TestRegistration = Registration.TestCase
TestRegistration.settings = settings(max_examples=cases(60), stateful_step_count=30, deadline=None)
