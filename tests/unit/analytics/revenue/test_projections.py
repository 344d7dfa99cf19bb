from datetime import timedelta
from random import Random
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.analytics.revenue.projections import Till, sums
from shared.contracts.billing_dispute import DisputeClosed
from shared.contracts.billing_payment import MoneyLine, PaymentSucceeded, RefundIssued
from shared.contracts.contract import ChargedFor, MoneyValue
from shared.event_store import Fact
from tests.unit.analytics.heard import ada, community, heard, today

payment = UUID(int=30)


def line(minor: int, charged_for: ChargedFor = "ticket", currency: str = "EUR") -> MoneyLine:
    return MoneyLine(charged_for=charged_for, amount=MoneyValue(minor=minor, currency=currency))


def paid(*lines: MoneyLine, after: timedelta = timedelta()) -> Fact:
    return heard(
        PaymentSucceeded(
            community_id=community,
            occurred_at=today + after,
            payment_id=payment,
            person_id=ada,
            amount=lines[0].amount,
            lines=lines,
        ),
        payment,
    )


def refunded(*lines: MoneyLine, after: timedelta = timedelta()) -> Fact:
    return heard(
        RefundIssued(
            community_id=community,
            occurred_at=today + after,
            payment_id=payment,
            refund_id=UUID(int=31),
            person_id=ada,
            amount=lines[0].amount,
            lines=lines,
        ),
        payment,
    )


def lost(*lines: MoneyLine, after: timedelta = timedelta()) -> Fact:
    return heard(
        DisputeClosed(
            community_id=community,
            occurred_at=today + after,
            payment_id=payment,
            dispute="dp_1",
            person_id=ada,
            amount=MoneyValue(minor=2400, currency="EUR"),
            outcome="lost" if lines else "won",
            lost=lines,
        ),
        payment,
    )


tickets = Till(community, "EUR", "ticket", today)


def test_a_payment_is_counted_by_what_it_was_for() -> None:
    gross, given_back, _ = sums([paid(line(2400), line(1000, "subscription"))])
    assert gross == {tickets: 2400, tickets._replace(source="subscription"): 1000}
    assert not given_back


def test_a_refund_is_counted_beside_what_was_taken() -> None:
    gross, given_back, _ = sums([paid(line(2400)), refunded(line(1200))])
    assert (gross[tickets], given_back[tickets]) == (2400, 1200)


def test_what_a_bank_took_back_is_counted_apart_and_what_it_left_is_not() -> None:
    gross, given_back, taken = sums([paid(line(2400)), lost(line(2400)), lost()])
    assert (gross[tickets], given_back[tickets], taken[tickets]) == (2400, 0, 2400)


def test_currencies_do_not_mix() -> None:
    gross, *_ = sums([paid(line(2400), line(300, currency="JPY"))])
    assert gross == {tickets: 2400, tickets._replace(currency="JPY"): 300}


def test_quarters_of_an_hour_are_kept_apart() -> None:
    gross, *_ = sums([paid(line(1)), paid(line(2), after=timedelta(minutes=16))])
    assert gross == {tickets: 1, tickets._replace(slot=today + timedelta(minutes=15)): 2}


money = st.builds(
    lambda minor, minutes, how: how(line(minor), after=timedelta(minutes=minutes)),
    st.integers(0, 10_000),
    st.integers(0, 60),
    st.sampled_from([paid, refunded, lost]),
)


@given(st.lists(money), st.randoms(), st.integers(0, 20))
def test_neither_order_nor_batches_change_a_sum(
    facts: list[Fact], random: Random, edge: int
) -> None:
    shuffled = random.sample(facts, len(facts))
    whole = sums(facts)
    parts = sums(shuffled[:edge]), sums(shuffled[edge:])
    for side in (0, 1, 2):
        parts[0][side].update(parts[1][side])
        assert parts[0][side] == whole[side]
