"""Who is in the directory of a community; what they wrote stays sealed until it is read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.directory import events
from shared.event_store import Fact
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.projection import Projection

DDL = """
CREATE TABLE directory_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    name         jsonb       NOT NULL,
    about        jsonb,
    contact      jsonb,
    shown_at     timestamptz NOT NULL
);
CREATE INDEX directory_v1_newest ON directory_v1 (community_id, shown_at DESC, person_id DESC);
"""


@dataclass(frozen=True, slots=True)
class EntryRow:
    person_id: UUID
    name: Sealed
    about: Sealed | None
    contact: Sealed | None
    shown_at: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.EntryShown(person_id, name, about, contact):
                await connection.execute(
                    "INSERT INTO directory_v1 VALUES ($1, $2, $3, $4, $5, $6)"
                    " ON CONFLICT (person_id) DO UPDATE SET (name, about, contact, shown_at)"
                    " = (excluded.name, excluded.about, excluded.contact, excluded.shown_at)",
                    person_id,
                    fact.community_id,
                    name.to_json(),
                    about and about.to_json(),
                    contact and contact.to_json(),
                    fact.at,
                )
            case events.EntryHidden(person_id):
                await connection.execute("DELETE FROM directory_v1 WHERE person_id = $1", person_id)


ENTRIES = Projection(
    name="directory",
    version=1,
    ddl=DDL,
    tables=("directory_v1",),
    facts=(events.EntryShown, events.EntryHidden),
    apply=apply,
)


async def entries_of(
    connection: Any, community_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[EntryRow]:
    """The entries written last before a place in this list."""
    shown_at, person_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT person_id, name, about, contact, shown_at FROM directory_v1 WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (shown_at, person_id) < ($2, $3::uuid))"
        " ORDER BY shown_at DESC, person_id DESC LIMIT $4",
        community_id,
        shown_at,
        person_id,
        limit,
    )
    return [_row(row) for row in rows]


async def entry_of(connection: Any, person_id: UUID) -> EntryRow | None:
    """The person's own, None while they are not in it."""
    row = await connection.fetchrow(
        "SELECT person_id, name, about, contact, shown_at FROM directory_v1 WHERE person_id = $1",
        person_id,
    )
    return _row(row) if row else None


async def names_shown(connection: Any, people: Collection[PersonId]) -> dict[PersonId, Sealed]:
    """The name that each of them shows who is in it."""
    rows = await connection.fetch(
        "SELECT person_id, name FROM directory_v1 WHERE person_id = ANY ($1)", list(people)
    )
    return {PersonId(row["person_id"]): Sealed.from_json(row["name"]) for row in rows}


def _row(row: Any) -> EntryRow:
    words = ("name", "about", "contact")
    sealed = {word: Sealed.from_json(row[word]) if row[word] else None for word in words}
    return EntryRow(**{**row, **sealed})
