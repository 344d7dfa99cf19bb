"""P2: reports in any order, doubled, late, and whatever crashes: the same payments, subscriptions and books.

What happens at the processor is one story. It is told once in its order, and told again by reports that are shuffled,
doubled and held back, to workers that die with an answer in their hands. Nothing may differ in the end, and telling all
of it twice more may change nothing at all.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from random import Random
from typing import Any, Literal, NamedTuple
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.billing.checkout import commands
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.events import Line, OfferLine, QuoteLine
from services.billing.gateways import webhooks
from services.billing.ledger import projections
from services.billing.order.decider import ORDER
from services.billing.payment import events
from services.billing.payment.decider import PAYMENT, Payment
from services.billing.payment.events import payment_of
from services.billing.policy.commands import SetPolicy
from services.billing.policy.decider import POLICY
from services.billing.policy.events import Policy
from services.billing.policy.projections import policy_stream
from services.billing.subscription.decider import SUBSCRIPTION, Running
from shared.consumer import Webhook
from shared.decider import Decider
from shared.ids import PLATFORM, Code
from shared.money import Money
from shared.reaction import Ask
from tests.cases import cases
from tests.unit.billing.cast import ada, community_id, euros, fact, noon, visa
from tests.unit.billing.subscription.test_reversals import policies
from tests.unit.billing.world import WALLET, WALLETS, World, run

HOME = Code("https://club.example")
gold = OfferLine(UUID(int=10), UUID(int=20), euros(10), "month", 0, 1)
dollars = OfferLine(UUID(int=12), None, Money(2000, "USD"), "once", 0, 2)
on_trial = replace(gold, offer_id=UUID(int=11), trial_days=14)
seats = QuoteLine(UUID(int=30), 1, euros(15), noon + timedelta(days=1))
BASKETS: tuple[tuple[Line, ...], ...] = ((gold, seats), (dollars,), (on_trial,))
QUARTERS = 4
A_MONTH = timedelta(days=32)
MOVED = (events.PaymentSucceeded, events.RefundIssued, events.DisputeClosed)


class Deed(NamedTuple):
    """Something that happens at the processor to one of the payments; a month passes for all of them."""

    what: Literal["agree", "refuse", "refund", "dispute", "win", "lose", "month"]
    of: int
    part: int = 1


class Turn(NamedTuple):
    """What a worker does next, and how it fares: `dies` with the answer, or does it `twice`."""

    number: int
    dies: bool
    twice: bool
    first_counts: bool


@dataclass
class Telling:
    """One world in which the story happens. By `turns` it is shuffled; without, it is told in its order and at once."""

    policy: Policy
    cards: tuple[Code, ...]
    turns: Iterator[Turn] | None = None
    world: World = field(default_factory=World)
    unheard: list[Webhook] = field(default_factory=list)
    sent: list[Webhook] = field(default_factory=list)

    def begin(self) -> None:
        setting = SetPolicy(self.policy)
        self.world.ask(Ask(POLICY, policy_stream(community_id), setting))
        for number, (lines, card) in enumerate(zip(BASKETS, self.cards, strict=True)):
            checkout_id, back, now = UUID(int=1000 + number), Code(f"{HOME}/thanks"), noon
            opening = commands.OpenCheckout(ada, lines, None, Code("UTC"), back, HOME, now, None)
            agree_at = WALLETS if card == WALLET else None
            pay = commands.PayCheckout(ada, card, now, agree_at=agree_at)
            self.world.ask(Ask(CHECKOUT, checkout_id, opening))
            self.world.ask(Ask(CHECKOUT, checkout_id, pay))

    def payments(self) -> list[UUID]:
        first = {payment_of(UUID(int=1000 + number)) for number in range(len(BASKETS))}
        return sorted(first | {one for one, _ in self.world.streams(PAYMENT)})

    def happens(self, deed: Deed, payments: list[UUID]) -> None:
        if deed.what == "month":
            self.hears_of_all()
            until = self.world.now + A_MONTH
            while any(at.due <= until for at in self.world.clocks):
                self.world.next_clock()
                self.hears_of_all()
            self.world.now = until
            return
        payment_id = payments[deed.of % len(payments)]
        self.works(until=lambda: self._confirmed(payment_id) is not None)
        if intent := self._confirmed(payment_id):
            self._at_processor(deed, payment_id, intent)
            self.hears(1)

    def _at_processor(self, deed: Deed, payment_id: UUID, intent: Code) -> None:
        processor = self.world.processor
        announced = processor.intents[intent]
        dispute = Code(f"dp_{payment_id.int}")
        standing = processor.disputes.get(dispute, (intent, None))[1]
        gone = processor.given_back(payment_id)
        has_money = announced.status == "succeeded" and not announced.is_by_wallet
        match deed.what:
            case "agree" | "refuse":
                processor.finish(intent, success=deed.what == "agree")
                self._reports("payment_intent.succeeded", intent)
            case "refund" if has_money and standing in (None, "won"):
                amount = announced.order.amount
                asked = amount.share(Fraction(deed.part, QUARTERS))
                back = min(asked, Money(amount.minor - gone, amount.currency))
                if back:
                    processor.sent_back[Code(f"re_{payment_id.int}_{gone}")] = intent, None, back
                    self._reports("charge.refunded", intent)
            case "dispute" if has_money and standing is None and not gone:
                processor.disputes[dispute] = intent, "open"
                self._reports("charge.dispute.created", intent, dispute)
            case "win" | "lose" if standing == "open":
                processor.disputes[dispute] = intent, {"win": "won", "lose": "lost"}[deed.what]
                self._reports("charge.dispute.closed", intent, dispute)
            case _:
                pass

    def _reports(self, kind: str, intent: Code, dispute: Code | None = None) -> None:
        order = self.world.processor.intents[intent].order
        about = {
            "id": dispute or intent,
            "payment_intent": intent,
            "metadata": {
                "community_id": str(order.community_id),
                "payment_id": str(order.payment_id),
            },
        }
        report = Webhook(
            webhooks.SOURCE, kind, {"account": order.account, "data": {"object": about}}
        )
        self.sent.append(report)
        self.unheard.append(report)

    def _confirmed(self, payment_id: UUID) -> Code | None:
        """The intent of the payment that is more than announced."""
        for intent, announced in self.world.processor.intents.items():
            if announced.order.payment_id == payment_id and announced.status != "untouched":
                return intent
        return None

    def hears(self, count: int) -> None:
        """In its order and at once; or some of it, and perhaps again."""
        if self.turns is None:
            while self.unheard:
                self.tell(self.unheard.pop(0))
                self.world.settle()
            return
        for _ in range(count):
            turn = next(self.turns)
            if self.unheard and turn.number % 2:
                report = self.unheard[turn.number % len(self.unheard)]
                self.tell(report)
                if not turn.twice:
                    self.unheard.remove(report)
            self._work(turn)

    def hears_of_all(self) -> None:
        while self.unheard:
            self.hears(len(self.unheard))
        self.works()

    def tell(self, report: Webhook) -> None:
        self.world.happened(report, PLATFORM)

    def works(self, until: Callable[[], bool] = lambda: False) -> None:
        """As long as there is something to do; who tells it in its order does all there is."""
        if self.turns is None:
            self.world.settle()
            return
        for turn in self.turns:
            if until() or not self._has_work():
                return
            self._work(turn)

    def _work(self, turn: Turn) -> None:
        calls, before = self.world.calls, len(self.world.history)
        if turn.dies and calls:
            self.world.perform(calls[turn.number % len(calls)])
        else:
            self.world.work(turn.number, made_twice=turn.twice, first_counts=turn.first_counts)
        if len(self.world.history) > before:
            insist_that_the_books_balance(self.world)

    def _has_work(self) -> bool:
        world = self.world
        return bool(world.calls or world.answers or any(world.lanes.values()))


def entries(world: World) -> list[tuple[Any, ...]]:
    """The ledger as its projection writes it: kind, payment, what for, how much, of which currency."""
    return [(row[4], row[5], *row[7:10]) for row in written(world, [len(world.history)])]


def written(world: World, cuts: Iterable[int]) -> list[tuple[Any, ...]]:
    """All rows, where the log is folded in batches that end there."""
    table = Table()
    before = 0
    facts = [
        fact(event, stream, world.now)._replace(position=position)
        for position, (stream, event) in enumerate(world.history)
    ]
    for cut in cuts:
        batch = [one for one in facts[before:cut] if isinstance(one.body, MOVED)]
        run(projections.apply(table, batch))
        before = cut
    return table.rows


@dataclass
class Table:
    """Stands for the connection; every row counts, and a row that was there before is refused."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)

    async def executemany(self, _statement: str, rows: list[tuple[Any, ...]]) -> None:
        known = {row[:2] for row in self.rows}
        assert not known & {row[:2] for row in rows}
        self.rows += rows


