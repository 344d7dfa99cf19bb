from dataclasses import replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

import pytest

from services.billing.gateways.gateway import Outcome
from services.billing.payer.events import Instrument
from services.billing.payment import commands, events
from services.billing.payment.decider import PAYMENT
from services.billing.payment.events import Charge, MoneyLine
from services.billing.payment.reactions import (
    TIME_TO_ANSWER,
    FetchDispute,
    when_dispute_deadline_known_remind,
)
from shared.ids import Code
from shared.money import Money
from shared.reaction import Ask, At, Call
from shared.testing import given
from tests.unit.billing.cast import ada, euros, fact, noon, stream_id, visa
from tests.unit.billing.world import Processor, World

intent, dispute = Code("pi_1"), Code("dp_1")
refund_id, other_refund = UUID(int=20), UUID(int=21)
lines = (MoneyLine("subscription", euros(10)), MoneyLine("ticket", euros(5)))
charge = Charge(ada, euros(15), lines, "checkout", UUID(int=10))
due = noon + timedelta(days=9)

started = events.ChargeStarted(charge, 1, visa, None)
created = events.PaymentIntentCreated(1, intent, None)
succeeded = events.PaymentSucceeded(charge, 1, intent)
paid = (started, created, succeeded)
opened = events.DisputeOpened(dispute, charge, euros(15), "fraudulent", due)
asked = replace(opened, inquiry=True)

Standing = Literal["inquiry", "open", "won", "lost", "dropped"]


def told(standing: Standing, amount: Money = charge.amount) -> commands.RecordDispute:
    return commands.RecordDispute(dispute, intent, amount, "fraudulent", standing, due)


def closed(outcome: events.DisputeOutcome) -> events.DisputeClosed:
    return events.DisputeClosed(dispute, charge, euros(15), outcome)


def test_a_dispute_opens_once_however_often_it_is_told() -> None:
    given(PAYMENT, *paid).when(told("open")).then(opened)
    given(PAYMENT, *paid, opened).when(told("open")).then_nothing()


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_a_dispute_is_decided_once_even_when_its_beginning_was_never_told(
    outcome: events.DisputeOutcome,
) -> None:
    given(PAYMENT, *paid).when(told(outcome)).then(opened, closed(outcome))
    given(PAYMENT, *paid, opened).when(told(outcome)).then(closed(outcome))
    given(PAYMENT, *paid, opened, closed(outcome)).when(told(outcome)).then_nothing()
    given(PAYMENT, *paid, opened, closed(outcome)).when(told("open")).then_nothing()


def test_what_is_disputed_was_paid_whoever_says_so_first() -> None:
    given(PAYMENT, started, created).when(told("open")).then(succeeded, opened)


def test_a_dispute_of_what_we_did_not_charge_is_not_ours() -> None:
    foreign = replace(told("open"), intent=Code("pi_foreign"))
    given(PAYMENT, *paid).when(foreign).then_nothing()
    given(PAYMENT).when(told("open")).then_nothing()
    given(PAYMENT).when(commands.RemindOfEvidence(dispute, due)).then_nothing()


def test_an_inquiry_is_told_and_takes_nothing_until_it_becomes_a_dispute() -> None:
    given(PAYMENT, *paid).when(told("inquiry")).then(asked)
    given(PAYMENT, *paid, asked).when(told("inquiry")).then_nothing()
    given(PAYMENT, *paid, asked).when(told("dropped")).then(closed("dropped"))
    given(PAYMENT, *paid, asked).when(told("open")).then(opened)
    given(PAYMENT, *paid, asked).when(told("lost")).then(opened, closed("lost"))
    back = commands.RefundPayment(refund_id, None)
    refund = events.RefundStarted(refund_id, ada, euros(15), lines, "requested", intent, None)
    given(PAYMENT, *paid, asked).when(back).then(refund)


def test_an_inquiry_that_was_dropped_may_come_back_as_a_dispute() -> None:
    given(PAYMENT, *paid).when(told("dropped")).then(asked, closed("dropped"))
    given(PAYMENT, *paid, asked, closed("dropped")).when(told("open")).then(opened)


def test_another_day_for_the_evidence_is_told() -> None:
    later = due + timedelta(days=2)
    moved = events.DisputeDeadlineMoved(dispute, later)
    put_off = replace(told("open"), respond_by=later)
    given(PAYMENT, *paid, opened).when(put_off).then(moved)
    given(PAYMENT, *paid, opened, moved).when(put_off).then_nothing()


def test_staff_are_reminded_three_days_before_the_evidence_is_due() -> None:
    remind = commands.RemindOfEvidence(dispute, due)
    expected = At(due - TIME_TO_ANSWER, Ask(PAYMENT, stream_id, remind))
    assert when_dispute_deadline_known_remind(fact(opened)) == [expected]
    assert when_dispute_deadline_known_remind(fact(replace(opened, respond_by=None))) == []
    reminder = events.EvidenceDue(dispute, euros(15), "fraudulent", due)
    given(PAYMENT, *paid, opened).when(remind).then(reminder)
    given(PAYMENT, *paid, opened, reminder).when(told("open")).then_nothing()


