"""Billing without its kernel: the same deciders, reactions and performers, in any order a crash could leave.

What the kernel promises is kept: each ask is decided once, those of one source stream in order. What it does not
promise is left open: calls and clocks come in any order, and a call may be made more often than it is answered.
"""

from collections import deque
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from services.billing.card_trial.feature import FEATURE as CARD_TRIAL
from services.billing.checkout.feature import FEATURE as CHECKOUT
from services.billing.comparison import RefundThere
from services.billing.discount.feature import FEATURE as DISCOUNT
from services.billing.gateways.gateway import (
    Declined,
    Disputed,
    IntentOrder,
    Kept,
    Outcome,
    PayerStep,
    Subject,
)
from services.billing.gateways.paypal_gateway import ACCOUNT
from services.billing.order.feature import FEATURE as ORDER
from services.billing.payer.feature import FEATURE as PAYER
from services.billing.payment.feature import FEATURE as PAYMENT
from services.billing.policy.feature import FEATURE as POLICY
from services.billing.price_rise.feature import FEATURE as PRICE_RISE
from services.billing.subscription.feature import FEATURE as SUBSCRIPTION
from services.billing.takeover.feature import FEATURE as TAKEOVER
from shared.command_handler import Origin
from shared.decider import Decider
from shared.ids import Code, derive
from shared.money import Money
from shared.reaction import ActionContext, Ask, At, Call, Intent, Reaction, intents_of
from tests.unit.billing.cast import community_id, fact, noon

FEATURES = (
    CHECKOUT,
    CARD_TRIAL,
    DISCOUNT,
    PAYMENT,
    ORDER,
    PAYER,
    SUBSCRIPTION,
    POLICY,
    PRICE_RISE,
    TAKEOVER,
)
ACTIONS = {action.of: action.perform for feature in FEATURES for action in feature.actions}
REACTIONS: dict[type, list[Reaction]] = {}
for _reaction in (reaction for feature in FEATURES for reaction in feature.reactions):
    REACTIONS.setdefault(_reaction.to, []).append(_reaction)

T = TypeVar("T")

WALLET = Code("wallet")
WALLETS = Code(ACCOUNT + "SELLER")


@dataclass
class Announced:
    """An intent at the processor."""

    order: IntentOrder
    status: str = "untouched"

    @property
    def is_by_wallet(self) -> bool:
        return self.order.payment_method == WALLET


