"""What each audit of a community's chat server found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.membership.chat.events import Problem
from services.membership.chat_audit import events
from services.membership.chat_audit.events import Comparison
from shared.event_store import Fact
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
