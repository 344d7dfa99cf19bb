"""Money: nothing is lost, nothing is invented, and currencies never mix."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.money import CURRENCIES, EXPONENTS, Money, rounded

FIXED = settings(derandomize=True, deadline=None, max_examples=50)

amounts = st.integers(-(10**15), 10**15)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)


@FIXED
@given(amounts, weights)
def test_a_split_sums_to_the_whole(minor: int, shares: list[int]) -> None:
    parts = Money(minor, "EUR").split(shares)
    assert len(parts) == len(shares)
    assert sum(part.minor for part in parts) == minor
    assert {part.currency for part in parts} == {"EUR"}


@FIXED
@given(amounts, weights)
def test_no_part_is_a_minor_unit_away_from_its_exact_share(minor: int, shares: list[int]) -> None:
    for part, share in zip(Money(minor, "EUR").split(shares), shares, strict=True):
        assert abs(part.minor - Fraction(minor * share, sum(shares))) < 1


@FIXED
@given(amounts, weights)
def test_who_has_no_share_gets_nothing(minor: int, shares: list[int]) -> None:
    for part, share in zip(Money(minor, "EUR").split(shares), shares, strict=True):
        assert share or not part


@FIXED
@given(amounts, weights)
def test_a_split_of_the_opposite_is_the_opposite_split(minor: int, shares: list[int]) -> None:
    opposite = Money(-minor, "EUR").split(shares)
    assert [-part for part in Money(minor, "EUR").split(shares)] == opposite


@FIXED
@given(st.integers(0, 10**9), st.integers(1, 20))
def test_equal_shares_differ_by_at_most_one_and_the_first_get_more(minor: int, n: int) -> None:
    parts = [part.minor for part in Money(minor, "EUR").split([1] * n)]
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


def test_the_largest_remainder_gets_the_odd_cent() -> None:
    parts = Money(100, "EUR").split([50, 30, 20, 3])
    assert [part.minor for part in parts] == [49, 29, 19, 3]


@pytest.mark.parametrize("shares", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_a_split_needs_weights_it_can_go_by(shares: list[int]) -> None:
    with pytest.raises(ValueError, match=r"weights|empty"):
        Money(100, "EUR").split(shares)


@FIXED
@given(st.fractions(max_denominator=10_000, min_value=-(10**6), max_value=10**6))
def test_rounding_is_half_away_from_zero(exact: Fraction) -> None:
    decimal = Decimal(exact.numerator) / Decimal(exact.denominator)
    by_decimal = int(decimal.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    assert rounded(exact) == by_decimal
    assert rounded(-exact) == -rounded(exact)


@pytest.mark.parametrize(
    ("minor", "part", "expected"),
    [
        (5, Fraction(1, 2), 3),
        (-5, Fraction(1, 2), -3),
        (1, Fraction(1, 2), 1),
        (1, Fraction(49, 100), 0),
        (1000, Fraction(1, 3), 333),
        (0, Fraction(1, 2), 0),
    ],
)
def test_a_share_is_rounded_to_a_minor_unit(minor: int, part: Fraction, expected: int) -> None:
    assert Money(minor, "EUR").share(part) == Money(expected, "EUR")


@FIXED
@given(amounts, amounts, st.integers(-1_000, 1_000))
def test_arithmetic_is_that_of_integers(one: int, other: int, times: int) -> None:
    a, b = Money(one, "EUR"), Money(other, "EUR")
    assert (a + b).minor == one + other
    assert (a - b).minor == one - other
    assert (a * times).minor == one * times
    assert -a + a == Money(0, "EUR")
    assert (a < b) == (one < other)
    assert (a <= b) == (one <= other)
    assert bool(a) == bool(one)


def test_currencies_never_mix() -> None:
    euros, yen = Money(1, "EUR"), Money(1, "JPY")
    assert euros != yen
    for mix in (euros.__add__, euros.__sub__, euros.__lt__, euros.__le__):
        with pytest.raises(ValueError, match="do not mix"):
            mix(yen)


@pytest.mark.parametrize("currency", ["", "eur", "EURO", "XXX", "XTS"])
def test_a_currency_is_one_of_iso_4217(currency: str) -> None:
    with pytest.raises(ValueError, match="ISO 4217"):
        Money(1, currency)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1050, "EUR"), "10.50 EUR"),
        (Money(-5, "EUR"), "-0.05 EUR"),
        (Money(1050, "JPY"), "1050 JPY"),
        (Money(1050, "KWD"), "1.050 KWD"),
        (Money(0, "USD"), "0.00 USD"),
    ],
)
def test_money_is_written_with_the_digits_of_its_currency(money: Money, text: str) -> None:
    assert str(money) == text


def test_every_exponent_belongs_to_a_currency() -> None:
    assert set(EXPONENTS) <= CURRENCIES
