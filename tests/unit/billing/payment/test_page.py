"""What is paid on the processor's own page is known by an id of its own, which it has only then."""

from services.billing.payer.events import HOSTED, Approval, Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import ada, euros, stream_id, visa

page, intent = Code("cs_1"), Code("pi_1")
there = Instrument(HOSTED, None, None, Approval(Code("https://club.example/thanks"), keep=False))
charge = Charge(ada, euros(20), (MoneyLine("purchase", euros(20)),), "checkout", stream_id)
started = events.ChargeStarted(charge, 1, there, None)
opened = events.PaymentIntentCreated(1, page, None)
waits = events.PaymentActionRequired(charge, 1)
paid = commands.RecordOutcome(page, "succeeded", amount=euros(20), collected_as=intent)
succeeded = events.PaymentSucceeded(charge, 1, intent, page=page)


def test_what_the_page_collected_is_known_by_its_own_id() -> None:
    given(PAYMENT, started, opened, waits).when(paid).then(succeeded)
    given(PAYMENT, started, opened, waits, succeeded).when(paid).then_nothing()


def test_a_page_that_ran_out_is_a_try_that_failed() -> None:
    gone = commands.RecordOutcome(page, "cancelled", Code("page_expired"))
    failed = events.PaymentFailed(charge, 1, Code("page_expired"), final=False)
    given(PAYMENT, started, opened, waits).when(gone).then(failed)


def test_a_page_that_was_quicker_than_the_card_has_paid() -> None:
    by_card = events.ChargeStarted(charge, 2, visa, page, there)
    quicker = events.PaymentSucceeded(charge, 2, intent, page=page)
    given(PAYMENT, started, opened, waits, by_card).when(paid).then(quicker)


def test_a_refund_names_what_was_collected() -> None:
    refund = commands.RefundPayment(stream_id, None)
    back = events.RefundStarted(stream_id, ada, euros(20), charge.lines, "requested", intent, None)
    given(PAYMENT, started, opened, waits, succeeded).when(refund).then(back)
