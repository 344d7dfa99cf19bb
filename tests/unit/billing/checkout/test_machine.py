"""Whatever is paid with whichever card, in whatever order news comes: nobody pays twice, and no money is lost."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.events import Line, OfferLine, QuoteLine
from services.billing.discount.commands import PublishDiscount
from services.billing.discount.decider import DISCOUNT
from services.billing.discount.events import Deal, Discount, DiscountRedeemed
from services.billing.discount.projections import holding
from services.billing.order.decider import ORDER
from services.billing.order.events import order_of
from services.billing.payer.events import NO_CARD
from services.billing.payment.events import PaymentSucceeded, RefundIssued, payment_of
from services.billing.payment.reactions import ConfirmIntent, FetchIntent
from services.billing.statuses import Status
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import (
    SubscriptionActivated,
    TrialStarted,
    subscription_of,
)
from shared.contracts.events_sale import SeatDenied
from shared.decider import Refused
from shared.ids import Code
from shared.reaction import Ask, Call
from tests.cases import cases
from tests.unit.billing.cast import ada, community_id, euros, noon
from tests.unit.billing.subscription.statuses import WAYS, status_of, ways_of
from tests.unit.billing.world import WALLET, WALLETS, World

HOME = Code("https://club.example")
gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 1)
on_trial = replace(gold, offer_id=UUID(int=11), trial_days=14)
to_try = replace(on_trial, trial_needs_card=False)
book = OfferLine(UUID(int=12), None, euros(20), "once", 0, 2)
seats = QuoteLine(UUID(int=30), 1, euros(15), noon + timedelta(minutes=13))

baskets = st.sampled_from(
    [(gold,), (on_trial,), (to_try,), (book,), (seats,), (gold, seats), (book, on_trial)]
)
half = Discount(UUID(int=60), Deal(percent=50, periods=None))
gift = Discount(UUID(int=61), Deal(percent=100))
codes = st.sampled_from([None, half, half, gift])
cards = st.sampled_from(
    [
        Code(f"pm_{kind}")
        for kind in ("good", "declines", "authenticates", "slow", "refused", "unknown")
    ]
    + [WALLET] * 2
)
numbers = st.integers(0, 11)


class Buying(RuleBasedStateMachine):
    """One person, several checkouts, one processor that answers when it likes."""

    checkouts: Bundle[UUID] = Bundle("checkouts")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.opened: dict[UUID, tuple[Line, ...]] = {}
        self.denied: set[UUID] = set()

    def _ask(self, checkout_id: UUID, command: commands.CheckoutCommand) -> None:
        with suppress(Refused):
            self.world.ask(Ask(CHECKOUT, checkout_id, command))

    @initialize(target=checkouts, lines=baskets, code=codes)
    def opens_the_first(self, lines: tuple[Line, ...], code: Discount | None) -> Any:
        for one in (half, gift):
            given_out = PublishDiscount(Code(f"CODE-{one.discount_id.int}"), one.deal, most=1)
            self.world.ask(Ask(DISCOUNT, one.discount_id, given_out))
        return self._open(lines, code)

    @precondition(lambda self: len(self.opened) < 3)
    @rule(target=checkouts, lines=baskets, code=codes)
    def opens_another_in_a_second_tab(self, lines: tuple[Line, ...], code: Discount | None) -> Any:
        return self._open(lines, code)

    @rule(checkout_id=checkouts, card=cards, steps=st.integers(0, 6))
    def pays(self, checkout_id: UUID, card: Code, steps: int) -> None:
        agree_at = WALLETS if card == WALLET else None
        pay = commands.PayCheckout(ada, card, self.world.now, agree_at=agree_at)
        self._ask(checkout_id, pay)
        for _ in range(steps):
            self.world.work(0)

    @rule(checkout_id=checkouts)
    def begins_without_a_card(self, checkout_id: UUID) -> None:
        self._ask(checkout_id, commands.PayCheckout(ada, NO_CARD, self.world.now))

    @rule(checkout_id=checkouts)
    def thinks_better_of_it(self, checkout_id: UUID) -> None:
        self._ask(checkout_id, commands.CancelCheckout(ada))

    @rule(work=st.lists(st.tuples(numbers, st.booleans(), st.booleans()), min_size=1, max_size=6))
    def workers_do_something(self, work: list[tuple[int, bool, bool]]) -> None:
        for number, made_twice, first_counts in work:
            self.world.work(number, made_twice=made_twice, first_counts=first_counts)

    @rule(number=numbers, success=st.booleans())
    def the_payer_or_the_bank_decides(self, number: int, success: bool) -> None:  # noqa: FBT001
        if intent := self._some(list(self.world.processor.intents), number):
            self.world.processor.finish(intent, success=success)

    @rule(number=numbers)
    def the_processor_reports(self, number: int) -> None:
        if intent := self._some(list(self.world.processor.intents), number):
            payment_id = self.world.processor.intents[intent].order.payment_id
            self.world.calls.append(Call(FetchIntent(payment_id, intent)))

    @rule()
    def half_an_hour_passes(self) -> None:
        expiries = [at for at in self.world.clocks if at.due <= noon + timedelta(hours=1)]
        if expiries:
            self.world.next_clock()

    @rule()
    def there_is_no_seat(self) -> None:
        if seats.hold_id in self.denied or not self.world.state(ORDER, seats.hold_id):
            return
        self.denied.add(seats.hold_id)
        denied = SeatDenied(
            community_id=community_id,
            occurred_at=self.world.now,
            gathering_id=UUID(int=40),
            hold_id=seats.hold_id,
            person_id=ada,
            reason="sold_out",
        )
        self.world.happened(denied, UUID(int=41))

    def _open(self, lines: tuple[Line, ...], code: Discount | None) -> Any:
        checkout_id = UUID(int=1000 + len(self.opened))
        back, now = Code(f"{HOME}/thanks"), self.world.now
        opening = commands.OpenCheckout(ada, lines, None, Code("UTC"), back, HOME, now, code)
        steps = [Ask(CHECKOUT, checkout_id, opening)]
        if code:
            steps.append(holding(code.discount_id, checkout_id, ada, now))
        with suppress(Refused):
            for step in steps:  # Both are stored, or neither.
                step.decider.decide(step.command, self.world.state(step.decider, step.stream_id))
            for step in steps:
                self.world.ask(step)
        if self.world.state(CHECKOUT, checkout_id) is None:
            return multiple()
        self.opened[checkout_id] = lines
        return checkout_id

    @invariant()
    def nobody_pays_twice(self) -> None:
        for checkout_id in self.opened:
            due = self.world.state(CHECKOUT, checkout_id).opened.basket.due
            assert self.world.processor.taken(payment_of(checkout_id)) in (0, due.minor)

    @invariant()
    def no_more_goes_back_than_came(self) -> None:
        for checkout_id in self.opened:
            payment_id = payment_of(checkout_id)
            taken = self.world.processor.taken(payment_id)
            assert self.world.processor.given_back(payment_id) <= taken

    @invariant()
    def what_is_complete_is_paid(self) -> None:
        for checkout_id, done in self.world.events(events.CheckoutCompleted):
            taken = self.world.processor.taken(payment_of(checkout_id))
            assert taken == done.basket.due.minor

    @invariant()
    def a_code_for_one_is_used_by_one(self) -> None:
        for code in (half, gift):
            bought = [
                done
                for _, done in self.world.events(events.CheckoutCompleted)
                if done.basket.discount_id == code.discount_id
            ]
            assert len(bought) <= 1

    @invariant()
    def it_goes_only_where_states_lead(self) -> None:
        insist_on_ways(self.world, self.opened)

    def teardown(self) -> None:
        processor = self.world.processor
        self.world.settle()
        for intent in list(processor.intents):
            processor.finish(intent, success=True)
            payment_id = processor.intents[intent].order.payment_id
            self.world.calls.append(Call(FetchIntent(payment_id, intent)))
        self.world.settle()
        while any(at.due <= noon + timedelta(hours=2) for at in self.world.clocks):
            self.world.next_clock()
            self.world.settle()
        insist_on_ways(self.world, self.opened)
        self._money_bought_what_it_was_for()
        self._codes_were_used_or_are_free_again()
        self._subscriptions_began_with_what_was_bought()

    def _money_bought_what_it_was_for(self) -> None:
        """What was taken is known, completed its checkout, and is in an order or went back."""
        world = self.world
        succeeded = dict(world.events(PaymentSucceeded))
        refunded = [refund.refund_id for _, refund in world.events(RefundIssued)]
        assert len(refunded) == len(set(refunded))
        for checkout_id, lines in self.opened.items():
            payment_id = payment_of(checkout_id)
            taken = world.processor.taken(payment_id)
            assert (payment_id in succeeded) == (taken > 0)
            phase = world.state(CHECKOUT, checkout_id).phase
            assert phase == "completed" or not taken
            if seats in lines and taken:
                order = world.state(ORDER, seats.hold_id)
                kept = order.purchase.payment_id == payment_id and seats.hold_id not in self.denied
                assert world.processor.given_back(payment_id) == (0 if kept else seats.price.minor)

    def _codes_were_used_or_are_free_again(self) -> None:
        done = {checkout_id for checkout_id, _ in self.world.events(events.CheckoutCompleted)}
        used = {redeemed.checkout_id for _, redeemed in self.world.events(DiscountRedeemed)}
        for checkout_id in self.opened:
            with_code = self.world.state(CHECKOUT, checkout_id).opened.basket.discount_id
            assert (checkout_id in used) == (with_code is not None and checkout_id in done)
        for _, campaign in self.world.streams(DISCOUNT):
            expired = [self.world.state(CHECKOUT, held).phase for held in campaign.held]
            assert "expired" not in expired

    def _subscriptions_began_with_what_was_bought(self) -> None:
        began = self.world.events(SubscriptionActivated) + self.world.events(TrialStarted)
        bought = [
            line
            for _, done in self.world.events(events.CheckoutCompleted)
            for line in done.basket.lines
            if line.recurs
        ]
        assert len(began) == len({stream_id for stream_id, _ in began}) == len(bought)

    @staticmethod
    def _some(things: list[Any], number: int) -> Any:
        return things[number % len(things)] if things else None


def insist_on_ways(world: World, opened: dict[UUID, tuple[Line, ...]]) -> None:
    """From a checkout's first day to its subscription's last, and the page of each says where it stands."""
    for checkout_id, lines in opened.items():
        for line in lines:
            if isinstance(line, OfferLine) and line.recurs:
                subscription_id = subscription_of(order_of(checkout_id), line.offer_id)
                ways = ways_of(statuses_of(world, checkout_id, subscription_id))
                assert not {way for way in ways if way[1] not in WAYS[way[0]]}


def statuses_of(world: World, checkout_id: UUID, subscription_id: UUID) -> Iterator[Status]:
    checkout, subscription = CHECKOUT.initial, SUBSCRIPTION.initial
    for stream_id, event in world.history:
        if stream_id == checkout_id:
            checkout = CHECKOUT.evolve(checkout, event)
        elif stream_id == subscription_id:
            subscription = SUBSCRIPTION.evolve(subscription, event)
        yield status_of(subscription, checkout.phase if checkout else "open")


Buying.TestCase.settings = settings(max_examples=cases(50), stateful_step_count=15, deadline=None)
TestBuying = Buying.TestCase


def opened_with_the_last_code(world: World, checkout_id: UUID, lines: tuple[Line, ...]) -> None:
    back, code = Code(f"{HOME}/thanks"), half
    opening = commands.OpenCheckout(ada, lines, None, Code("UTC"), back, HOME, world.now, code)
    world.ask(holding(code.discount_id, checkout_id, ada, world.now))
    world.ask(Ask(CHECKOUT, checkout_id, opening))


@pytest.mark.parametrize("second", [Code("pm_good"), WALLET])
def test_a_try_that_is_given_up_waits_to_hear_of_the_one_before(second: Code) -> None:
    buying = Buying()
    buying.opens_the_first((book,), half)
    (checkout_id,) = buying.opened
    buying.pays(checkout_id, Code("pm_authenticates"), 6)
    buying.the_payer_or_the_bank_decides(number=0, success=True)  # And nobody has told us yet.
    buying.pays(checkout_id, second, 0)
    buying.thinks_better_of_it(checkout_id)
    buying.teardown()
    assert buying.world.state(CHECKOUT, checkout_id).phase == "completed"


def test_a_worker_that_wakes_up_late_collects_nothing_that_another_card_has_paid() -> None:
    buying = Buying()
    buying.opens_the_first((book,), None)
    (checkout_id,) = buying.opened
    buying.pays(checkout_id, WALLET, 6)
    (order,) = buying.world.processor.intents
    buying.the_payer_or_the_bank_decides(number=0, success=True)
    buying.pays(checkout_id, Code("pm_good"), 0)
    buying.world.settle()
    late = ConfirmIntent(payment_of(checkout_id), order, WALLETS)
    buying.world.calls.append(Call(late))
    buying.world.settle()
    assert buying.world.processor.intents[order].status == "approved", "and nobody collects it"
    buying.nobody_pays_twice()
    buying.teardown()


@pytest.mark.parametrize("in_time", [True, False])
def test_a_code_waits_until_it_is_known_whether_money_came(*, in_time: bool) -> None:
    world = World()
    first, second = UUID(int=1000), UUID(int=1001)
    world.ask(Ask(DISCOUNT, half.discount_id, PublishDiscount(Code("LAST"), half.deal, most=1)))
    opened_with_the_last_code(world, first, (book,))
    world.ask(Ask(CHECKOUT, first, commands.PayCheckout(ada, Code("pm_authenticates"), world.now)))
    world.settle()
    (intent,) = world.processor.intents
    if in_time:
        world.processor.finish(intent, success=True)  # And nobody has told us yet.
    world.next_clock()
    assert world.state(CHECKOUT, first).phase == "expired"
    with pytest.raises(Refused, match="Others were quicker"):
        opened_with_the_last_code(world, second, (book,))
    world.settle()
    assert world.state(CHECKOUT, first).phase == ("completed" if in_time else "expired")
    used = [redeemed.checkout_id for _, redeemed in world.events(DiscountRedeemed)]
    assert used == [first] * in_time
    if not in_time:
        opened_with_the_last_code(world, second, (book,))
