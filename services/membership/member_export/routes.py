"""Every member in one table: who they are, what is open to them since when, and what they agreed to."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, get_args
from uuid import UUID

from fastapi import APIRouter, Query

from services.membership.access.projections import tiers_open_to
from services.membership.document.events import Kind as Document
from services.membership.document.projections import accepted_by
from services.membership.member.projections import MemberRow, Standing, members_of
from services.membership.preference.events import Kind as Letter
from services.membership.preference.projections import opted_out_among
from services.membership.tier.events import TierId
from services.membership.tier.projections import tiers_of
from shared.http import Caller, needs
from shared.takeout.exports import record
from shared.takeout.table import Cell, Csv, paged, table

router = APIRouter()

DOCUMENTS: tuple[Document, ...] = get_args(Document)
HEADER = (
    "person_id", "name", "email", "standing", "joined_at", "tiers", "tiers_since", "opted_out",
    *(column for kind in DOCUMENTS for column in (f"{kind}_version", f"{kind}_accepted_at")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class About:
    """What is known of the people of a page beside who they are."""

    tiers: Mapping[UUID, Mapping[TierId, datetime]]
    names: Mapping[TierId, str]
    opted_out: Mapping[UUID, Sequence[Letter]]
    accepted: Mapping[tuple[UUID, Document], tuple[int, datetime]]


@router.get("/exports/members", operation_id="export_members", response_class=Csv)
async def export_members(
    caller: Annotated[Caller, needs("members.read", strict=True)],
    standing: Annotated[Standing | None, Query(alias="filter[standing]")] = None,
) -> Csv:
    """As CSV, the newest first; `opted_out` are the letters that they do not want. It is recorded."""
    await record(caller, "members", {"standing": standing})
    return table("members", HEADER, _pages(caller, standing))


async def _pages(caller: Caller, standing: Standing | None) -> AsyncIterator[list[Sequence[Cell]]]:
    async def read(last: MemberRow | None, limit: int) -> list[MemberRow]:
        async with caller.read() as connection:
            return await members_of(
                connection,
                caller.community_id,
                standing=standing,
                before=(last.joined_at, last.person_id) if last else None,
                limit=limit,
            )

    async for rows in paged(read):
        about = await _about(caller, [row.person_id for row in rows])
        texts = await caller.open_all([text for row in rows for text in (row.name, row.email)])
        yield [
            _row(row, name, email, about)
            for row, name, email in zip(rows, texts[::2], texts[1::2], strict=True)
            if name is not None  # Who was erased a moment ago is in it no more.
        ]


async def _about(caller: Caller, people: Sequence[UUID]) -> About:
    async with caller.read() as connection:
        return About(
            tiers=await tiers_open_to(connection, people),
            names={
                one.tier_id: one.name for one in await tiers_of(connection, caller.community_id)
            },
            opted_out=await opted_out_among(connection, people),
            accepted=await accepted_by(connection, people),
        )


def _row(row: MemberRow, name: str, email: str | None, about: About) -> Sequence[Cell]:
    tiers = about.tiers.get(row.person_id, {})
    cells: list[Cell] = [row.person_id, name, email, row.standing, row.joined_at]
    cells += [
        "; ".join(about.names.get(tier_id, "") for tier_id in tiers),
        min(tiers.values(), default=None),
        "; ".join(about.opted_out.get(row.person_id, ())),
    ]
    for kind in DOCUMENTS:
        cells += about.accepted.get((row.person_id, kind), (None, None))
    return cells
