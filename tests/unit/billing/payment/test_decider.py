from dataclasses import replace
from uuid import UUID

import pytest

from services.billing.payer.events import NO_CARD, Instrument, Mandate
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from services.billing.payment.reactions import CreateIntent, when_charge_started_create_intent
from shared.ids import Code
from shared.money import Money
from shared.testing import given
from tests.unit.billing.cast import ada, amex, euros, fact, visa

CHECKOUT = UUID(int=10)
first, second = Code("pi_1"), Code("pi_2")
refund_id, other_refund = UUID(int=20), UUID(int=21)

lines = (MoneyLine("subscription", euros(10)), MoneyLine("ticket", euros(5)))
charge = Charge(ada, euros(15), lines, "checkout", CHECKOUT)

started = events.ChargeStarted(charge, 1, visa, None)
created = events.PaymentIntentCreated(1, first, None)
waits_for_payer = events.PaymentActionRequired(charge, 1)
processing = events.PaymentProcessing(charge, 1)
declined = events.PaymentFailed(charge, 1, Code("card_declined"), final=False)
withdrawn = events.PaymentWithdrawn(1, charge)
withdrawal = events.WithdrawalAsked(first, None)
succeeded = events.PaymentSucceeded(charge, 1, first)
paid = (started, created, succeeded)
started_again = events.ChargeStarted(charge, 2, amex, first, visa)

start = commands.StartCharge(charge, 1, visa)
start_again = commands.StartCharge(charge, 2, amex)
withdraw = commands.WithdrawCharge()


def outcome(status: str, intent: Code = first) -> commands.RecordOutcome:
    code = Code("card_declined") if status == "failed" else None
    return commands.RecordOutcome(intent, status, code)  # type: ignore[arg-type]


def test_what_is_due_is_about_to_be_charged() -> None:
    given(PAYMENT).when(start).then(started)


def test_the_bank_is_asked_for_later_charges_where_a_card_is_kept_and_its_payer_is_there() -> None:
    kept, passing = replace(visa, customer=Code("cus_ada")), replace(visa, customer=None)
    signed = replace(kept, mandate=Mandate(Code("mandate_1"), Code("REF")))
    renewal = replace(charge, origin="subscription")
    asks = [
        call.action.is_kept
        for begun in (
            events.ChargeStarted(charge, 1, kept, None),
            events.ChargeStarted(charge, 1, passing, None),
            events.ChargeStarted(charge, 1, signed, None),
            events.ChargeStarted(renewal, 1, kept, None),
        )
        for call in when_charge_started_create_intent(fact(begun))
        if isinstance(call.action, CreateIntent)
    ]
    assert asks == [True, False, False, False]


def test_where_there_is_nothing_to_charge_it_fails_at_once_and_a_card_given_then_is_charged() -> (
    None
):
    nobody = Instrument(NO_CARD, None, None)
    begun = events.ChargeStarted(charge, 1, nobody, None)
    failed = events.PaymentFailed(charge, 1, Code("no_payment_method"), final=True)
    given(PAYMENT).when(replace(start, instrument=nobody)).then(begun, failed)
    assert when_charge_started_create_intent(fact(begun)) == []
    by_amex = events.ChargeStarted(charge, 2, amex, None)
    given(PAYMENT, begun, failed).when(start_again).then(by_amex)
    late = commands.RecordIntent(1, first)
    given(PAYMENT, begun, failed, by_amex).when(late).then_nothing()


@pytest.mark.parametrize(
    "news",
    [
        commands.RecordIntent(1, first),
        commands.RecordRejection(1, Code("expired_card"), final=True),
        outcome("succeeded"),
        withdraw,
        commands.RecordRefund(refund_id, Code("re_1")),
        commands.RecordRefundFailure(refund_id, Code("no")),
    ],
)
def test_news_of_what_was_never_due_changes_nothing(news: commands.PaymentCommand) -> None:
    given(PAYMENT).when(news).then_nothing()