@dataclass
class Processor:
    """A processor that forgets the idempotency keys of charges at once. A card's name says how it behaves.

    A `wallet` is agreed to on the processor's own page. Its orders cannot be cancelled, only left alone.
    """

    intents: dict[Code, Announced] = field(default_factory=dict)
    sent_back: dict[Code, tuple[Code, UUID | None, Money]] = field(default_factory=dict)
    customers: set[Code] = field(default_factory=set)
    disputes: dict[Code, tuple[Code, Any]] = field(default_factory=dict)

    async def create_customer(self, person_id: UUID, _account: Code | None) -> Code:
        customer = Code(f"cus_{person_id.int}")
        self.customers.add(customer)
        return customer

    async def keep(
        self,
        payment_method: Code,
        customer: Code,
        _account: Code | None,
        _wish: UUID,
        *,
        alone: bool = False,
    ) -> None:
        del alone
        if payment_method == "pm_refused" or customer not in self.customers:
            raise Declined(Code("card_declined"), final=False)

    async def fingerprint(self, payment_method: Code, _account: Code | None) -> Code | None:
        return Code(f"print of {payment_method}")

    async def delete_customer(self, customer: Code, _account: Code | None) -> None:
        self.customers.discard(customer)

    async def create_intent(self, order: IntentOrder) -> Code:
        if order.payment_method == "pm_unknown":
            raise Declined(Code("resource_missing"), final=True)
        intent = Code(f"pi_{len(self.intents)}")
        self.intents[intent] = Announced(order)
        return intent

    async def confirm_intent(
        self, intent: Code, _payment_method: Code, _account: Code | None, *, away: bool = False
    ) -> Outcome:
        del away
        announced = self.intents[intent]
        if announced.status == "untouched":
            announced.status = {
                "wallet": "requires_action",
                "pm_authenticates": "requires_action",
                "pm_slow": "processing",
                "pm_declines": "failed",
            }.get(announced.order.payment_method, "succeeded")
        elif announced.status == "approved":
            announced.status = "succeeded"
        return self._outcome(intent)

    async def fetch_intent(self, intent: Code, _account: Code | None) -> Outcome:
        return self._outcome(intent)

    async def cancel_intent(self, intent: Code, _account: Code | None) -> Outcome:
        announced = self.intents[intent]
        if announced.is_by_wallet and announced.status in ("requires_action", "approved"):
            return Outcome("cancelled")
        if announced.status in ("untouched", "requires_action", "failed"):
            announced.status = "cancelled"
        return self._outcome(intent)

    async def payer_step(self, intent: Code, _account: Code | None) -> PayerStep:
        return PayerStep(Code(f"{intent}_secret"))

    async def refund(
        self,
        intent: Code,
        _account: Code | None,
        refund_id: UUID,
        amount: Money,
        *,
        with_fee: bool = False,
    ) -> Code:
        assert not with_fee, "the platform keeps nothing here"
        taken = self.intents[intent].order.amount
        gone = sum(made[2].minor for made in self.sent_back.values() if made[0] == intent)
        if gone + amount.minor > taken.minor or self.disputed(intent, "open", "lost"):
            raise Declined(Code("charge_disputed"), final=True)
        refund = Code(f"re_{len(self.sent_back)}")
        self.sent_back[refund] = intent, refund_id, amount
        return refund

    async def find_refund(
        self, intent: Code, _account: Code | None, refund_id: UUID
    ) -> Code | None:
        made = (name for name, made in self.sent_back.items() if made[:2] == (intent, refund_id))
        return next(made, None)

    async def refunds(self, intent: Code, _account: Code | None) -> tuple[RefundThere, ...]:
        found = [(name, made) for name, made in self.sent_back.items() if made[0] == intent]
        return tuple(RefundThere(name, amount, mark) for name, (_, mark, amount) in found)

    async def refunded(self, about: Code, _account: Code | None) -> Subject | None:
        order = self.intents[about].order
        return Subject(order.community_id, order.payment_id, about)

    async def fetch_dispute(self, dispute: Code, _account: Code | None) -> Disputed | None:
        intent, standing = self.disputes[dispute]
        order = self.intents[intent].order
        return Disputed(
            order.community_id, order.payment_id, intent, order.amount, "fraudulent", standing, None
        )

    def disputed(self, intent: Code, *standings: str) -> bool:
        """Whether a dispute of this intent stands so."""
        return any(of == intent and now in standings for of, now in self.disputes.values())

    def finish(self, intent: Code, *, success: bool) -> None:
        """The payer authenticates or agrees, or the bank makes up its mind."""
        if self.intents[intent].is_by_wallet:
            if self.intents[intent].status == "requires_action" and success:
                self.intents[intent].status = "approved"
        elif self.intents[intent].status in ("requires_action", "processing"):
            self.intents[intent].status = "succeeded" if success else "failed"

    def taken(self, payment_id: UUID) -> int:
        """What was charged for a payment, all attempts together."""
        return sum(
            announced.order.amount.minor
            for announced in self.intents.values()
            if announced.order.payment_id == payment_id and announced.status == "succeeded"
        )

    def given_back(self, payment_id: UUID) -> int:
        """What went back of it."""
        return sum(
            amount.minor
            for intent, _, amount in self.sent_back.values()
            if self.intents[intent].order.payment_id == payment_id
        )

    def _outcome(self, intent: Code) -> Outcome:
        status: Any = self.intents[intent].status
        order = self.intents[intent].order
        if status == "succeeded" and order.keep:
            kept = Kept(Code(f"pm_kept_{intent}"), Code(f"cus_{intent}"))
            self.customers.add(kept.customer)
            return Outcome(status, amount=order.amount, kept=kept)
        return Outcome(status, Code("card_declined") if status == "failed" else None)


