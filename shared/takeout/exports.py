"""What staff take out of a service is recorded before it is sent: who, what, when. docs/adr/0029."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from shared.decider import Decider
from shared.event_store import Fact
from shared.feature import Feature
from shared.http import Caller, Page, by_moment, needs, paging
from shared.ids import AccountId, Code
from shared.problem import Problem
from shared.projection import Projection
from shared.reaction import Ask


@dataclass(frozen=True, slots=True)
class TakeExport:
    """Send a table to staff."""

    kind: Code
    filters: tuple[Code, ...]
    by: AccountId


@dataclass(frozen=True, slots=True)
class ExportTaken:
    """Somebody of the staff took this table, narrowed by these filters (`standing=joined`)."""

    kind: Code
    filters: tuple[Code, ...]
    by: AccountId


def decide(command: TakeExport, taken: bool) -> list[ExportTaken]:  # noqa: FBT001  It is the whole state.
    """Each is a table of its own."""
    return [] if taken else [ExportTaken(command.kind, command.filters, command.by)]


def evolve(taken: bool, event: ExportTaken) -> bool:  # noqa: FBT001
    """It is on its way."""
    del taken, event
    return True


EXPORT: Decider[TakeExport, bool, ExportTaken] = Decider(
    "export", initial=False, decide=decide, evolve=evolve, commands=TakeExport, events=ExportTaken
)


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    """One row for each."""
    await connection.executemany(
        "INSERT INTO exports_v1 VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (fact.stream_id, fact.community_id, fact.body.kind, list(fact.body.filters), fact.body.by, fact.at)
            for fact in facts
        ],
    )  # fmt: skip


EXPORTS = Projection(
    name="exports",
    version=1,
    ddl="""
        CREATE TABLE exports_v1 (
            export_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            kind text NOT NULL,
            filters text[] NOT NULL,
            taken_by uuid NOT NULL,
            taken_at timestamptz NOT NULL
        );
        CREATE INDEX exports_v1_newest ON exports_v1 (community_id, taken_at DESC, export_id DESC);
    """,
    tables=("exports_v1",),
    facts=(ExportTaken,),
    apply=apply,
)


async def record(caller: Caller, kind: str, filters: Mapping[str, object]) -> None:
    """That the caller takes it, by those filters that are given; for good, before the first byte is sent."""
    narrowed = tuple(
        Code(f"{name}={value}") for name, value in filters.items() if value is not None
    )
    take = TakeExport(Code(kind), narrowed, AccountId(caller.account_id))
    written = await caller.ask(Ask(EXPORT, caller.new_id("export"), take))
    if written.would:
        raise Problem(
            422, "no_dry_run", "What is taken out is recorded: there is no dry run of it."
        )


class TakenExport(BaseModel):
    """`taken_by` is the account of who took it."""

    export_id: UUID
    kind: str
    filters: list[str]
    taken_by: UUID
    taken_at: datetime


class TakenExports(BaseModel):
    """A page of them."""

    items: list[TakenExport]
    next: str | None


def exports(service: str) -> Feature:
    """The feature `exports` of a service whose staff can take tables out of it."""
    router = APIRouter()

    @router.get("/exports", operation_id=f"list_{service}_exports")
    async def list_exports(
        caller: Annotated[Caller, needs("staff.read")], page: Annotated[Page, Depends(paging)]
    ) -> TakenExports:
        """What was taken out of this service, by whom, the newest first."""
        taken_at, export_id = page.cursor(by_moment) or (None, None)
        async with caller.read() as connection:
            rows = await connection.fetch(
                "SELECT export_id, kind, filters, taken_by, taken_at FROM exports_v1"
                " WHERE community_id = $1"
                " AND ($2::timestamptz IS NULL OR (taken_at, export_id) < ($2, $3::uuid))"
                " ORDER BY taken_at DESC, export_id DESC LIMIT $4",
                caller.community_id, taken_at, export_id, page.limit + 1,
            )  # fmt: skip
        found = [TakenExport(**row) for row in rows]
        return TakenExports(
            **page.answer(found, lambda last: f"{last.taken_at.isoformat()} {last.export_id}")
        )

    return Feature(name="exports", deciders=(EXPORT,), router=router, projections=(EXPORTS,))