def test_of_money_that_is_first_known_by_a_dispute_the_platform_has_its_part_as_well() -> None:
    told = replace(outcome("succeeded"), amount=euros(15), platform_fee=euros(1))
    disputed = commands.RecordDispute(
        Code("dp_1"), first, euros(15), "fraudulent", "open", None, told
    )
    opened = events.DisputeOpened(Code("dp_1"), charge, euros(15), "fraudulent", None)
    with_fee = replace(succeeded, platform_fee=euros(1))
    given(PAYMENT, started, created).when(disputed).then(with_fee, opened)
    unheard = replace(disputed, outcome=None)
    given(PAYMENT, started, created).when(unheard).then(succeeded, opened)
    strange = replace(disputed, outcome=replace(told, amount=euros(2)))
    given(PAYMENT, started, created).when(strange).then(succeeded, opened)
    given(PAYMENT, *paid).when(disputed).then(opened)


def test_the_processor_knows_of_the_charge_once() -> None:
    given(PAYMENT, started).when(commands.RecordIntent(1, first)).then(created)
    given(PAYMENT, started, created).when(commands.RecordIntent(1, second)).then_nothing()


def test_an_intent_of_another_attempt_is_not_ours() -> None:
    given(PAYMENT, started).when(commands.RecordIntent(2, first)).then_nothing()


def test_an_attempt_that_the_processor_will_not_begin_has_failed() -> None:
    no_card = commands.RecordRejection(1, Code("expired_card"), final=True)
    failed = events.PaymentFailed(charge, 1, Code("expired_card"), final=True)
    given(PAYMENT, started).when(no_card).then(failed)
    given(PAYMENT, started, failed).when(no_card).then_nothing()


@pytest.mark.parametrize(
    ("status", "event"),
    [
        ("succeeded", succeeded),
        ("processing", processing),
        ("requires_action", waits_for_payer),
        ("failed", declined),
        ("cancelled", events.PaymentFailed(charge, 1, Code("cancelled"), final=False)),
    ],
)
def test_the_processor_says_how_it_stands(status: str, event: events.PaymentEvent) -> None:
    given(PAYMENT, started, created).when(outcome(status)).then(event)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (succeeded, "succeeded"),
        (processing, "processing"),
        (waits_for_payer, "requires_action"),
        (declined, "failed"),
        (withdrawn, "cancelled"),
    ],
)
def test_hearing_it_twice_changes_nothing(event: events.PaymentEvent, status: str) -> None:
    given(PAYMENT, started, created, event).when(outcome(status)).then_nothing()


@pytest.mark.parametrize("status", ["failed", "cancelled", "processing", "requires_action"])
def test_money_that_has_arrived_stays_whatever_is_said_later(status: str) -> None:
    given(PAYMENT, *paid).when(outcome(status)).then_nothing()


@pytest.mark.parametrize("before", [waits_for_payer, processing, declined, withdrawal])
def test_money_that_arrives_after_all_is_counted(before: events.PaymentEvent) -> None:
    given(PAYMENT, started, created, before).when(outcome("succeeded")).then(succeeded)


def test_news_of_an_older_intent_does_not_touch_the_present_attempt() -> None:
    given(PAYMENT, started, created, declined, started_again).when(outcome("failed")).then_nothing()


@pytest.mark.parametrize("before", [declined, waits_for_payer])
def test_another_attempt_takes_the_place_of_one_that_failed(before: events.PaymentEvent) -> None:
    given(PAYMENT, started, created, before).when(start_again).then(started_again)


@pytest.mark.parametrize(
    "history", [(started,), (started, created), (started, created, processing)]
)
def test_no_attempt_begins_while_another_may_still_succeed(
    history: tuple[events.PaymentEvent, ...],
) -> None:
    given(PAYMENT, *history).when(start_again).then_nothing()


def test_what_is_paid_is_not_charged_again() -> None:
    given(PAYMENT, *paid).when(start_again).then_nothing()


def test_the_same_attempt_is_not_begun_twice() -> None:
    given(PAYMENT, started, created, declined).when(start).then_nothing()


def test_the_attempt_before_was_quicker_and_becomes_the_present_one() -> None:
    adopted = events.PaymentIntentCreated(2, first, None)
    history = (started, created, waits_for_payer, started_again)
    given(PAYMENT, *history).when(commands.RecordIntent(2, first)).then(adopted)
    settled = events.PaymentSucceeded(charge, 2, first)
    given(PAYMENT, *history, adopted).when(outcome("succeeded")).then(settled)