@dataclass
class World:
    """Every stream, what is still to be done, and what has happened."""

    now: datetime = noon
    processor: Processor = field(default_factory=Processor)
    lanes: dict[UUID, deque[Ask]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    answers: list[Ask] = field(default_factory=list)
    rung: list[At] = field(default_factory=list)
    clocks: list[At] = field(default_factory=list)
    history: list[tuple[UUID, Any]] = field(default_factory=list)
    gateways: dict[str, Any] = field(default_factory=dict)
    _streams: dict[UUID, tuple[Decider[Any, Any, Any], Any]] = field(default_factory=dict)

    def ask(self, ask: Ask) -> None:
        """Decide, remember, react."""
        decided = ask.decider.decide(ask.command, self.state(ask.decider, ask.stream_id))
        for event in decided:
            state = ask.decider.evolve(self.state(ask.decider, ask.stream_id), event)
            self._streams[ask.stream_id] = ask.decider, state
            self.happened(event, ask.stream_id)

    def happened(self, event: object, stream_id: UUID) -> None:
        """Let the reactions to a fact, our own or another service's, have their wishes written down."""
        self.history.append((stream_id, event))
        for _, _, intent in intents_of(REACTIONS, fact(event, stream_id, self.now)):
            self._put(intent, stream_id)

    def state(self, decider: Decider[Any, Any, Any], stream_id: UUID) -> Any:
        """A stream as it is now."""
        return self._streams.get(stream_id, (decider, decider.initial))[1]

    def streams(self, decider: Decider[Any, Any, Any]) -> Iterator[tuple[UUID, Any]]:
        """Every stream of a decider."""
        for stream_id, (owner, state) in self._streams.items():
            if owner is decider:
                yield stream_id, state

    def events(self, kind: type[T]) -> list[tuple[UUID, T]]:
        """Everything of one kind that has happened."""
        return [(stream_id, event) for stream_id, event in self.history if isinstance(event, kind)]

    def work(self, number: int, *, made_twice: bool = False, first_counts: bool = True) -> None:
        """Do one of the things that could be done now, chosen by number."""
        lanes = [lane for lane in self.lanes.values() if lane]
        waiting = len(lanes) + len(self.answers) + len(self.calls)
        chosen = number % waiting if waiting else 0
        if chosen < len(lanes):
            self.ask(lanes[chosen].popleft())
        elif (chosen := chosen - len(lanes)) < len(self.answers):
            self.ask(self.answers.pop(chosen))
        elif (chosen := chosen - len(self.answers)) < len(self.calls):
            call = self.calls.pop(chosen)
            answers = [self.perform(call) for _ in range(1 + made_twice)]
            if answer := answers[0 if first_counts else -1]:
                self.answers.append(answer)

    def perform(self, call: Call) -> Ask | None:
        """Let the real performer meet the processor."""
        context = ActionContext(
            key=derive(community_id, "call"),
            attempt=1,
            community_id=community_id,
            now=self.now,
            service=_Service(self),
            gateways={"processor": self.processor, "paypal": self.processor, **self.gateways},
        )
        return run(ACTIONS[type(call.action)](call.action, context))

    def next_clock(self) -> None:
        """Let the clock run to what is due next."""
        if self.clocks:
            self.clocks.sort(key=lambda at: at.due)
            at = self.clocks.pop(0)
            self.rung.append(at)
            self.now = max(self.now, at.due)
            self.ask(at.ask)

    def settle(self) -> None:
        """Do everything that can be done without the clock."""
        while self.calls or self.answers or any(self.lanes.values()):
            self.work(0)

    def _put(self, intent: Intent, source: UUID) -> None:
        match intent:
            case Ask():
                self.lanes.setdefault(source, deque()).append(intent)
            case At():
                self.clocks.append(intent)
            case Call():
                self.calls.append(intent)


class _Service:
    """As much of a running service as a performer looks at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.handler = self
        self.vault = self
        self.secret = b"s" * 32

    async def state(
        self, decider: Decider[Any, Any, Any], stream_id: UUID, _community_id: UUID
    ) -> tuple[Any, int]:
        return self._world.state(decider, stream_id), 0

    async def handle(self, asks: Sequence[Ask], _origin: Origin) -> None:
        for ask in asks:
            self._world.ask(ask)

    def token(self, kind: str, community_id: UUID, text: str) -> UUID:
        return derive(community_id, kind, text)


def run(work: Awaitable[T]) -> T:
    """Nothing here waits for anything, so a coroutine runs through at once."""
    try:
        work.__await__().send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("It waits.")
