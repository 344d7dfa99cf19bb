"""Money that is sent or brought: awaited, recorded once, and given back by hand."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.billing.payer.events import BY_HAND, Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from shared.ids import AccountId, Code, PersonId
from shared.personal_value import Sealed
from shared.testing import given
from tests.unit.billing.cast import ada, euros, visa

lines = (MoneyLine("subscription", euros(10)), MoneyLine("purchase", euros(5)))
charge = Charge(ada, euros(15), lines, "checkout", UUID(int=1))
by_hand = Instrument(BY_HAND, None, None)
start = commands.StartCharge(charge, 1, by_hand)
awaited = events.PaymentAwaited(charge, 1, by_hand, None)
today = date(2026, 3, 1)
receipt_id, refund_id, treasurer = UUID(int=2), UUID(int=3), AccountId(UUID(int=4))
reference = Sealed(PersonId(ada), "accounting", Code("sealed reference"))
record = commands.RecordReceipt(
    receipt_id, reference, euros(15), "transfer", today, treasurer, today
)
received = events.PaymentReceived(receipt_id, reference, "transfer", today, treasurer)
succeeded = events.PaymentSucceeded(charge, 1, BY_HAND)
paid = (awaited, received, succeeded)
owed = events.RefundOwed(refund_id, ada, euros(15), lines, "requested")
refund = commands.RefundPayment(refund_id, None)
settle = commands.SettleRefund(refund_id)


def test_what_is_to_be_brought_is_waited_for_and_no_processor_hears_of_it() -> None:
    given(PAYMENT).when(start).then(awaited)
    given(PAYMENT, awaited).when(start).then_nothing()


def test_what_staff_have_in_hand_is_paid_once() -> None:
    given(PAYMENT, awaited).when(record).then(received, succeeded)
    given(PAYMENT, *paid).when(record).then_nothing()
    other = replace(record, receipt_id=UUID(int=9))
    given(PAYMENT, *paid).when(other).then_rejected("paid_already")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(record, amount=euros(14)), "amount_differs"),
        (replace(record, amount=euros(16)), "amount_differs"),
        (replace(record, on=today + timedelta(days=1)), "day_to_come"),
    ],
)
def test_what_cannot_be_right_is_not_recorded(wrong: commands.RecordReceipt, code: str) -> None:
    given(PAYMENT, awaited).when(wrong).then_rejected(code)


def test_money_is_recorded_only_for_what_is_waited_for() -> None:
    given(PAYMENT).when(record).then_rejected("payment_not_found")
    begun = events.ChargeStarted(charge, 1, visa, None)
    given(PAYMENT, begun).when(record).then_rejected("payment_not_awaited")


def test_who_tried_a_card_first_does_not_pay_twice() -> None:
    intent = Code("pi_1")
    tried = (
        events.ChargeStarted(charge, 1, visa, None),
        events.PaymentIntentCreated(1, intent, None),
        events.PaymentActionRequired(charge, 1),
    )
    instead = events.PaymentAwaited(charge, 2, by_hand, intent, visa)
    again = commands.StartCharge(charge, 2, by_hand)
    given(PAYMENT, *tried).when(again).then(instead)
    cancelled = commands.RecordOutcome(intent, "cancelled")
    given(PAYMENT, *tried, instead).when(cancelled).then_nothing()
    quicker = commands.RecordOutcome(intent, "succeeded")
    by_card = events.PaymentSucceeded(charge, 2, intent)
    given(PAYMENT, *tried, instead).when(quicker).then(by_card)
    given(PAYMENT, *tried, instead, by_card).when(record).then_rejected("paid_already")
    back = given(PAYMENT, *tried, instead, by_card).when(refund)
    assert isinstance(back.events[0], events.RefundStarted), "what a card paid goes back to it"
    third = commands.StartCharge(charge, 3, visa)
    given(PAYMENT, *tried, instead).when(third).then(
        events.ChargeStarted(charge, 3, visa, intent, visa)
    )


def test_who_thinks_better_of_it_pays_by_card() -> None:
    again = commands.StartCharge(charge, 2, visa)
    given(PAYMENT, awaited).when(again).then(events.ChargeStarted(charge, 2, visa, None))


def test_late_money_is_recorded_all_the_same() -> None:
    withdrawn = events.PaymentWithdrawn(1, charge)
    given(PAYMENT, awaited).when(commands.WithdrawCharge()).then(withdrawn)
    given(PAYMENT, awaited, withdrawn).when(record).then(received, succeeded)


def test_what_came_by_hand_goes_back_by_hand() -> None:
    given(PAYMENT, *paid).when(refund).then(owed)
    issued = events.RefundIssued(
        refund_id, ada, euros(15), lines, "requested", BY_HAND, charge, ("subscription", "purchase")
    )
    given(PAYMENT, *paid, owed).when(settle).then(issued)
    given(PAYMENT, *paid, owed, issued).when(settle).then_nothing()
    too_much = commands.RefundPayment(UUID(int=5), euros(1))
    given(PAYMENT, *paid, owed).when(too_much).then_rejected("refund_exceeds_payment")


def test_only_what_is_owed_by_hand_is_settled_by_hand() -> None:
    given(PAYMENT).when(settle).then_rejected("payment_not_found")
    given(PAYMENT, *paid).when(settle).then_rejected("refund_not_found")
    by_card = (
        events.ChargeStarted(charge, 1, visa, None),
        events.PaymentIntentCreated(1, Code("pi_1"), None),
        events.PaymentSucceeded(charge, 1, Code("pi_1")),
        events.RefundStarted(refund_id, ada, euros(15), lines, "requested", Code("pi_1"), None),
    )
    given(PAYMENT, *by_card).when(settle).then_rejected("refund_by_processor")