def insist_that_the_books_balance(world: World) -> None:
    """Double entry: what the ledger has of a payment, and what the payment says it has kept, are nothing together.

    In each currency, too, and never more than lies at the processor, where what is under way is still unheard of.
    """
    booked, kept = Counter[tuple[UUID, str, str]](), Counter[tuple[UUID, str, str]]()
    for kind, payment_id, charged_for, minor, currency in entries(world):
        if kind != "dispute":
            booked[payment_id, charged_for, currency] += minor
    for payment_id, payment in world.streams(PAYMENT):
        for charged_for, amount in _kept(payment).items():
            kept[payment_id, charged_for, amount.currency] += amount.minor
    assert {key: minor for key, minor in booked.items() if minor} == {
        key: minor for key, minor in kept.items() if minor
    }
    sums = Counter[str]()
    for *_, minor, currency in entries(world):
        sums[currency] += minor
    for _, payment in world.streams(PAYMENT):
        remaining = payment.remaining * (payment.status == "succeeded")
        sums[remaining.currency] -= remaining.minor
    assert not any(sums.values())


def _kept(payment: Payment) -> dict[events.ChargedFor, Money]:
    return payment.kept() if payment.status == "succeeded" else {}


def insist_that_all_the_money_is_in_the_books(world: World) -> None:
    """Where nothing is under way any more, the processor has what the books say, to the cent."""
    processor = world.processor
    for payment_id, payment in world.streams(PAYMENT):
        there = processor.taken(payment_id) - processor.given_back(payment_id)
        lost = processor.disputed(payment.intent, "lost") if payment.intent else False
        there -= payment.charge.amount.minor * lost
        here = payment.remaining.minor * (payment.status == "succeeded")
        assert here == there


