"""Tables for spreadsheets: CSV as RFC 4180 has it, in UTF-8, sent page by page; a spreadsheet runs nothing of it."""

import csv
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from fastapi.responses import StreamingResponse

from shared.money import EXPONENTS, Money

T = TypeVar("T")
Cell = str | int | Decimal | date | datetime | UUID | None
PAGE = 500
BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - as Excel reads them
MARK = b"\xef\xbb\xbf"
"""Without it a spreadsheet takes UTF-8 for something else."""


class Csv(StreamingResponse):
    """A file for a spreadsheet."""

    media_type = "text/csv"


def table(name: str, header: Sequence[str], pages: AsyncIterator[Sequence[Sequence[Cell]]]) -> Csv:
    """A file under a name, from a header and pages of rows."""
    disposition = f'attachment; filename="{name}.csv"'
    headers = {"content-disposition": disposition, "cache-control": "no-store"}
    return Csv(_sent(header, pages), headers=headers)


async def _sent(
    header: Sequence[str], pages: AsyncIterator[Sequence[Sequence[Cell]]]
) -> AsyncIterator[bytes]:
    yield MARK + lines([header])
    async for rows in pages:
        yield lines(rows)


async def paged(
    read: Callable[[T | None, int], Awaitable[Sequence[T]]],
) -> AsyncIterator[Sequence[T]]:
    """Page after page of a list: `read` answers what comes after the last item that was seen, at most so many."""
    last: T | None = None
    while True:
        page = await read(last, PAGE)
        yield page
        if len(page) < PAGE:
            return
        last = page[-1]


def lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as they stand in the file."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(map(written, row) for row in rows)
    return text.getvalue().encode()


def written(cell: Cell) -> str:
    """A cell's text. A text that would be run as a formula has an apostrophe before it; a number is a number."""
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(timespec="seconds")
        case str() if cell.lstrip(" ").startswith(BEGINS_FORMULA):
            return f"'{cell}"
        case _:
            return str(cell)


def decimal(amount: Money) -> Decimal:
    """An amount with as many decimals as its currency has: 10.50 in EUR, 1050 in JPY."""
    return Decimal(amount.minor).scaleb(-EXPONENTS.get(amount.currency, 2))