def test_nobody_is_reminded_of_what_is_decided_or_put_off() -> None:
    remind = commands.RemindOfEvidence(dispute, due)
    moved = events.DisputeDeadlineMoved(dispute, due + timedelta(days=2))
    given(PAYMENT, *paid, opened, closed("won")).when(remind).then_nothing()
    given(PAYMENT, *paid, opened, moved).when(remind).then_nothing()


def test_while_a_bank_decides_staff_move_nothing() -> None:
    back = commands.RefundPayment(refund_id, euros(1))
    given(PAYMENT, *paid, opened).when(back).then_rejected("payment_disputed")


def test_what_a_bank_took_cannot_go_back_as_well() -> None:
    partly = replace(opened, amount=euros(9))
    history = (*paid, partly, replace(closed("lost"), amount=euros(9)))
    rest = commands.RefundPayment(refund_id, None)
    parts = (MoneyLine("subscription", euros(4)), MoneyLine("ticket", euros(2)))
    refund = events.RefundStarted(refund_id, ada, euros(6), parts, "requested", intent, None)
    given(PAYMENT, *history).when(rest).then(refund)
    more = commands.RefundPayment(refund_id, euros(7))
    given(PAYMENT, *history).when(more).then_rejected("refund_exceeds_payment")
    again = commands.RefundPayment(other_refund, None)
    given(PAYMENT, *history, refund).when(again).then_rejected("refund_exceeds_payment")


def test_the_money_of_a_lost_seat_does_not_go_back_twice() -> None:
    no_seat = commands.ReturnMoney(refund_id, lines[1:], "seat_denied")
    nothing = events.RefundFailed(refund_id, lines[1:], "seat_denied", Code("nothing_left"))
    given(PAYMENT, *paid, opened).when(no_seat).then(nothing)
    given(PAYMENT, *paid, opened, closed("lost")).when(no_seat).then(nothing)
    given(PAYMENT, *paid, opened, closed("won")).when(no_seat).then(
        events.RefundStarted(refund_id, ada, euros(5), lines[1:], "seat_denied", intent, None)
    )


def test_more_than_was_charged_or_another_currency_is_disputed_as_all_of_it() -> None:
    given(PAYMENT, *paid).when(told("open", euros(20))).then(opened)
    given(PAYMENT, *paid).when(told("open", Money(1700, "USD"))).then(opened)


def test_a_refund_says_of_which_things_nothing_is_kept() -> None:
    ticket = (lines[1],)
    seat = events.RefundStarted(refund_id, ada, euros(5), ticket, "seat_denied", intent, None)
    rest = events.RefundStarted(other_refund, ada, euros(10), lines[:1], "requested", intent, None)
    seat_back = events.RefundIssued(
        refund_id, ada, euros(5), ticket, "seat_denied", Code("re_1"), charge, ("ticket",)
    )
    first_done = commands.RecordRefund(refund_id, Code("re_1"))
    given(PAYMENT, *paid, seat).when(first_done).then(seat_back)
    # A refund that is on its way may still fail.
    given(PAYMENT, *paid, seat, rest).when(first_done).then(seat_back)
    rest_back = events.RefundIssued(
        other_refund,
        ada,
        euros(10),
        lines[:1],
        "requested",
        Code("re_2"),
        charge,
        ("subscription", "ticket"),
    )
    second_done = commands.RecordRefund(other_refund, Code("re_2"))
    given(PAYMENT, *paid, seat, rest, seat_back).when(second_done).then(rest_back)


class Sharing(Processor):
    """One that says what the platform has of what it collected."""

    async def fetch_intent(self, intent: Code, account: Code | None) -> Outcome:
        found = await super().fetch_intent(intent, account)
        return replace(found, amount=charge.amount, platform_fee=euros(1))


def test_what_is_first_heard_of_by_a_dispute_is_looked_up_with_the_platforms_part() -> None:
    world, payment_id = World(processor=Sharing()), UUID(int=30)
    authenticated = Instrument(Code("pm_authenticates"), None, None)
    world.ask(Ask(PAYMENT, payment_id, commands.StartCharge(charge, 1, authenticated)))
    world.settle()
    (made,) = world.processor.intents
    world.processor.finish(made, success=True)  # And nobody has told us yet.
    world.processor.disputes[dispute] = made, "open"
    world.calls.append(Call(FetchDispute(dispute, None)))
    world.settle()
    ((_, collected),) = world.events(events.PaymentSucceeded)
    assert collected.platform_fee == euros(1)
    assert len(world.events(events.DisputeOpened)) == 1