def test_a_charge_that_was_not_announced_yet_is_withdrawn_at_once() -> None:
    given(PAYMENT, started).when(withdraw).then(withdrawn)


@pytest.mark.parametrize("before", [waits_for_payer, processing, declined])
def test_an_announced_charge_is_withdrawn_at_the_processor(before: events.PaymentEvent) -> None:
    given(PAYMENT, started, created, before).when(withdraw).then(withdrawal)


def test_a_withdrawn_charge_stays_withdrawn() -> None:
    asked = (started, created, withdrawal)
    given(PAYMENT, *asked).when(withdraw).then_nothing()
    given(PAYMENT, *asked).when(outcome("cancelled")).then(withdrawn)
    given(PAYMENT, *asked, withdrawn).when(withdraw).then_nothing()
    given(PAYMENT, *asked, withdrawn).when(start_again).then_nothing()
    given(PAYMENT, started, created, declined, withdrawal).when(start_again).then_nothing()


def test_what_is_paid_cannot_be_withdrawn() -> None:
    given(PAYMENT, *paid).when(withdraw).then_nothing()


def test_an_intent_that_comes_after_the_withdrawal_is_withdrawn_too() -> None:
    history = (started, withdrawn)
    given(PAYMENT, *history).when(commands.RecordIntent(1, first)).then(withdrawal)
    given(PAYMENT, *history, withdrawal).when(outcome("cancelled")).then_nothing()
    given(PAYMENT, *history, withdrawal).when(outcome("succeeded")).then(succeeded)
    rejection = commands.RecordRejection(1, Code("expired_card"), final=True)
    given(PAYMENT, *history).when(rejection).then_nothing()


def refund(amount: Money | None) -> commands.RefundPayment:
    return commands.RefundPayment(refund_id, amount)


def refund_started(
    amount: Money,
    parts: tuple[MoneyLine, ...],
    reason: events.RefundReason = "requested",
    number: UUID = refund_id,
) -> events.RefundStarted:
    return events.RefundStarted(number, ada, amount, parts, reason, first, None)


all_of_it = refund_started(euros(15), lines)
all_of_it_back = events.RefundIssued(
    refund_id,
    ada,
    euros(15),
    lines,
    "requested",
    Code("re_1"),
    charge,
    emptied=("subscription", "ticket"),
)
all_of_it_failed = events.RefundFailed(refund_id, lines, "requested", Code("no_balance"))
some = refund_started(
    euros(6), (MoneyLine("subscription", euros(4)), MoneyLine("ticket", euros(2)))
)


def test_all_that_was_paid_goes_back() -> None:
    given(PAYMENT, *paid).when(refund(None)).then(all_of_it)
    given(PAYMENT, *paid).when(refund(euros(15))).then(all_of_it)


def test_a_part_goes_back_in_proportion_to_what_it_was_paid_for() -> None:
    given(PAYMENT, *paid).when(refund(euros(6))).then(some)


def test_an_odd_cent_goes_back_whole() -> None:
    parts = (
        MoneyLine("subscription", Money(67, "EUR")),
        MoneyLine("ticket", Money(33, "EUR")),
    )
    cent = refund_started(Money(100, "EUR"), parts)
    given(PAYMENT, *paid).when(refund(Money(100, "EUR"))).then(cent)
    one = refund_started(Money(1, "EUR"), (MoneyLine("subscription", Money(1, "EUR")),))
    given(PAYMENT, *paid).when(refund(Money(1, "EUR"))).then(one)


def test_what_is_left_goes_back_and_no_more() -> None:
    rest = (MoneyLine("subscription", euros(6)), MoneyLine("ticket", euros(3)))
    again = commands.RefundPayment(other_refund, None)
    expected = refund_started(euros(9), rest, number=other_refund)
    given(PAYMENT, *paid, some).when(again).then(expected)
    too_much = commands.RefundPayment(other_refund, euros(10))
    given(PAYMENT, *paid, some).when(too_much).then_rejected("refund_exceeds_payment")


