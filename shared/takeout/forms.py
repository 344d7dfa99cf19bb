"""The two forms of a table in a take-out: CSV for a spreadsheet, Parquet with every value as it is."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from shared.takeout.archive import Entry
from shared.takeout.columns import Column, Value
from shared.takeout.table import MARK, Cell, lines

TYPES: Mapping[str, Any] = {
    "uuid": pa.string(),
    "text": pa.string(),
    "jsonb": pa.string(),
    "boolean": pa.bool_(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "text[]": pa.list_(pa.string()),
    "uuid[]": pa.list_(pa.string()),
}
"""What a column of Postgres is in Parquet."""


class Form(Protocol):
    """A file of rows while it is written."""

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        """Some more of them."""
        ...

    def close(self) -> None:
        """There are no more."""
        ...


class CsvForm:
    """As `shared/takeout/table.py` writes it: a spreadsheet runs nothing of it."""

    def __init__(self, out: Entry, columns: Sequence[Column]) -> None:
        self._out = out
        out.write(MARK + lines([[column.name for column in columns]]))

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        """A line each."""
        self._out.write(lines([_cell(value) for value in row] for row in rows))

    def close(self) -> None:
        """The last line ends as all do."""


class ParquetForm:
    """A page is a row group."""

    def __init__(self, out: Entry, columns: Sequence[Column]) -> None:
        self._schema = pa.schema([(column.name, TYPES[column.type]) for column in columns])
        self._writer = pq.ParquetWriter(out, self._schema, compression="zstd")

    def write(self, rows: Sequence[Sequence[Value]]) -> None:
        """By columns, as Parquet has it."""
        arrays = [
            pa.array(values, type=one.type)
            for one, values in zip(self._schema, zip(*rows, strict=True), strict=True)
        ]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Its columns are described at its end."""
        self._writer.close()


FORMS: Mapping[str, Callable[[Entry, Sequence[Column]], Form]] = {
    "csv": CsvForm,
    "parquet": ParquetForm,
}


def _cell(value: Value) -> Cell:
    match value:
        case bool():
            return "yes" if value else "no"
        case list():
            return "; ".join(value)
        case _:
            return value
