"""Whoever is to be debited is told of it before: the day, the amount, once."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from services.billing.payer.events import Instrument, Mandate
from services.billing.subscription import commands, events
from services.billing.subscription.decider import SUBSCRIPTION
from services.billing.subscription.events import DEBIT_NOTICE
from shared.ids import Code
from shared.testing import given
from tests.unit.billing.cast import amex
from tests.unit.billing.subscription.test_decider import activated

mandate = Mandate(Code("mandate_1"), Code("REF"))
signed = Instrument(Code("pm_iban"), Code("cus_ada"), None, mandate=mandate)
running = replace(activated, instrument=signed)
due = running.period.end
in_time = commands.AnnounceDebit(due - DEBIT_NOTICE)
told = events.DebitAnnounced(running.terms, running.terms.amount, due, mandate)


def test_a_debit_is_told_of_a_fortnight_before_and_once() -> None:
    given(SUBSCRIPTION, running).when(in_time).then(told)
    given(SUBSCRIPTION, running, told).when(in_time).then_nothing()
    early = commands.AnnounceDebit(in_time.at - timedelta(seconds=1))
    given(SUBSCRIPTION, running).when(early).then_nothing()


def test_no_card_no_cancelled_and_no_unknown_subscription_is_told() -> None:
    given(SUBSCRIPTION, activated).when(in_time).then_nothing()
    cancelled = events.CancellationScheduled(running.terms, due)
    given(SUBSCRIPTION, running, cancelled).when(in_time).then_nothing()
    given(SUBSCRIPTION).when(in_time).then_nothing()


def test_who_is_to_be_debited_another_amount_is_told_again() -> None:
    before = replace(told, amount=told.amount * 2)
    given(SUBSCRIPTION, running, before).when(in_time).then(told)


@pytest.mark.parametrize(("instrument", "due_at"), [(amex, None), (signed, due)])
def test_another_instrument_says_when_it_is_debited(
    instrument: Instrument, due_at: datetime | None
) -> None:
    use = commands.UseInstrument(instrument)
    replaced = events.InstrumentReplaced(instrument, due_at)
    given(SUBSCRIPTION, activated).when(use).then(replaced)
