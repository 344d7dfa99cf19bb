"""Whose price a rise is about, what that brings, and how one tells that it is about others by now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.billing.price_rise.events import Whom
from services.billing.rise_preview import Held, Raised, choose, fingerprint, sums
from services.billing.rises import NO_RISE, Holding, announced
from services.billing.subscription import events
from services.billing.subscription.events import Period, Rise, Terms
from shared.ids import Code, Label
from shared.money import Money
from tests.unit.billing.cast import ada, euros, noon

april = Period(noon, datetime(2026, 4, 1, 12, 0, tzinfo=UTC))
terms = Terms(ada, UUID(int=10), UUID(int=20), euros(10), "month", 1, Code("UTC"))
prices = (euros(15), Money(1800, "USD"))
rise = Rise(UUID(int=70), UUID(int=10), Label("Gold"), 3, prices, noon + timedelta(days=30), 30)


def held(number: int, of: Terms = terms, at: datetime = noon, **how: bool) -> Held:
    return Held(UUID(int=number), at, Holding(of, of, noon, april.end, NO_RISE, **how))


def test_everybody_is_raised_or_left_out_for_one_reason() -> None:
    second = replace(terms, price_version=2)
    newest = replace(terms, price_version=3)
    everybody = [
        held(1),
        held(2, by_hand=True, cancelling=True),
        held(3, second),
        held(4, newest),
        held(5, second, at=noon - timedelta(days=1)),
        held(6, second),
    ]
    whom = Whom(from_version=2, began_from=noon, pinned=(UUID(int=6), UUID(int=99)))
    choice = choose(rise, whom, everybody)
    assert [one.subscription_id for one in choice.raised] == [UUID(int=3)]
    assert choice.left_out == {
        "other_version": 2,
        "has_the_price": 1,
        "began_before": 1,
        "pinned": 1,
    }
    assert len(choice.raised) + sum(choice.left_out.values()) == len(everybody)
    all_of_them = choose(rise, Whom(), everybody)
    assert [one.subscription_id.int for one in all_of_them.raised] == [1, 3, 5, 6]
    assert all_of_them.left_out == {"by_hand": 1, "has_the_price": 1}
    oldest = choose(rise, Whom(to_version=1), everybody)
    assert [one.subscription_id.int for one in oldest.raised] == [1]


def test_a_period_and_a_month_are_summed_by_currency() -> None:
    yearly = replace(terms, interval="year", quantity=2)
    dollars = replace(terms, price=Money(999, "USD"))
    choice = choose(rise, Whom(), [held(1, yearly), held(2, yearly), held(3, dollars)])
    in_euros, in_dollars = sums(choice.raised)
    assert in_euros.subscriptions == 2
    assert (in_euros.period_before, in_euros.period_after) == (euros(40), euros(60))
    assert (in_euros.mrr_before.minor, in_euros.mrr_after) == (333, euros(5))
    assert (in_dollars.mrr_before.minor, in_dollars.mrr_after.minor) == (999, 1800)
    assert sums([]) == []


def test_the_fingerprint_is_of_whom_it_is_about_and_of_nothing_else() -> None:
    def of(what: Rise = rise, *people: Held) -> UUID:
        return fingerprint(what, choose(what, Whom(), people or (held(1), held(2))).raised)

    same = of()
    assert of(replace(rise, rise_id=UUID(int=71))) == same
    assert of(rise, held(2), held(1), held(3, paused=True)) == same
    others = [
        of(rise, held(1)),
        of(rise, held(1), held(3)),
        of(rise, held(1), held(2, replace(terms, quantity=2))),
        of(replace(rise, price_version=4)),
        of(replace(rise, prices=(euros(16),))),
        of(replace(rise, effective_from=rise.effective_from + timedelta(days=1))),
        of(replace(rise, needs_consent=True)),
        of(replace(rise, needs_consent=True, otherwise="end")),
    ]
    assert len({same, *others}) == len(others) + 1


@given(
    version=st.integers(1, 4),
    price=st.integers(900, 1600),
    flags=st.fixed_dictionaries(
        {name: st.booleans() for name in ("by_hand", "cancelling", "paused", "changing")}
    ),
)
def test_who_is_shown_is_told_and_at_the_same_price_from_the_same_day(
    version: int, price: int, flags: dict[str, bool]
) -> None:
    of = replace(terms, price=Money(price, "EUR"), price_version=version)
    holding = Holding(of, of, noon, april.end, NO_RISE, **flags)
    one = Held(UUID(int=1), noon, holding)
    choice = choose(rise, Whom(), [one])
    (told,) = announced(holding, rise, noon)
    if choice.raised:
        assert isinstance(told, events.PriceRiseAnnounced)
        assert choice.raised == (Raised(UUID(int=1), of, told.to, told.first_due),)
    else:
        assert isinstance(told, events.PriceRiseDropped)
        assert choice.left_out == {told.reason: 1}
