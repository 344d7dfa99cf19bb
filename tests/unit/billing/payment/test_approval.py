"""What the payer agrees to on the processor's own page is collected once, and only while it is wanted."""

from uuid import UUID

import pytest

from services.billing.payer.events import BY_HAND, Approval, Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, bob, euros, visa

seller = Code("paypal:SELLER")
wallet = Instrument(Code("paypal"), None, seller, Approval(Code("https://club.example"), keep=True))
kept = Instrument(Code("token"), Code("customer"), seller)
lines = (MoneyLine("subscription", euros(10)),)
charge = Charge(ada, euros(10), lines, "checkout", UUID(int=10))
order, card = Code("ORDER"), Code("pi_1")

started = events.ChargeStarted(charge, 1, wallet, None)
created = events.PaymentIntentCreated(1, order, seller)
waits = events.PaymentActionRequired(charge, 1)
approved = events.PaymentApproved(charge, 1, order, seller)
succeeded = events.PaymentSucceeded(charge, 1, order, kept)
declined = events.PaymentFailed(charge, 1, Code("instrument_declined"), final=False)
awaited = (started, created, waits)

agree = commands.RecordOutcome(order, "approved")
collect = commands.RecordOutcome(order, "succeeded", amount=euros(10), kept=kept)


def test_what_the_payer_agreed_to_is_collected_and_what_it_came_by_may_be_kept() -> None:
    given(PAYMENT, *awaited).when(agree).then(approved)
    given(PAYMENT, *awaited, approved).when(agree).then_nothing()
    given(PAYMENT, *awaited, approved).when(collect).then(succeeded)
    given(PAYMENT, *awaited, approved, succeeded).when(collect).then_nothing()
    given(PAYMENT, *awaited).when(collect).then(succeeded)


@pytest.mark.parametrize(
    "history",
    [
        (started,),
        (started, created),
        (*awaited, approved, succeeded),
        (*awaited, approved, declined),
        (*awaited, events.WithdrawalAsked(order, seller)),
        (*awaited, events.PaymentWithdrawn(1, charge)),
        (*awaited, events.ChargeStarted(charge, 2, visa, order, wallet)),
    ],
)
def test_what_is_not_waited_for_is_not_collected(history: tuple[events.PaymentEvent, ...]) -> None:
    given(PAYMENT, *history).when(agree).then_nothing()


def test_nothing_else_is_tried_while_it_is_collected() -> None:
    again = commands.StartCharge(charge, 2, visa)
    given(PAYMENT, *awaited, approved).when(again).then_nothing()
    given(PAYMENT, *awaited, approved, declined).when(again).then(
        events.ChargeStarted(charge, 2, visa, order, wallet)
    )


def test_who_comes_back_is_looked_after_while_they_are_waited_for() -> None:
    returns = commands.ResumePayment(ada)
    given(PAYMENT, *awaited).when(returns).then(events.PayerReturned(order))
    given(PAYMENT, *awaited, events.PayerReturned(order)).when(agree).then(approved)
    given(PAYMENT, *awaited, approved).when(returns).then_nothing()
    given(PAYMENT, started).when(returns).then_nothing()
    given(PAYMENT, *awaited).when(commands.ResumePayment(bob)).then_rejected("payment_not_found")
    given(PAYMENT).when(returns).then_rejected("payment_not_found")


@pytest.mark.parametrize("other", [euros(9), euros(11)])
def test_other_money_than_was_asked_buys_nothing(other: object) -> None:
    told = commands.RecordOutcome(order, "succeeded", amount=other)  # type: ignore[arg-type]  # is Money
    differs = events.PaymentFailed(charge, 1, Code("amount_differs"), final=True)
    given(PAYMENT, *awaited, approved).when(told).then(differs)
    given(PAYMENT, *awaited, approved, differs).when(told).then_nothing()


def test_an_attempt_at_another_processor_that_was_quicker_is_taken_over_where_it_was_made() -> None:
    tried = (
        events.ChargeStarted(charge, 1, visa, None),
        events.PaymentIntentCreated(1, card, None),
        events.PaymentActionRequired(charge, 1),
        events.ChargeStarted(charge, 2, wallet, card, visa),
    )
    adopted = events.PaymentIntentCreated(2, card, None)
    given(PAYMENT, *tried).when(commands.RecordIntent(2, card)).then(adopted)
    given(PAYMENT, *tried).when(commands.RecordIntent(2, order)).then(
        events.PaymentIntentCreated(2, order, seller)
    )
    paid = events.PaymentSucceeded(charge, 2, card)
    given(PAYMENT, *tried, adopted).when(commands.RecordOutcome(card, "succeeded")).then(paid)
    refund_id = UUID(int=20)
    given(PAYMENT, *tried, adopted, paid).when(commands.RefundPayment(refund_id, None)).then(
        events.RefundStarted(refund_id, ada, euros(10), lines, "requested", card, None)
    )


def test_what_paypal_paid_before_the_money_was_brought_goes_back_there() -> None:
    by_hand = Instrument(BY_HAND, None, None)
    instead = events.PaymentAwaited(charge, 2, by_hand, order, wallet)
    given(PAYMENT, *awaited).when(commands.StartCharge(charge, 2, by_hand)).then(instead)
    quicker = events.PaymentSucceeded(charge, 2, order, kept)
    given(PAYMENT, *awaited, instead).when(collect).then(quicker)
    refund_id = UUID(int=20)
    refund = commands.RefundPayment(refund_id, None)
    given(PAYMENT, *awaited, instead, quicker).when(refund).then(
        events.RefundStarted(refund_id, ada, euros(10), lines, "requested", order, seller)
    )
