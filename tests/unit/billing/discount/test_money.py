"""Whatever is taken off whatever: parts sum to the whole, nothing is negative, and it is given so often and no more."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.billing.checkout import commands, events
from services.billing.checkout.decider import CHECKOUT
from services.billing.checkout.events import Basket, Line, OfferLine, QuoteLine, charges_of
from services.billing.discount.events import Deal, Discount, Reduction
from services.billing.forecast import forecast
from services.billing.least import is_too_little
from services.billing.offer.events import Interval
from services.billing.proration import billed
from services.billing.subscription import commands as asks
from services.billing.subscription import events as happened
from services.billing.subscription.decider import SUBSCRIPTION, Running
from services.billing.subscription.events import Terms
from shared.decider import Rejected
from shared.ids import Code
from shared.money import Money
from tests.unit.billing.cast import ada, noon, visa

HOME, ZONE = Code("https://club.example"), Code("Europe/Paris")

INTERVALS: tuple[Interval, ...] = ("once", "week", "month", "quarter", "year")

minors = st.integers(0, 99_999)
periods = st.one_of(st.none(), st.integers(1, 6))
percents = st.integers(1, 100)
amounts = st.integers(1, 99_999).map(lambda minor: Money(minor, "EUR"))
deals = st.one_of(
    st.builds(Deal, percent=percents, periods=periods),
    st.builds(lambda amount, many: Deal(amounts=(amount,), periods=many), amounts, periods),
)


@st.composite
def baskets(draw: st.DrawFn) -> tuple[Line, ...]:
    lines: list[Line] = []
    for number in range(draw(st.integers(1, 5))):
        interval = draw(st.sampled_from(INTERVALS))
        recurs = interval != "once"
        fees = st.one_of(st.none(), amounts)
        line = OfferLine(
            UUID(int=10 + number),
            None,
            Money(draw(minors), "EUR"),
            interval,
            draw(st.sampled_from([0, 0, 14])) if recurs else 0,
            draw(st.integers(1, 7)),
            draw(st.integers(1, 3)) if recurs else 1,
            donation=draw(st.booleans()),
            setup_fee=draw(fees) if recurs else None,
        )
        lines.append(line)
    if draw(st.booleans()):
        seats = Money(draw(minors), "EUR")
        lines.append(QuoteLine(UUID(int=30), 1, seats, noon + timedelta(hours=1)))
    return tuple(lines)


def opened(lines: tuple[Line, ...], deal: Deal | None) -> Basket:
    discount = Discount(UUID(int=40), deal) if deal else None
    opening = commands.OpenCheckout(
        ada, lines, None, ZONE, Code(f"{HOME}/thanks"), HOME, noon, discount
    )
    try:
        (begun, *_) = CHECKOUT.decide(opening, None)
    except Rejected as refusal:
        assert refusal.code in ("code_does_not_apply", "total_out_of_range")  # noqa: PT017
        assume(False)  # noqa: FBT003
    assert isinstance(begun, events.CheckoutOpened)
    return begun.basket


@given(baskets(), st.one_of(st.none(), deals))
def test_the_lines_sum_to_what_is_charged_and_nothing_is_negative(
    lines: tuple[Line, ...], deal: Deal | None
) -> None:
    basket = opened(lines, deal)
    nothing = Money(0, "EUR")
    assert sum((line.due for line in basket.lines), nothing) == basket.due
    assert sum((charge.amount for charge in basket.charges), nothing) == basket.due
    assert charges_of(basket.lines) == basket.charges
    assert all(charge.amount.minor > 0 for charge in basket.charges)
    assert all(line.due.minor >= 0 for line in basket.lines)


@given(baskets(), amounts, periods)
def test_an_amount_is_taken_off_to_the_cent_and_never_more_than_there_is(
    lines: tuple[Line, ...], amount: Money, many: int | None
) -> None:
    basket = opened(lines, Deal(amounts=(amount,), periods=many))
    reduced = [line for line in basket.lines if isinstance(line, OfferLine) and line.reduction]
    whole = sum((line.full for line in reduced), Money(0, "EUR"))
    off = sum((line.off(1) for line in reduced), Money(0, "EUR"))
    assert off == min(amount, whole)
    assert all(line.off(1) <= line.full for line in reduced)


@given(st.lists(minors.map(lambda minor: Money(minor, "EUR")), min_size=1, max_size=8), percents)
def test_so_many_per_cent_are_right_to_half_a_cent_on_each_line(
    fulls: list[Money], percent: int
) -> None:
    for full, reduction in zip(
        fulls, Discount(UUID(int=40), Deal(percent=percent)).reductions(fulls), strict=True
    ):
        assert abs(reduction.off(full, 1).minor * 100 - full.minor * percent) <= 50


@given(baskets(), st.one_of(st.none(), deals), st.integers(1, 24))
def test_what_is_shown_for_today_is_what_is_charged_today(
    lines: tuple[Line, ...], deal: Deal | None, months: int
) -> None:
    basket = opened(lines, deal)
    payments = forecast(basket, noon, months)
    today = sum((payment.due for payment in payments if payment.at == noon), Money(0, "EUR"))
    assert today == basket.due
    assert all(payment.due.minor >= 0 for payment in payments)
    assert [payment.at for payment in payments] == sorted(payment.at for payment in payments)


@pytest.mark.parametrize(
    ("interval", "every", "payments"),
    [
        ("once", 1, 1),
        ("week", 1, 13),
        ("month", 1, 3),
        ("month", 2, 2),
        ("quarter", 1, 1),
        ("year", 1, 1),
    ],
)
def test_months_are_as_many_payments_as_begin_in_them(
    interval: Interval, every: int, payments: int
) -> None:
    line = OfferLine(UUID(int=10), None, Money(1000, "EUR"), interval, 0, 1, every)
    basket = opened((line,), Deal(percent=50, periods=None, months=3))
    (reduced,) = basket.lines
    assert isinstance(reduced, OfferLine)
    assert reduced.reduction == Reduction(UUID(int=40), 50, None, payments)


class Life:
    """One subscription, in whatever order it is asked for things."""

    def __init__(self, terms: Terms, trial_days: int) -> None:
        self.state: Any = None
        self.seen: list[happened.SubscriptionEvent] = []
        self.renewals: list[asks.RenewSubscription] = []
        self.ask(asks.StartSubscription(terms, visa, trial_days, noon))

    def ask(self, command: asks.SubscriptionCommand) -> None:
        for event in SUBSCRIPTION.decide(command, self.state):
            self.state = SUBSCRIPTION.evolve(self.state, event)
            self.seen.append(event)

    def renewed(self) -> None:
        if isinstance(self.state, Running):
            payment_id = UUID(int=1000 + len(self.renewals))
            self.renewals.append(asks.RenewSubscription(self.state.ends_at, payment_id))
            self.ask(self.renewals[-1])

    def renewed_again(self) -> None:
        for renewal in self.renewals:
            self.ask(renewal)

    def declined(self) -> None:
        if isinstance(self.state, Running) and (due := self.state.renewal):
            no, at = Code("no"), due.period.start
            self.ask(asks.DeclineRenewal(due.payment_id, due.attempt, no, final=False, at=at))

    def retried(self) -> None:
        if isinstance(self.state, Running) and (due := self.state.renewal):
            self.ask(asks.RetryRenewal(due.payment_id, due.attempt + 1))

    def settled(self) -> None:
        for renewal in self.renewals:
            self.ask(asks.SettleRenewal(renewal.payment_id))


step = st.sampled_from(
    [Life.renewed, Life.renewed_again, Life.declined, Life.retried, Life.settled]
)


@given(
    amounts,
    st.one_of(
        st.builds(Reduction, st.just(UUID(int=40)), percents, st.none(), periods),
        st.builds(Reduction, st.just(UUID(int=40)), st.just(0), amounts, periods),
    ),
    st.sampled_from([0, 14]),
    st.lists(step, max_size=60),
)
def test_a_discount_is_given_so_many_times_in_any_order_of_retries_and_as_was_shown(
    price: Money, reduction: Reduction, trial_days: int, steps: list[Callable[[Life], None]]
) -> None:
    assume(trial_days or not is_too_little(price - reduction.off(price, 1)))
    terms = Terms(ada, UUID(int=10), None, price, "month", 1, ZONE, reduction=reduction)
    life = Life(terms, trial_days)
    for one in steps:
        one(life)
    _so_many_and_no_more(life.seen, price, reduction)
    _as_was_shown(life.seen, terms, trial_days)


def _so_many_and_no_more(
    seen: list[happened.SubscriptionEvent], price: Money, reduction: Reduction
) -> None:
    paid = [one.paid for one in seen if isinstance(one, PaidPeriod)]
    off = reduction.off(price, 1)
    many = len(paid) if reduction.periods is None else min(reduction.periods, len(paid))
    assert paid == _bills([price - off] * many + [price] * (len(paid) - many))
    assert all(one is not None and one.minor >= 0 for one in paid)
    charges = [one for one in seen if isinstance(one, happened.RenewalStarted)]
    for _, attempts in groupby(charges, key=lambda one: one.payment_id):
        assert len({one.due for one in attempts}) == 1


def _bills(dues: list[Money]) -> list[Money]:
    """What is too little to be charged waits, and is not lost."""
    bills, waiting = [], Money(0, "EUR")
    for due in dues:
        bills.append(billed(due, waiting))
        waiting += due - bills[-1]
    return bills


PaidPeriod = happened.SubscriptionActivated | happened.SubscriptionRenewed


def _as_was_shown(seen: list[happened.SubscriptionEvent], terms: Terms, trial_days: int) -> None:
    paid = [(one.period.start, one.paid) for one in seen if isinstance(one, PaidPeriod)]
    line = OfferLine(terms.offer_id, None, terms.price, "month", trial_days, 1)
    carried = replace(line, reduction=terms.reduction)
    shown = forecast(Basket(ada, (carried,), terms.price, (), None, ZONE), noon, len(paid) + 2)
    expected = [(payment.at, payment.due) for payment in shown if payment.number]
    assert paid == expected[: len(paid)]
