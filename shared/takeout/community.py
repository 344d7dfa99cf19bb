"""All that a service keeps of a community, for its owner, in one file. docs/adr/0043."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from shared.feature import Feature
from shared.http import Caller, needs
from shared.takeout.archive import Archive, Entry
from shared.takeout.columns import Rows, Table, rows_of
from shared.takeout.exports import record

SCHEMA_VERSION = 1
"""Of the manifest and of how files are named."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What goes out of a service. Tables are called as they are without the version of their read model.

    `without` are those of a community's that stay, each for a reason; kernel tables are in no list.
    """

    tables: Mapping[str, Table]
    without: Mapping[str, str]


class Zip(StreamingResponse):
    """Tables and a manifest."""

    media_type = "application/zip"


def called(table: str) -> str:
    """What a table is called outside: another version of its read model holds the same facts."""
    return re.sub(r"_v\d+", "", table)


def community(service: str, contents: Contents) -> Feature:
    """The feature `community_export` of a service."""
    router = APIRouter()

    @router.get(
        "/exports/community", operation_id=f"export_{service}_community", response_class=Zip
    )
    async def export_community(
        caller: Annotated[Caller, needs("takeout.read", strict=True)],
    ) -> Zip:
        """One ZIP with a CSV and a Parquet file of every table, and `manifest.json`, which says what they are.

        For the owner alone. Each file is as its table was while it was written. It is recorded.
        """
        await record(caller, "community", {})
        headers = {
            "content-disposition": f'attachment; filename="{service}.zip"',
            "cache-control": "no-store",
        }
        return Zip(_sent(caller, contents), headers=headers)

    return Feature(name="community_export", router=router)


async def _sent(caller: Caller, contents: Contents) -> AsyncIterator[bytes]:
    # Only a process that is asked for one pays for the memory that Arrow takes.
    from shared.takeout.forms import FORMS  # noqa: PLC0415

    archive, files = Archive(caller.now), []
    sources = {
        called(one): one for each in caller.service.blueprint.projections for one in each.tables
    }
    for name, table in contents.tables.items():
        rows = await rows_of(caller, sources.get(name, name), table)
        for kind, form in FORMS.items():
            count = 0
            with archive.file(f"{name}.{kind}") as out, closing(form(out, rows.columns)) as writer:
                async for page in rows.pages(caller):
                    writer.write(page)
                    count += len(page)
                    yield archive.taken()
            files.append(_described(out, name, rows, count))
    with archive.file("manifest.json") as out:
        out.write(orjson.dumps(_manifest(caller, contents, files), option=orjson.OPT_INDENT_2))
    archive.close()
    yield archive.taken()


def _described(out: Entry, table: str, rows: Rows, count: int) -> dict[str, Any]:
    return {
        "name": out.name,
        "table": table,
        "rows": count,
        "columns": {column.name: column.type for column in rows.columns},
        "bytes": out.tell(),
        "sha256": out.sha256,
    }


def _manifest(caller: Caller, contents: Contents, files: list[dict[str, Any]]) -> dict[str, Any]:
    columns = {
        f"{name}.{column}": why
        for name, table in contents.tables.items()
        for column, why in table.without.items()
    }
    return {
        "community_id": str(caller.community_id),
        "service": caller.service.name,
        "at": caller.now,
        "schema_version": SCHEMA_VERSION,
        "files": files,
        "left_out": {**contents.without, **columns},
    }
