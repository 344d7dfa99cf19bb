"""What was given up and collected all the same, after it was paid in another way: noticed at once, and sent back."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any, Literal
from uuid import UUID

from hypothesis import given as any_of
from hypothesis import settings
from hypothesis import strategies as st

from services.billing.payer.events import BY_HAND, HOSTED, Approval, Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from services.billing.payment.reactions import (
    CreateRefund,
    FetchIntent,
    when_collected_again_create_refund,
)
from shared.decider import Refused
from shared.ids import AccountId, Code, derive
from shared.personal_value import Sealed
from shared.reaction import Ask, Call
from shared.testing import given
from tests.cases import cases
from tests.unit.billing.cast import ada, euros, fact, stream_id, visa
from tests.unit.billing.world import World

lines = (MoneyLine("subscription", euros(10)), MoneyLine("purchase", euros(5)))
charge = Charge(ada, euros(15), lines, "checkout", stream_id)
intent, by_hand = Code("pi_1"), Instrument(BY_HAND, None, None)
club = Instrument(Code("pm_visa"), Code("cus_ada"), Code("acct_club"))
tried = (
    events.ChargeStarted(charge, 1, club, None),
    events.PaymentIntentCreated(1, intent, club.account),
    events.PaymentActionRequired(charge, 1),
)
awaited = events.PaymentAwaited(charge, 2, by_hand, intent, club)
NO_MONEY: tuple[Literal["cancelled", "failed", "processing", "requires_action"], ...] = (
    "cancelled",
    "failed",
    "processing",
    "requires_action",
)
today = date(2026, 3, 1)
reference = Sealed(ada, "accounting", Code("sealed reference"))
record = commands.RecordReceipt(
    UUID(int=2), reference, euros(15), "transfer", today, AccountId(UUID(int=4)), today
)
received = events.PaymentReceived(UUID(int=2), reference, "transfer", today, AccountId(UUID(int=4)))
paid = (*tried, awaited, received, events.PaymentSucceeded(charge, 2, BY_HAND))
quicker = commands.RecordOutcome(intent, "succeeded")
refund_id = derive(stream_id, "collected again", intent)
again = events.CollectedAgain(refund_id, charge, euros(15), intent, club.account)


def test_what_succeeds_after_a_receipt_goes_back_whoever_says_so_and_how_often() -> None:
    given(PAYMENT, *paid).when(quicker).then(again)
    given(PAYMENT, *paid, again).when(quicker).then_nothing()
    (call,) = when_collected_again_create_refund(fact(again))
    assert call.action == CreateRefund(stream_id, refund_id, euros(15), intent, club.account)
    back = commands.RecordRefund(refund_id, Code("re_1"))
    returned = events.SurplusReturned(refund_id, charge, euros(15), Code("re_1"))
    given(PAYMENT, *paid, again).when(back).then(returned)
    given(PAYMENT, *paid, again, returned).when(back).then_nothing()
    given(PAYMENT, *paid, again, returned).when(quicker).then_nothing()


def test_what_the_processor_will_not_send_back_is_kept_for_staff() -> None:
    no = commands.RecordRefundFailure(refund_id, Code("insufficient_funds"))
    kept = events.SurplusKept(refund_id, Code("insufficient_funds"))
    given(PAYMENT, *paid, again).when(no).then(kept)
    given(PAYMENT, *paid, again, kept).when(no).then_nothing()


def test_what_came_by_hand_is_still_all_there() -> None:
    given(PAYMENT, *paid, again).when(commands.RefundPayment(UUID(int=9), None)).then(
        events.RefundOwed(UUID(int=9), ada, euros(15), lines, "requested")
    )


def test_what_did_not_succeed_or_is_not_ours_moves_nothing() -> None:
    for status in NO_MONEY:
        told = commands.RecordOutcome(intent, status)
        given(PAYMENT, *paid).when(told).then_nothing()
    other = commands.RecordOutcome(Code("pi_of_somebody"), "succeeded")
    given(PAYMENT, *paid).when(other).then_nothing()


def test_the_platforms_part_goes_back_with_it() -> None:
    told = commands.RecordOutcome(intent, "succeeded", platform_fee=euros(1))
    with_fee = events.CollectedAgain(
        refund_id, charge, euros(15), intent, club.account, with_fee=True
    )
    given(PAYMENT, *paid).when(told).then(with_fee)


def test_a_page_that_was_given_up_is_known_by_what_it_collected() -> None:
    page = Code("cs_1")
    there = Instrument(HOSTED, None, None, Approval(Code("https://club.example"), keep=False))
    opened = (
        events.ChargeStarted(charge, 1, there, None),
        events.PaymentIntentCreated(1, page, None),
    )
    instead = events.PaymentAwaited(charge, 2, by_hand, page, there)
    told = commands.RecordOutcome(page, "succeeded", amount=euros(15), collected_as=intent)
    by_receipt = (instead, received, events.PaymentSucceeded(charge, 2, BY_HAND))
    surplus = events.CollectedAgain(refund_id, charge, euros(15), intent, None)
    given(PAYMENT, *opened, *by_receipt).when(told).then(surplus)
    by_page = events.PaymentSucceeded(charge, 2, intent, page=page)
    given(PAYMENT, *opened, instead, by_page).when(told).then_nothing()


payment_id = UUID(int=70)
renewal = replace(charge, origin="subscription")
steps = st.lists(
    st.sampled_from(["by_hand", "receipt", "agree", "report", "work", "work", "again"]),
    min_size=4,
    max_size=20,
)


@settings(max_examples=cases(150), deadline=None)
@any_of(steps, st.lists(st.integers(0, 5), min_size=20, max_size=20))
def test_by_card_and_by_hand_at_once_in_any_order_it_is_kept_once(
    story: list[str], numbers: list[int]
) -> None:
    world = World()
    world.processor.customers.add(Code("cus_ada"))
    shop = Counter(world)
    shop.asks(commands.StartCharge(renewal, 1, Instrument(Code("pm_authenticates"), None, None)))
    for step, number in zip(story, numbers, strict=False):
        shop.does(step, number)
    world.settle()
    shop.does("by_hand", 0)
    shop.does("receipt", 0)
    for _ in range(2):
        world.settle()
        shop.does("report", 0)
    world.settle()
    kept = world.processor.taken(payment_id) - world.processor.given_back(payment_id)
    by_receipt = bool(world.events(events.PaymentReceived))
    assert kept + by_receipt * charge.amount.minor == charge.amount.minor
    assert len(world.events(events.PaymentSucceeded)) == 1


class Counter:
    """Where one payment may be made in two ways."""

    def __init__(self, world: World) -> None:
        self.world = world

    def asks(self, command: commands.PaymentCommand) -> None:
        with suppress(Refused):
            self.world.ask(Ask(PAYMENT, payment_id, command))

    def does(self, step: str, number: int) -> None:
        processor = self.world.processor
        match step:
            case "by_hand":
                self.asks(commands.StartCharge(renewal, 2, by_hand))
            case "receipt":
                self.asks(record)
            case "agree":
                for one in processor.intents:
                    processor.finish(one, success=True)
            case "report":
                fetch: list[Any] = [Call(FetchIntent(payment_id, one)) for one in processor.intents]
                self.world.calls += fetch
            case "again" if self.world.calls:
                self.world.perform(self.world.calls[number % len(self.world.calls)])
            case _:
                self.world.work(number)


def test_a_card_that_is_charged_twice_by_nobody_is_not_sent_back() -> None:
    by_card = (
        *tried,
        events.ChargeStarted(charge, 2, visa, intent, club),
        events.PaymentIntentCreated(2, Code("pi_2"), None),
        events.PaymentSucceeded(charge, 2, Code("pi_2")),
    )
    given(PAYMENT, *by_card).when(commands.RecordOutcome(Code("pi_2"), "succeeded")).then_nothing()
    given(PAYMENT, *by_card).when(quicker).then(again)