def test_more_than_was_paid_never_goes_back() -> None:
    given(PAYMENT, *paid).when(refund(euros(16))).then_rejected("refund_exceeds_payment")
    nothing_left = commands.RefundPayment(other_refund, None)
    rejected = given(PAYMENT, *paid, all_of_it).when(nothing_left)
    rejected.then_rejected("refund_exceeds_payment")


@pytest.mark.parametrize("minor", [0, -1])
def test_a_refund_is_more_than_nothing(minor: int) -> None:
    given(PAYMENT, *paid).when(refund(Money(minor, "EUR"))).then_rejected("refund_not_positive")


def test_a_refund_is_in_the_currency_of_the_payment() -> None:
    given(PAYMENT, *paid).when(refund(Money(1, "USD"))).then_rejected("other_currency")


def test_what_was_not_collected_is_not_given_back() -> None:
    given(PAYMENT, started).when(refund(None)).then_rejected("payment_not_collected")
    given(PAYMENT).when(refund(None)).then_rejected("payment_not_found")


def test_the_same_refund_is_asked_for_once() -> None:
    given(PAYMENT, *paid, some).when(refund(euros(6))).then_nothing()


def test_a_refund_is_issued_once() -> None:
    record = commands.RecordRefund(refund_id, Code("re_1"))
    given(PAYMENT, *paid, all_of_it).when(record).then(all_of_it_back)
    given(PAYMENT, *paid, all_of_it, all_of_it_back).when(record).then_nothing()


def test_a_refund_that_failed_leaves_the_money_to_be_given_back() -> None:
    failure = commands.RecordRefundFailure(refund_id, Code("no_balance"))
    given(PAYMENT, *paid, all_of_it).when(failure).then(all_of_it_failed)
    given(PAYMENT, *paid, all_of_it, all_of_it_failed).when(failure).then_nothing()
    again = commands.RefundPayment(other_refund, None)
    expected = refund_started(euros(15), lines, number=other_refund)
    given(PAYMENT, *paid, all_of_it, all_of_it_failed).when(again).then(expected)


ticket = (MoneyLine("ticket", euros(5)),)
seat_lost = commands.ReturnMoney(refund_id, ticket, "seat_denied")
nothing_to_return = events.RefundFailed(refund_id, ticket, "seat_denied", Code("nothing_left"))


def test_the_money_of_a_lost_seat_goes_back_from_its_own_line() -> None:
    expected = refund_started(euros(5), ticket, "seat_denied")
    given(PAYMENT, *paid).when(seat_lost).then(expected)
    given(PAYMENT, *paid, expected).when(seat_lost).then_nothing()


def test_of_a_lost_seat_only_what_is_left_goes_back() -> None:
    taken = refund_started(euros(6), some.lines, number=other_refund)
    rest = refund_started(euros(3), (MoneyLine("ticket", euros(3)),), "seat_denied")
    given(PAYMENT, *paid, taken).when(seat_lost).then(rest)


def test_when_nothing_is_left_nothing_goes_back_and_that_is_said() -> None:
    everything = refund_started(euros(15), lines, number=other_refund)
    given(PAYMENT, *paid, everything).when(seat_lost).then(nothing_to_return)
    given(PAYMENT, *paid, everything, nothing_to_return).when(seat_lost).then_nothing()
    given(PAYMENT).when(seat_lost).then(nothing_to_return)
    given(PAYMENT, nothing_to_return).when(seat_lost).then(nothing_to_return)
    given(PAYMENT, started).when(seat_lost).then(nothing_to_return)


def test_what_the_platform_has_of_it_goes_back_with_it() -> None:
    told = commands.RecordOutcome(first, "succeeded", platform_fee=euros(1))
    with_fee = events.PaymentSucceeded(charge, 1, first, platform_fee=euros(1))
    given(PAYMENT, started, created).when(told).then(with_fee)
    asked = commands.RefundPayment(refund_id, None)
    back = events.RefundStarted(
        refund_id, ada, euros(15), lines, "requested", first, visa.account, with_fee=True
    )
    given(PAYMENT, started, created, with_fee).when(asked).then(back)
    given(PAYMENT, *paid).when(asked).then(replace(back, with_fee=False))
