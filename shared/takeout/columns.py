"""The rows of a community in a table of any shape, as the database itself describes it, page by page."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from shared.http import Caller
from shared.personal_value import Sealed

PAGE = 1_000
Value = str | int | bool | date | datetime | list[str] | None

_COLUMNS = """
SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, coalesce(a.attnum = ANY (i.indkey), false) AS key
FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_PLACE = ("ctid", "tid")
"""Where a row stands: the order of what is only ever added to, and has no key."""


@dataclass(frozen=True, slots=True)
class Table:
    """How a table goes out.

    Of the columns in `opened`, sealed words are opened; those in `without` stay, each for a reason. `only` are the rows
    that go, where not all may: a condition in SQL.
    """

    opened: tuple[str, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)
    only: str = "true"


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name, and its type as Postgres writes it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one community in the table that is called `source` here."""

    source: str
    table: Table
    columns: tuple[Column, ...]
    key: tuple[tuple[str, str], ...]

    async def pages(self, caller: Caller) -> AsyncIterator[list[list[Value]]]:
        """By the table's key, each page with a connection of its own: whoever reads slowly holds none."""
        last: list[Any] = []
        while True:
            async with caller.read() as connection:
                found = await connection.fetch(self._query(bool(last)), caller.community_id, *last)
            if found:
                yield await self._told(caller, found)
            if len(found) < PAGE:
                return
            last = list(found[-1])[: len(self.key)]

    def _query(self, more: bool) -> str:  # noqa: FBT001  Whether something comes before.
        key = ", ".join(name for name, _ in self.key)
        names = ", ".join(f'"{column.name}"' for column in self.columns)
        marks = ", ".join(f"${number}::{kind}" for number, (_, kind) in enumerate(self.key, 2))
        after = f"AND ({key}) > ({marks})" if more else ""
        return (
            f"SELECT {key}, {names} FROM {self.source}"  # noqa: S608  Names of our own tables.
            f" WHERE community_id = $1 AND {self.table.only} {after} ORDER BY {key} LIMIT {PAGE}"
        )

    async def _told(self, caller: Caller, found: Sequence[Any]) -> list[list[Value]]:
        rows = [list(row)[len(self.key) :] for row in found]
        for place, column in enumerate(self.columns):
            cells = [row[place] for row in rows]
            if column.name in self.table.opened:
                cells = await opened(caller, cells)
            for row, cell in zip(rows, cells, strict=True):
                row[place] = _value(cell)
        return rows


async def rows_of(caller: Caller, source: str, table: Table) -> Rows:
    """How to read a table."""
    async with caller.read() as connection:
        described = await connection.fetch(_COLUMNS, source)
    columns = [Column(row["name"], row["type"]) for row in described]
    key = [(row["name"], row["type"]) for row in described if row["key"]]
    return Rows(
        source,
        table,
        tuple(column for column in columns if column.name not in table.without),
        tuple(key) or (_PLACE,),
    )


async def opened(caller: Caller, cells: Sequence[str | None]) -> list[str | None]:
    """Sealed words, or JSON with such words in it, as they were before; null where their person was erased."""
    told = [None if cell is None else orjson.loads(cell) for cell in cells]
    boxes = [box for one in told for box in _sealed_in(one)]
    texts = dict(zip(boxes, await caller.open_all(boxes), strict=True))
    return [_text(_unsealed(one, texts)) for one in told]


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _sealed(value: Any) -> Sealed | None:
    """A box may stand in JSON as it is or as a text."""
    text = value if isinstance(value, str) and value.startswith('{"p": ') else None
    raw = orjson.loads(text) if text else value
    if isinstance(raw, dict) and set(raw) == {"p", "r", "b"}:
        return Sealed.from_json(text or orjson.dumps(raw).decode())
    return None


def _sealed_in(value: Any) -> list[Sealed]:
    if box := _sealed(value):
        return [box]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [box for one in inner for box in _sealed_in(one)]


def _unsealed(value: Any, texts: Mapping[Sealed, str | None]) -> Any:
    if box := _sealed(value):
        return texts[box]
    if isinstance(value, dict):
        return {name: _unsealed(one, texts) for name, one in value.items()}
    return [_unsealed(one, texts) for one in value] if isinstance(value, list) else value


def _value(cell: Any) -> Value:
    match cell:
        case UUID():
            return str(cell)
        case list():
            return [str(one) for one in cell]
        case _:
            told: Value = cell
            return told