def books(world: World) -> dict[str, Any]:
    """All that is known in the end, without the names that the processor gave."""
    return {
        "payments": {
            payment_id: (
                payment.status,
                payment.left,
                payment.remaining,
                {name: (one.amount, one.outcome) for name, one in payment.disputes.items()},
            )
            for payment_id, payment in world.streams(PAYMENT)
        },
        "subscriptions": {
            name: replace(state, instrument=visa) if isinstance(state, Running) else state
            for name, state in world.streams(SUBSCRIPTION)
        },
        "checkouts": {name: state.phase for name, state in world.streams(CHECKOUT)},
        "orders": {name: (state.purchase.payment_id) for name, state in world.streams(ORDER)},
        "ledger": Counter(entries(world)),
    }


cards = st.tuples(
    *[
        st.sampled_from([*[Code("pm_good")] * 3, Code("pm_authenticates"), Code("pm_slow"), WALLET])
        for _ in BASKETS[:2]
    ],
    st.sampled_from([Code("pm_good"), Code("pm_slow")]),
)
deeds = st.lists(
    st.builds(
        Deed,
        st.sampled_from(
            [*["agree"] * 3, "refuse", *["refund", "dispute"] * 2, "win", "lose", "month"]
        ),
        st.integers(0, 3),
        st.sampled_from([1, 2, QUARTERS]),
    ),
    min_size=5,
    max_size=14,
)
turns = st.lists(
    st.builds(Turn, st.integers(0, 11), st.booleans(), st.booleans(), st.booleans()),
    min_size=12,
    max_size=40,
)


def forever(some: list[Turn]) -> Iterator[Turn]:
    """As drawn; then somebody has to get through, or nobody ever would."""
    yield from some
    number = 1
    while True:
        yield Turn(number, dies=False, twice=False, first_counts=True)
        number += 1


def told(telling: Telling, story: list[Deed]) -> World:
    telling.begin()
    telling.works()
    for deed in story:
        telling.happens(deed, telling.payments())
    telling.hears_of_all()
    return telling.world


@settings(max_examples=cases(40), deadline=None)
@given(policies, cards, deeds, turns)
def test_in_whatever_order_reports_come_payments_subscriptions_and_the_ledger_are_the_same(
    policy: Policy, paid_with: tuple[Code, ...], story: list[Deed], some: list[Turn]
) -> None:
    once = told(Telling(policy, paid_with), story)
    insist_that_all_the_money_is_in_the_books(once)
    telling = Telling(policy, paid_with, forever(some))
    again = told(telling, story)
    insist_that_all_the_money_is_in_the_books(again)
    assert books(again) == books(once)


@settings(max_examples=cases(40), deadline=None)
@given(policies, cards, deeds, st.randoms(use_true_random=False))
def test_all_reports_once_more_and_again_change_nothing(
    policy: Policy, paid_with: tuple[Code, ...], story: list[Deed], shuffled: Random
) -> None:
    telling = Telling(policy, paid_with)
    world = told(telling, story)
    known, happened = books(world), [event for event in world.history if _is_ours(event)]
    every_one = telling.sent * 2
    shuffled.shuffle(every_one)
    for report in every_one:
        telling.tell(report)
    world.settle()
    assert [event for event in world.history if _is_ours(event)] == happened
    assert books(world) == known


def _is_ours(happened: tuple[UUID, object]) -> bool:
    return not isinstance(happened[1], Webhook)


@settings(max_examples=cases(20), deadline=None)
@given(policies, cards, deeds, st.lists(st.integers(0, 200), max_size=6))
def test_the_log_folded_twice_or_in_batches_is_the_same_ledger_and_the_same_state(
    policy: Policy, paid_with: tuple[Code, ...], story: list[Deed], cuts: list[int]
) -> None:
    world = told(Telling(policy, paid_with), story)
    whole = written(world, [len(world.history)])
    assert (
        written(world, [*sorted(min(cut, len(world.history)) for cut in cuts), len(world.history)])
        == whole
    )
    deciders: tuple[Decider[Any, Any, Any], ...] = (PAYMENT, SUBSCRIPTION)
    for decider in deciders:
        for stream_id, state in world.streams(decider):
            again = decider.initial
            for of, event in world.history:
                if of == stream_id:
                    again = decider.evolve(again, event)
            assert again == state
