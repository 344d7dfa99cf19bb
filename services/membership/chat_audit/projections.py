"""What each audit of a community's chat server found, and which drifts are not settled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.membership.chat.events import Problem
from services.membership.chat_audit import events
from services.membership.chat_audit.events import Cause, Comparison, Kind
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection

_COMPARISON = TypeAdapter(Comparison)

DDL = """
CREATE TABLE chat_audits_v1 (
    community_id uuid        NOT NULL,
    number       int         NOT NULL,
    at           timestamptz NOT NULL,
    outcome      text,
    problem      text,
    comparison   text,
    approved_at  timestamptz,
    PRIMARY KEY (community_id, number)
);
"""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Without an `outcome` it was refused for the `problem`."""

    number: int
    at: datetime
    outcome: events.Outcome | None
    problem: Problem | None
    comparison: Comparison | None
    approved_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ChatServerCompared(number, comparison, outcome):
                found = _COMPARISON.dump_json(comparison).decode()
                await connection.execute(
                    "INSERT INTO chat_audits_v1 VALUES ($1, $2, $3, $4, NULL, $5)",
                    fact.community_id, number, fact.at, outcome, found,
                )  # fmt: skip
            case events.ChatAuditRefused(number, problem):
                await connection.execute(
                    "INSERT INTO chat_audits_v1 VALUES ($1, $2, $3, NULL, $4)",
                    fact.community_id, number, fact.at, problem,
                )  # fmt: skip
            case events.ChatRepairApproved(number):
                await connection.execute(
                    "UPDATE chat_audits_v1 SET approved_at = $3 WHERE (community_id, number) = ($1, $2)",
                    fact.community_id, number, fact.at,
                )  # fmt: skip


CHAT_AUDITS = Projection(
    name="chat_audits",
    version=1,
    ddl=DDL,
    tables=("chat_audits_v1",),
    facts=(events.ChatServerCompared, events.ChatAuditRefused, events.ChatRepairApproved),
    apply=apply,
)


async def audits_before(
    connection: Any, community_id: UUID, before: int | None, limit: int
) -> list[AuditRow]:
    """The latest first."""
    rows = await connection.fetch(
        "SELECT number, at, outcome, problem, comparison, approved_at FROM chat_audits_v1"
        " WHERE community_id = $1 AND ($2::int IS NULL OR number < $2) ORDER BY number DESC LIMIT $3",
        community_id, before, limit,
    )  # fmt: skip
    return [
        AuditRow(
            row["number"], row["at"], row["outcome"], row["problem"],
            _COMPARISON.validate_json(row["comparison"]) if row["comparison"] else None,
            row["approved_at"],
        )
        for row in rows
    ]  # fmt: skip


DRIFTS_DDL = """
CREATE TABLE chat_drifts_v1 (
    community_id uuid        NOT NULL,
    number       bigint      NOT NULL,
    person_id    uuid,
    stranger_id  uuid,
    kind         text        NOT NULL,
    role         text,
    cause        text        NOT NULL,
    since        timestamptz NOT NULL,
    PRIMARY KEY (community_id, number)
);
"""


@dataclass(frozen=True, slots=True)
class DriftRow:
    """`number` is the place in the list, oldest first."""

    number: int
    person_id: PersonId | None
    stranger_id: UUID | None
    kind: Kind
    role: str | None
    cause: Cause
    since: datetime


async def apply_drifts(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        told: events.ChatDriftFound | events.ChatDriftSettled = fact.body
        drift = told.drift
        if isinstance(told, events.ChatDriftFound):
            await connection.execute(
                "INSERT INTO chat_drifts_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                fact.community_id, fact.position, drift.person_id, drift.stranger_id, drift.kind,
                drift.role, drift.cause, fact.at,
            )  # fmt: skip
        else:
            await connection.execute(
                "DELETE FROM chat_drifts_v1 WHERE community_id = $1 AND kind = $2"
                " AND (person_id, stranger_id, role) IS NOT DISTINCT FROM ($3::uuid, $4::uuid, $5::text)",
                fact.community_id, drift.kind, drift.person_id, drift.stranger_id, drift.role,
            )  # fmt: skip


CHAT_DRIFTS = Projection(
    name="chat_drifts",
    version=1,
    ddl=DRIFTS_DDL,
    tables=("chat_drifts_v1",),
    facts=(events.ChatDriftFound, events.ChatDriftSettled),
    apply=apply_drifts,
)


async def drifts_of(
    connection: Any, community_id: UUID, *, after: int, limit: int
) -> list[DriftRow]:
    """Those that are not settled, oldest first."""
    rows = await connection.fetch(
        "SELECT number, person_id, stranger_id, kind, role, cause, since FROM chat_drifts_v1"
        " WHERE community_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        community_id, after, limit,
    )  # fmt: skip
    return [DriftRow(**row) for row in rows]


WHY: Mapping[Cause, str] = {
    "given_by_hand": "Somebody gave this role on the server by hand.",
    "taken_by_hand": "Somebody took this role on the server by hand.",
    "left_server": "They left the server, or were removed from it by hand.",
    "came_back": "They are on the server again.",
    "call_refused": "Discord refuses what access asks for: what is stuck says who must act.",
    "access_changed": "Their access has changed, and the role does not follow it yet.",
    "mapping_changed": "Which role follows which tier has changed since the last audit.",
    "account_unknown": "Nobody here has linked this account: see on the server who has the role.",
}
