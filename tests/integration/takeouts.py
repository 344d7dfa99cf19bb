"""A take-out as its owner reads it: with the tools that everybody has."""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

import httpx
import pyarrow.parquet as pq

from shared.takeout.community import Contents

Json = dict[str, Any]


@dataclass(frozen=True)
class TakenOut:
    """The rows of every table, and the manifest."""

    manifest: Json
    parquet: dict[str, list[Json]]
    csv: dict[str, list[Json]]

    def facts(self) -> dict[str, list[Json]]:
        """Where there are any rows; that it was taken out may stand in it already."""
        return {table: rows for table, rows in self.parquet.items() if rows and table != "exports"}

    def text(self) -> str:
        """Everything that is in it."""
        return json.dumps([self.manifest, self.parquet, self.csv], default=str)


def read(answer: httpx.Response, contents: Contents) -> TakenOut:
    """Unpacked, and found to be what its manifest says: every table twice, with the same rows, and nothing else."""
    assert answer.is_success, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        packed = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(packed.pop("manifest.json"))
    described = {file["name"]: file for file in manifest["files"]}
    assert set(described) == set(packed)
    assert set(packed) == {
        f"{one}.{kind}" for one in contents.tables for kind in ("csv", "parquet")
    }
    taken = TakenOut(manifest, {}, {})
    for name, content in packed.items():
        file = described[name]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]
        rows = _rows(name, content, list(file["columns"]))
        assert len(rows) == file["rows"]
        (taken.csv if name.endswith(".csv") else taken.parquet)[file["table"]] = rows
    for table, rows in taken.facts().items():
        assert [_key(row) for row in rows] == [_key(row) for row in taken.csv[table]], table
    return taken


def _rows(name: str, content: bytes, columns: list[str]) -> list[Json]:
    if name.endswith(".csv"):
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        assert reader.fieldnames == columns
        return list(reader)
    table = pq.read_table(io.BytesIO(content))
    assert table.column_names == columns
    rows: list[Json] = table.to_pylist()
    return rows


def _key(row: Json) -> list[str]:
    """What both forms write the same way."""
    return [str(value) for name, value in row.items() if name.endswith("_id") and value]
