"""How far an import is and why rows were refused; and whom the community knows by an address or an id elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.member_import import events
from services.membership.member_import.decider import Standing
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

EXTERNAL = "external"

DDL = """
CREATE TABLE imports_v1 (
    import_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    standing     text        NOT NULL,
    accepted     int         NOT NULL,
    known        int         NOT NULL,
    refused      int         NOT NULL,
    taken        int         NOT NULL DEFAULT 0,
    letters_due  int         NOT NULL DEFAULT 0,
    letters      int         NOT NULL DEFAULT 0,
    uploaded_at  timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    started_at   timestamptz,
    ended_at     timestamptz
);
CREATE INDEX imports_v1_newest ON imports_v1 (community_id, uploaded_at DESC);
CREATE TABLE imports_v1_refusals (
    import_id    uuid NOT NULL,
    line         int  NOT NULL,
    community_id uuid NOT NULL,
    reason       text NOT NULL,
    PRIMARY KEY (import_id, line)
);
"""

_UPLOADED = (
    "INSERT INTO imports_v1"
    " (import_id, community_id, standing, accepted, known, refused, uploaded_at, expires_at)"
    " VALUES ($1, $2, 'uploaded', $3, $4, $5, $6, $7)"
)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """Of the `accepted` rows `known` were here when it was uploaded; `taken` and `refused` grow until it is over."""

    import_id: UUID
    standing: Standing
    accepted: int
    known: int
    refused: int
    taken: int
    letters_due: int
    letters: int
    uploaded_at: datetime
    expires_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ImportUploaded(accepted, known, refused, expires_at=expires_at):
                counts = accepted, known, refused
                await connection.execute(
                    _UPLOADED, fact.stream_id, fact.community_id, *counts, fact.at, expires_at
                )
            case events.RowsRefused(refused):
                await _refuse(connection, fact, refused)
            case events.ImportStarted():
                await connection.execute(
                    "UPDATE imports_v1 SET standing = 'running', started_at = $2"
                    " WHERE import_id = $1",
                    fact.stream_id, fact.at,
                )  # fmt: skip
            case events.RowsTaken() as rows:
                await _refuse(connection, fact, rows.refused)
                await _count(connection, fact, rows)
            case events.LettersReleased(_, letters):
                await connection.execute(
                    "UPDATE imports_v1 SET letters = letters + $2 WHERE import_id = $1",
                    fact.stream_id, len(letters),
                )  # fmt: skip
            case events.ImportCompleted():
                await _end(connection, fact, "completed")
            case events.ImportCancelled():
                await _end(connection, fact, "cancelled")
            case events.ImportExpired():
                await _end(connection, fact, "expired")


async def _refuse(connection: Any, fact: Fact, refused: Sequence[events.RefusedRow]) -> None:
    await connection.executemany(
        "INSERT INTO imports_v1_refusals VALUES ($1, $2, $3, $4)",
        [(fact.stream_id, row.line, fact.community_id, row.reason) for row in refused],
    )


async def _count(connection: Any, fact: Fact, rows: events.RowsTaken) -> None:
    await connection.execute(
        "UPDATE imports_v1 SET taken = taken + $2, refused = refused + $3,"
        " letters_due = letters_due + $4 WHERE import_id = $1",
        fact.stream_id,
        len(rows.taken),
        len(rows.refused),
        sum(row.writes for row in rows.taken),
    )


async def _end(connection: Any, fact: Fact, standing: Standing) -> None:
    await connection.execute(
        "UPDATE imports_v1 SET standing = $2, ended_at = $3 WHERE import_id = $1",
        fact.stream_id,
        standing,
        fact.at,
    )


IMPORTS = Projection(
    name="imports",
    version=1,
    ddl=DDL,
    tables=("imports_v1", "imports_v1_refusals"),
    facts=(
        events.ImportUploaded,
        events.RowsRefused,
        events.ImportStarted,
        events.RowsTaken,
        events.LettersReleased,
        events.ImportCompleted,
        events.ImportCancelled,
        events.ImportExpired,
    ),
    apply=apply,
)

_IMPORT = (
    "SELECT import_id, standing, accepted, known, refused, taken, letters_due, letters,"
    " uploaded_at, expires_at, started_at, ended_at FROM imports_v1"
)


async def imports_of(
    connection: Any, community_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[ImportRow]:
    """The newest imports uploaded before a place in this list."""
    uploaded_at, import_id = before or (None, None)
    rows = await connection.fetch(
        f"{_IMPORT} WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (uploaded_at, import_id) < ($2, $3::uuid))"
        " ORDER BY uploaded_at DESC, import_id DESC LIMIT $4",
        community_id,
        uploaded_at,
        import_id,
        limit,
    )
    return [ImportRow(**row) for row in rows]


async def import_of(connection: Any, import_id: UUID) -> ImportRow | None:
    """One import, if the community the connection is scoped to has it."""
    row = await connection.fetchrow(f"{_IMPORT} WHERE import_id = $1", import_id)
    return ImportRow(**row) if row else None


async def refusals_of(
    connection: Any, import_id: UUID, *, after: int, limit: int
) -> list[events.RefusedRow]:
    """The refused rows after a line of the file."""
    rows = await connection.fetch(
        "SELECT line, reason FROM imports_v1_refusals WHERE import_id = $1 AND line > $2"
        " ORDER BY line LIMIT $3",
        import_id,
        after,
        limit,
    )
    return [events.RefusedRow(**row) for row in rows]


async def known_by(
    service: Service, community_id: UUID, kind: str, texts: Sequence[str]
) -> dict[str, PersonId]:
    """Whom each text finds in the community, as of now: those of many in one query."""
    tokens = {service.vault.token(kind, community_id, text): text for text in texts}
    rows = await service.pool.fetch(
        "SELECT token, person_id FROM membership_personal.lookups"
        " WHERE community_id = $1 AND kind = $2 AND token = ANY ($3)",
        community_id,
        kind,
        list(tokens),
    )
    return {tokens[row["token"]]: PersonId(row["person_id"]) for row in rows}
