"""The definitions of section 9, one sentence each, and their identity for any history heard in any order."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.movements import (
    Change,
    Customer,
    Kind,
    Movement,
    Retention,
    Subscription,
    fold,
    movements_of,
    per_month,
    retained,
)
from shared.contracts import billing_subscription as contracts
from shared.contracts.billing_offer import Interval
from shared.contracts.contract import MoneyValue
from shared.event_store import Fact
from shared.money import rounded
from tests.unit.analytics.heard import ada, bob, community, heard, today

offer = UUID(int=70)
a_month = timedelta(days=30)


class Billing:
    """Tells of one subscription, fact by fact."""

    def __init__(self, number: int = 1, person: UUID = ada, *, at: datetime = today) -> None:
        self.id = UUID(int=100 + number)
        self.person = person
        self.at = at
        self.facts: list[Fact] = []

    def _tell(
        self, contract: type[contracts.SubscriptionContract], wait: timedelta, /, **more: object
    ) -> "Billing":
        self.at += wait
        body = contract.model_validate(
            {
                "community_id": community,
                "occurred_at": self.at,
                "subscription_id": self.id,
                "person_id": self.person,
                "offer_id": offer,
                "tier_id": None,
                "period_start": self.at,
                "period_end": self.at + a_month,
                **more,
            }
        )
        self.facts.append(heard(body, self.id, version=len(self.facts) + 1))
        return self

    def trial(self, after: timedelta = timedelta()) -> "Billing":
        return self._tell(contracts.TrialStarted, after, trial_ends_at=self.at + a_month)

    def activated(
        self,
        minor: int = 1000,
        interval: Interval = "month",
        quantity: int = 1,
        after: timedelta = timedelta(),
        currency: str = "EUR",
        every: int = 1,
        charged_for: str = "subscription",
        source: str = "bought",
        **worth: int,
    ) -> "Billing":
        price = MoneyValue(minor=minor, currency=currency)
        return self._tell(
            contracts.SubscriptionActivated,
            after,
            price=price,
            every=every,
            charged_for=charged_for,
            source=source,
            **{name: MoneyValue(minor=part, currency=currency) for name, part in worth.items()},
            interval=interval,
            quantity=quantity,
        )

    def renewed(
        self,
        minor: int = 1000,
        after: timedelta = a_month,
        currency: str = "EUR",
        **worth: int,
    ) -> "Billing":
        return self._tell(
            contracts.SubscriptionRenewed,
            after,
            price=MoneyValue(minor=minor, currency=currency),
            **{name: MoneyValue(minor=part, currency=currency) for name, part in worth.items()},
        )

    def past_due(self, after: timedelta = a_month) -> "Billing":
        return self._tell(contracts.SubscriptionPastDue, after)

    def recovered(self, after: timedelta = timedelta(days=3)) -> "Billing":
        return self._tell(contracts.SubscriptionRecovered, after)

    def changed(
        self,
        minor: int,
        interval: Interval = "month",
        after: timedelta = timedelta(),
        **worth: int,
    ) -> "Billing":
        price = MoneyValue(minor=minor, currency="EUR")
        plan = contracts.SubscriptionPlan(
            offer_id=offer,
            tier_id=None,
            price=price,
            interval=interval,
            every=1,
            quantity=1,
            recurring=price,
        )
        charged = {name: MoneyValue(minor=part, currency="EUR") for name, part in worth.items()}
        return self._tell(
            contracts.SubscriptionChanged,
            after,
            before=plan,
            after=plan,
            **({"charged": None} | charged),
        )

    def paused(self, after: timedelta = a_month) -> "Billing":
        return self._tell(contracts.SubscriptionPaused, after, resumes_at=self.at + a_month)

    def resumed(self, minor: int | None = 1000, after: timedelta = a_month) -> "Billing":
        recurring = None if minor is None else MoneyValue(minor=minor, currency="EUR")
        return self._tell(contracts.SubscriptionResumed, after, recurring=recurring)

    def ended(self, after: timedelta = a_month, reason: str = "voluntary") -> "Billing":
        return self._tell(contracts.SubscriptionEnded, after, reason=reason, was_paying=True)


class Analytics:
    """What the projection keeps, without its tables."""

    def __init__(self) -> None:
        self.subscriptions: dict[UUID, Subscription] = {}
        self.changes: list[Change] = []

    def hear(self, facts: Iterable[Fact]) -> "Analytics":
        self.changes += fold(facts, self.subscriptions)
        return self

    def movements(self) -> dict[Customer, list[Movement]]:
        changes: dict[Customer, list[Change]] = defaultdict(list)
        for change in self.changes:
            changes[change.customer].append(change)
        return {customer: movements_of(theirs) for customer, theirs in changes.items()}

    def yearly(self) -> int:
        return sum(subscription.yearly for subscription in self.subscriptions.values())


def kinds(*tellers: Billing) -> list[tuple[Kind, int]]:
    analytics = Analytics()
    for teller in tellers:
        analytics.hear(teller.facts)
    (movements,) = analytics.movements().values()
    return [(movement.kind, movement.yearly) for movement in movements]


def test_the_first_payment_of_a_person_is_new() -> None:
    assert kinds(Billing().activated()) == [("new", 12_000)]


def test_a_price_that_rises_at_a_renewal_is_an_expansion() -> None:
    teller = Billing().activated().renewed().renewed(1500, recurring=1500, charged=750)
    assert kinds(teller.renewed(1500)) == [("new", 12_000), ("expansion", 6_000)]


def test_a_trial_brings_nothing() -> None:
    assert Analytics().hear(Billing().trial().facts).movements() == {}


def test_a_trial_that_pays_is_new_on_the_day_it_pays() -> None:
    (movements,) = (
        Analytics().hear(Billing().trial().activated(after=a_month).facts).movements().values()
    )
    assert movements == [Movement(today + a_month, "new", 12_000)]


def test_a_trial_that_ends_unpaid_was_never_there() -> None:
    assert Analytics().hear(Billing().trial().ended().facts).movements() == {}


@pytest.mark.parametrize(
    ("interval", "yearly"),
    [("week", 52_000), ("month", 12_000), ("quarter", 4_000), ("year", 1_000)],
)
def test_every_interval_is_brought_to_one_measure(interval: Interval, yearly: int) -> None:
    assert kinds(Billing().activated(interval=interval)) == [("new", yearly)]


@pytest.mark.parametrize(
    ("interval", "every", "yearly"),
    [
        ("month", 2, 6_000),
        ("month", 6, 2_000),
        ("week", 4, 13_000),
        ("year", 2, 500),
        ("month", 7, 1_714),  # 12,000 / 7 is 1,714.29
        ("year", 3, 333),
    ],
)
def test_several_intervals_are_brought_to_the_same_measure(
    interval: Interval, every: int, yearly: int
) -> None:
    teller = Billing().activated(interval=interval, every=every).renewed()
    assert kinds(teller) == [("new", yearly)]


def test_what_is_given_month_by_month_is_no_recurring_revenue() -> None:
    teller = Billing().activated(charged_for="donation").renewed()
    assert Analytics().hear(teller.facts).movements() == {}


def test_a_discount_for_ever_lowers_what_is_brought() -> None:
    teller = Billing().activated(quantity=2, recurring=1500, charged=1500)
    assert kinds(teller.renewed(recurring=1500, charged=1500)) == [("new", 18_000)]


def test_a_discount_for_a_time_lowers_nothing_and_is_shown_beside_it() -> None:
    teller = Billing().activated(recurring=1000, charged=400)
    analytics = Analytics().hear(teller.facts)
    assert analytics.subscriptions[teller.id].discounted == 7_200
    analytics.hear(teller.renewed(recurring=1000, charged=1000).facts[-1:])
    assert analytics.subscriptions[teller.id].discounted == 0
    assert kinds(teller) == [("new", 12_000)]


def test_a_first_month_for_nothing_is_new_on_the_day_it_begins() -> None:
    assert kinds(Billing().activated(recurring=1000, charged=0)) == [("new", 12_000)]


def test_what_is_free_for_ever_brings_nothing() -> None:
    teller = Billing().activated(recurring=0, charged=0)
    assert Analytics().hear(teller.facts).movements() == {}


def test_what_has_ended_has_no_discount_either() -> None:
    teller = Billing().activated(recurring=1000, charged=400).ended()
    assert Analytics().hear(teller.facts).subscriptions[teller.id].discounted == 0


def test_what_is_paid_once_does_not_recur() -> None:
    assert Analytics().hear(Billing().activated(interval="once").facts).movements() == {}


def test_three_seats_bring_three_times_as_much() -> None:
    assert kinds(Billing().activated(quantity=3).renewed()) == [("new", 36_000)]


def test_a_renewal_at_the_same_price_moves_nothing() -> None:
    assert kinds(Billing().activated().renewed().renewed()) == [("new", 12_000)]


def test_a_dearer_renewal_is_expansion_and_a_cheaper_one_contraction() -> None:
    assert kinds(Billing().activated().renewed(1500).renewed(500)) == [
        ("new", 12_000),
        ("expansion", 6_000),
        ("contraction", -12_000),
    ]


def test_more_is_expansion_when_it_is_had_and_less_is_contraction() -> None:
    assert kinds(Billing().activated().changed(1500, after=a_month).changed(500)) == [
        ("new", 12_000),
        ("contraction", -6_000),
    ]
    later = Billing().activated().changed(1500, after=a_month).changed(500, after=a_month)
    assert kinds(later) == [
        ("new", 12_000),
        ("expansion", 6_000),
        ("contraction", -12_000),
    ]


def test_another_interval_is_brought_to_the_same_measure() -> None:
    teller = Billing().activated().changed(10_000, "year", a_month).renewed(10_000)
    assert kinds(teller) == [("new", 12_000), ("contraction", -2_000)]


def test_a_change_shows_the_discount_that_stays() -> None:
    teller = Billing().activated().changed(1500, charged=750)
    analytics = Analytics().hear(teller.facts)
    assert analytics.subscriptions[teller.id].discounted == 9_000


def test_a_trial_or_a_gift_that_changes_brings_nothing_yet() -> None:
    assert Analytics().hear(Billing().trial().changed(1500).facts).movements() == {}
    gift = Billing().activated(charged_for="donation").changed(1500)
    assert Analytics().hear(gift.facts).movements() == {}


def test_a_pause_is_a_contraction_and_no_churn_and_coming_back_a_reactivation() -> None:
    teller = Billing().activated().paused()
    assert Analytics().hear(teller.facts).subscriptions[teller.id].status == "paused"
    assert kinds(teller.resumed()) == [
        ("new", 12_000),
        ("contraction", -12_000),
        ("reactivation", 12_000),
    ]


def test_a_paused_trial_is_a_trial_again() -> None:
    teller = Billing().trial().paused().resumed(None)
    analytics = Analytics().hear(teller.facts)
    assert analytics.subscriptions[teller.id].status == "trial"
    assert analytics.movements() == {}


def test_past_due_still_counts() -> None:
    teller = Billing().activated().past_due()
    assert kinds(teller) == [("new", 12_000)]
    analytics = Analytics().hear(teller.facts)
    assert analytics.subscriptions[teller.id].status == "past_due"
    analytics.hear(teller.recovered().facts[-1:])
    assert analytics.subscriptions[teller.id].status == "paying"
    assert kinds(teller) == [("new", 12_000)]


def test_the_end_of_the_last_subscription_is_churn() -> None:
    assert kinds(Billing().activated().ended()) == [("new", 12_000), ("churn", -12_000)]


def test_who_pays_again_is_reactivated() -> None:
    later = Billing(2, at=today + 3 * a_month)
    assert kinds(Billing().activated().ended(), later.activated(2000)) == [
        ("new", 12_000),
        ("churn", -12_000),
        ("reactivation", 24_000),
    ]


def test_a_second_subscription_is_expansion_and_its_end_contraction() -> None:
    second = Billing(2, at=today + a_month).activated(500).ended()
    assert kinds(Billing().activated(), second) == [
        ("new", 12_000),
        ("expansion", 6_000),
        ("contraction", -6_000),
    ]


def test_a_change_of_plan_in_one_instant_is_one_movement() -> None:
    dearer = Billing(2, at=today + a_month).activated(1500)
    assert kinds(Billing().activated().ended(), dearer) == [
        ("new", 12_000),
        ("expansion", 6_000),
    ]


def test_what_was_brought_from_elsewhere_is_neither_won_nor_lost() -> None:
    assert kinds(Billing().activated(source="migrated")) == [("brought", 12000)]
    back = Billing().activated(source="migrated").ended(reason="migrated")
    assert kinds(back) == [("brought", 12000), ("brought", -12000)]
    lost = Billing().activated(source="migrated").renewed().ended()
    assert kinds(lost) == [("brought", 12000), ("churn", -12000)]
    beside = Billing(2, at=today + a_month).activated(500)
    assert kinds(Billing().activated(source="migrated"), beside) == [
        ("brought", 12000),
        ("expansion", 6000),
    ]
    shown = per_month(0, {"brought": 12000, "churn": -6000})
    assert (shown.start, shown.new, shown.churn, shown.end) == (1000, 0, -500, 500)


def test_what_is_heard_late_still_comes_first() -> None:
    first = Billing(1).activated().ended()
    second = Billing(2, at=today + 3 * a_month).activated()
    assert kinds(second, first) == kinds(first, second)


def test_people_and_currencies_are_told_apart() -> None:
    analytics = Analytics()
    for teller in (
        Billing(1).activated(),
        Billing(2, bob).activated(),
        Billing(3).activated(currency="JPY"),
    ):
        analytics.hear(teller.facts)
    assert {
        (customer.person_id, customer.currency): [movement.kind for movement in movements]
        for customer, movements in analytics.movements().items()
    } == {(ada, "EUR"): ["new"], (bob, "EUR"): ["new"], (ada, "JPY"): ["new"]}


def test_a_subscription_that_changes_currency_leaves_one_and_enters_the_other() -> None:
    analytics = Analytics().hear(Billing().activated().renewed(1100, currency="USD").facts)
    assert {
        customer.currency: [(movement.kind, movement.yearly) for movement in movements]
        for customer, movements in analytics.movements().items()
    } == {"EUR": [("new", 12_000), ("churn", -12_000)], "USD": [("new", 13_200)]}


def test_a_clock_that_was_set_back_puts_no_end_before_its_beginning() -> None:
    teller = Billing().activated().ended(after=-a_month)
    assert kinds(teller) == []


def test_what_is_shown_adds_up_although_thirds_do_not() -> None:
    shown = per_month(2_900 * 4, {"new": 2_900 * 4, "churn": -2_900 * 4})
    assert shown == (967, 966, 0, 0, 0, -966, 967)


intervals: st.SearchStrategy[Interval] = st.sampled_from(["week", "month", "quarter", "year"])
step = st.sampled_from(
    ["renewed", "dearer", "cheaper", "past_due", "recovered", "changed", "paused"]
)
pause = st.sampled_from([timedelta(), timedelta(minutes=1), timedelta(days=20), a_month])


def live_on(draw: st.DrawFn, teller: Billing, next_step: str, price: int) -> int:
    """One thing that happens to a subscription; the price it has then."""
    after = draw(pause)
    match next_step:
        case "past_due":
            teller.past_due(after)
        case "recovered":
            teller.recovered(after)
        case "changed":
            price = draw(st.integers(1, 9999))
            teller.changed(price, draw(intervals), after)
        case "paused":
            teller.paused(after)
            if draw(st.booleans()):
                teller.resumed(price, draw(pause))
        case _:
            change = {"renewed": 0, "dearer": 1, "cheaper": -1}[next_step]
            price = max(1, price + change * draw(st.integers(1, 500)))
            teller.renewed(price, after)
    return price


@st.composite
def tellers(draw: st.DrawFn) -> list[Billing]:
    """Up to five subscriptions of two people, each with a life of its own."""
    found = []
    for number in range(draw(st.integers(1, 5))):
        teller = Billing(
            number, draw(st.sampled_from([ada, bob])), at=today + draw(st.integers(0, 3)) * a_month
        )
        if draw(st.booleans()):
            teller.trial()
        if draw(st.integers(0, 5)):
            price = draw(st.integers(1, 9999))
            interval = draw(intervals)
            many, every = draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 7]))
            teller.activated(price, interval, many, draw(pause), every=every)
            for next_step in draw(st.lists(step, max_size=5)):
                price = live_on(draw, teller, next_step, price)
        if draw(st.booleans()):
            teller.ended(draw(pause))
        found.append(teller)
    return found


def interleaved(streams: Sequence[Sequence[Fact]], random: Random) -> list[Fact]:
    """The streams as one, in any order that keeps each stream's own."""
    turns = [number for number, stream in enumerate(streams) for _ in stream]
    random.shuffle(turns)
    readers = [iter(stream) for stream in streams]
    return [next(readers[turn]) for turn in turns]


