"""How a payment stands at the processor and in our book, and what differs."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.billing.comparison import (
    REPAIRS,
    Booked,
    Cause,
    Charged,
    PageOfCharges,
    compared_here,
    compared_there,
    drift_of,
    settled_among,
)
from shared.ids import Code
from shared.money import Money

payment_id, other_id = UUID(int=1), UUID(int=2)
intent = Code("pi_1")
NONE: frozenset[UUID] = frozenset()


def there(minor: int, back: int = 0, currency: str = "EUR", named: Code = intent) -> Charged:
    return Charged(payment_id, named, Money(minor, currency), Money(back, currency))


def here(minor: int, back: int = 0, *, paid: bool = True) -> Booked:
    return Booked(payment_id, intent, paid, Money(minor, "EUR"), Money(back, "EUR"))


@pytest.mark.parametrize(
    ("processor", "book", "cause"),
    [
        (there(10), here(10), None),
        (there(10, 4), here(10, 4), None),
        (there(0), here(10, paid=False), None),
        (None, here(10, paid=False), None),
        (None, None, None),
        (there(0), None, None),
        (there(10), here(10, paid=False), "succeeded_there"),
        (there(10, 10), here(10, paid=False), "succeeded_there"),
        (None, here(10), "missing_there"),
        (there(0), here(10), "missing_there"),
        (there(9), here(10), "amount_differs"),
        (there(10, currency="USD"), here(10), "amount_differs"),
        (there(9), here(10, paid=False), "amount_differs"),
        (there(10, 4), here(10), "refunded_there"),
        (there(10), here(10, 4), "refund_missing_there"),
        (there(10), None, "unknown_here"),
    ],
)
def test_what_differs_has_one_cause(
    processor: Charged | None, book: Booked | None, cause: Cause | None
) -> None:
    drift = drift_of(processor, book)
    assert (drift and drift.cause) == cause


def test_every_cause_says_who_acts() -> None:
    assert {cause for cause, (actor, _) in REPAIRS.items() if actor == "tessera"} == {
        "succeeded_there",
        "refunded_there",
        "charged_twice",
    }
    assert all(sentence.endswith(".") for _, sentence in REPAIRS.values())


amounts = st.integers(0, 3)


@given(collected=amounts, back=amounts, asked=amounts, returned=amounts, paid=st.booleans())
def test_without_a_drift_the_same_is_kept(
    *, collected: int, back: int, asked: int, returned: int, paid: bool
) -> None:
    """Of payments that can be: more than nothing was asked, and no more went back than came."""
    processor = there(collected, min(back, collected))
    book = here(asked + 1, min(returned, asked) if paid else 0, paid=paid)
    drift = drift_of(processor, book)
    if drift is None:
        assert processor.kept == book.kept
    else:
        assert processor.kept != book.kept or drift.cause in ("succeeded_there", "amount_differs")


def test_a_page_of_theirs_is_summed_on_both_sides() -> None:
    stranger = Charged(other_id, Code("pi_2"), Money(7, "USD"), Money(0, "USD"))
    listed = PageOfCharges((there(10, 4), stranger, there(0)), 3, Code("pi_9"))
    page, drifts = compared_there(listed, {payment_id: here(10)}, frozenset())
    assert (page.compared, page.strangers, page.after) == (2, 3, "pi_9")
    assert page.seen == (payment_id, other_id)
    assert page.there == (Money(6, "EUR"), Money(7, "USD"))
    assert page.here == (Money(10, "EUR"),)
    assert [one.cause for one in drifts] == ["refunded_there", "unknown_here"]


@pytest.mark.parametrize("page_before", [True, False])
def test_what_is_collected_by_two_intents_is_charged_twice(*, page_before: bool) -> None:
    again = there(10, named=Code("pi_2"))
    ours = (again,) if page_before else (again, there(10))
    seen = frozenset({payment_id} if page_before else ())
    book = {payment_id: here(10)}
    page, (drift,) = compared_there(PageOfCharges(ours, 0, None), book, seen)
    assert (drift.cause, drift.intent) == ("charged_twice", "pi_2")
    assert len(page.here) == (not page_before), "our book has it once"
    assert settled_among([drift], book, {again.intent: again}) == ()
    back = there(10, 10, named=Code("pi_2"))
    assert settled_among([drift], book, {back.intent: back}) == (payment_id,)
    _, drifts = compared_there(PageOfCharges((back,), 0, None), book, frozenset({payment_id}))
    assert drifts == (), "it went back already"


def test_what_was_paid_by_hand_and_collected_there_is_charged_twice() -> None:
    by_hand = replace(here(10), intent=None)
    _, (drift,) = compared_there(PageOfCharges((there(10),), 0, None), {payment_id: by_hand}, NONE)
    assert (drift.cause, drift.intent) == ("charged_twice", intent)
    assert (drift.there, drift.here) == (Money(10, "EUR"), Money(0, "EUR"))
    _, drifts = compared_there(
        PageOfCharges((there(10, 10),), 0, None), {payment_id: by_hand}, NONE
    )
    assert drifts == (), "it went back already"


def test_what_is_booked_is_asked_for_and_may_be_missing() -> None:
    page, drifts = compared_here([here(10)], {intent: there(10)}, None)
    assert (page.there, page.here, drifts) == ((Money(10, "EUR"),), (Money(10, "EUR"),), ())
    page, (drift,) = compared_here([here(10)], {}, None)
    assert (page.there, page.here, drift.cause) == ((), (Money(10, "EUR"),), "missing_there")
    assert settled_among([drift], {payment_id: here(10)}, {}) == ()
    assert settled_among([drift], {payment_id: here(10)}, {intent: there(10)}) == (payment_id,)
