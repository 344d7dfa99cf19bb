"""Tables that any spreadsheet reads as they were meant, and none runs."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from shared.decider import members
from shared.ids import AccountId, Code
from shared.money import Money
from shared.takeout import exports
from shared.takeout.exports import EXPORT, ExportTaken, TakeExport
from shared.takeout.table import Cell, decimal, lines, written
from shared.testing import given


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("https://evil.example")',
        "+33 6 12 34 56 78",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        "\uff1d1+1",
    ],
)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    assert written(text) == f"'{text}"


@pytest.mark.parametrize("text", ["Ada", "a=b", "1-2", "'quoted'", "", "ada@example.com"])
def test_what_is_text_stays_as_it_is(text: str) -> None:
    assert written(text) == text


def test_a_number_is_a_number_though_it_begins_as_a_formula_would() -> None:
    assert written(Decimal("-10.50")) == "-10.50"
    assert written(-3) == "-3"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(1050, "EUR"), "10.50"),
        (Money(-5, "EUR"), "-0.05"),
        (Money(0, "EUR"), "0.00"),
        (Money(1050, "JPY"), "1050"),
        (Money(1050, "KWD"), "1.050"),
        (Money(123_456_789_012, "EUR"), "1234567890.12"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: Money, text: str) -> None:
    assert written(decimal(amount)) == text


def test_every_cell_comes_back_as_it_went() -> None:
    row: list[Cell] = ['Ada "the" King', "two\r\nlines", "a,b;c", "é€", None, date(2026, 3, 1)]
    raw = lines([row])
    assert raw.endswith(b"\r\n")
    (read,) = csv.reader(io.StringIO(raw.decode(), newline=""))
    assert read == ['Ada "the" King', "two\r\nlines", "a,b;c", "é€", "", "2026-03-01"]
    at = datetime(2026, 3, 1, 9, 30, 1, 5, tzinfo=UTC)
    assert lines([[UUID(int=1), at]]) == (
        b"00000000-0000-0000-0000-000000000001,2026-03-01T09:30:01+00:00\r\n"
    )


def test_what_is_taken_is_recorded_once_for_each_time() -> None:
    by = AccountId(UUID(int=7))
    take = TakeExport(Code("members"), (Code("standing=joined"),), by)
    taken = ExportTaken(Code("members"), (Code("standing=joined"),), by)
    given(EXPORT).when(take).then(taken)
    given(EXPORT, taken).when(take).then_nothing()
    assert members(EXPORT.events) == (exports.ExportTaken,)