def cut(facts: list[Fact], random: Random) -> list[list[Fact]]:
    """The facts as batches of any size."""
    edges = sorted({0, len(facts), *(random.randrange(len(facts) + 1) for _ in range(4))})
    return [facts[start:end] for start, end in pairwise(edges)]


def heard_in_any_order(told: list[Billing], random: Random) -> Analytics:
    analytics = Analytics()
    for batch in cut(interleaved([teller.facts for teller in told], random), random):
        analytics.hear(batch)
    return analytics


def moved(analytics: Analytics, start: datetime, end: datetime) -> int:
    return sum(
        movement.yearly
        for movements in analytics.movements().values()
        for movement in movements
        if start <= movement.at < end
    )


def standing(told: list[Billing], at: datetime) -> int:
    """What all subscriptions bring just before `at`, found without movements."""
    analytics = Analytics()
    for teller in told:
        analytics.hear(fact for fact in teller.facts if fact.at < at)
    return analytics.yearly()


@given(tellers(), st.randoms(), st.integers(-5, 400), st.integers(0, 400))
def test_revenue_at_the_end_is_that_at_the_start_plus_the_movements(
    told: list[Billing], random: Random, first_day: int, days: int
) -> None:
    analytics = heard_in_any_order(told, random)
    start = today + timedelta(days=first_day)
    end = start + timedelta(days=days)
    assert standing(told, start) + moved(analytics, start, end) == standing(told, end)


@given(tellers(), st.randoms(), st.randoms())
def test_the_order_in_which_streams_are_heard_changes_no_movement(
    told: list[Billing], one: Random, other: Random
) -> None:
    assert heard_in_any_order(told, one).movements() == heard_in_any_order(told, other).movements()


@given(tellers(), st.randoms())
def test_kinds_say_what_they_mean(told: list[Billing], random: Random) -> None:
    analytics = heard_in_any_order(told, random)
    pauses = {(change.customer, change.at) for change in analytics.changes if change.pauses}
    for customer, movements in analytics.movements().items():
        balance = 0
        for number, movement in enumerate(movements):
            after = balance + movement.yearly
            expected = (
                ("reactivation" if number else "new")
                if not balance
                else "churn"
                if not after
                else "expansion"
                if movement.yearly > 0
                else "contraction"
            )
            is_pause = (customer, movement.at) in pauses and expected == "churn"
            assert movement.kind == ("contraction" if is_pause else expected)
            assert after >= 0
            balance = after


yearly = st.integers(-(10**9), 10**9)


@given(st.integers(0, 10**9), st.tuples(yearly, yearly, yearly, yearly, yearly))
def test_what_is_shown_adds_up_and_is_right_to_a_minor_unit(
    start: int, moves: tuple[int, int, int, int, int]
) -> None:
    names: tuple[Kind, ...] = ("new", "reactivation", "expansion", "contraction", "churn")
    moved = dict(zip(names, moves, strict=True))
    shown = per_month(start, moved)._asdict()
    assert shown["start"] + sum(shown[kind] for kind in moved) == shown["end"]
    assert shown["start"] == rounded(Fraction(start, 12))
    assert shown["end"] == rounded(Fraction(start + sum(moves), 12))
    assert all(abs(shown[kind] - Fraction(exact, 12)) <= 1 for kind, exact in moved.items())


amounts = st.integers(0, 50_000)
customers = st.lists(st.tuples(amounts, amounts, st.integers(1, 9)), max_size=20)


@given(customers)
def test_net_retention_is_gross_retention_and_what_has_grown(
    found: list[tuple[int, int, int]],
) -> None:
    """P8, to the basis point that is shown."""
    start = sum(before * many for before, _, many in found)
    grown = sum(max(after - before, 0) * many for before, after, many in found if before)
    shown = retained(found)
    if shown.net is None or shown.gross is None:
        assert start == 0
        return
    assert abs(shown.net - shown.gross - Fraction(10_000 * grown, start)) <= 1
    assert 0 <= shown.gross <= 10_000
    assert shown.gross <= shown.net


def test_who_did_not_pay_at_the_start_is_no_part_of_what_is_kept() -> None:
    assert retained([(0, 9_000, 3)]) == Retention(None, None)
    assert retained([(1_000, 0, 1), (1_000, 1_500, 1), (0, 9_000, 3)]) == Retention(5_000, 7_500)
    assert retained([(1_000, 2_000, 1)]) == Retention(10_000, 20_000)
