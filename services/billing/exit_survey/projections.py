"""Why people leave a community: each answer, and how often each reason was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.exit_survey import events
from services.billing.exit_survey.decider import exit_survey_stream
from shared.event_store import Fact, Mode
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE exit_answers_v1 (
    subscription_id uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    reason          text        NOT NULL,
    comment         jsonb,
    answered_at     timestamptz NOT NULL
);
CREATE INDEX exit_answers_v1_newest ON exit_answers_v1 (community_id, answered_at DESC, subscription_id DESC);
"""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    subscription_id: UUID
    person_id: UUID
    reason: events.ExitReason
    comment: Sealed | None
    answered_at: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ExitAnswered(subscription_id, person_id, reason, comment):
                await connection.execute(
                    "INSERT INTO exit_answers_v1 VALUES ($1, $2, $3, $4, $5, $6)"
                    " ON CONFLICT (subscription_id) DO UPDATE SET (reason, comment, answered_at)"
                    " = (excluded.reason, excluded.comment, excluded.answered_at)",
                    subscription_id,
                    fact.community_id,
                    person_id,
                    reason,
                    comment and comment.to_json(),
                    fact.at,
                )
            case events.ExitAnswerDropped(subscription_id):
                await connection.execute(
                    "DELETE FROM exit_answers_v1 WHERE subscription_id = $1", subscription_id
                )


EXIT_ANSWERS = Projection(
    name="exit_answers",
    version=1,
    ddl=DDL,
    tables=("exit_answers_v1",),
    facts=(events.ExitAnswered, events.ExitAnswerDropped),
    apply=apply,
)


async def answers_of(
    connection: Any,
    community_id: UUID,
    *,
    reason: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[AnswerRow]:
    """The newest answers before a place in this list."""
    answered_at, subscription_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT subscription_id, person_id, reason, comment, answered_at FROM exit_answers_v1"
        " WHERE community_id = $1 AND ($2::text IS NULL OR reason = $2)"
        " AND ($3::timestamptz IS NULL OR (answered_at, subscription_id) < ($3, $4::uuid))"
        " ORDER BY answered_at DESC, subscription_id DESC LIMIT $5",
        community_id,
        reason,
        answered_at,
        subscription_id,
        limit,
    )
    return [
        AnswerRow(
            **{**row, "comment": Sealed.from_json(row["comment"]) if row["comment"] else None}
        )
        for row in rows
    ]


async def reasons_of(
    connection: Any, community_id: UUID, since: datetime | None, until: datetime | None
) -> dict[events.ExitReason, int]:
    """How often each reason was given from `since` on and before `until`, the most frequent first."""
    rows = await connection.fetch(
        "SELECT reason, count(*) AS times FROM exit_answers_v1 WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR answered_at >= $2)"
        " AND ($3::timestamptz IS NULL OR answered_at < $3)"
        " GROUP BY reason ORDER BY times DESC, reason",
        community_id,
        since,
        until,
    )
    return {row["reason"]: row["times"] for row in rows}


async def mode_of(service: Service, subscription_id: UUID) -> Mode | None:
    """That in which they were asked."""
    facts = await service.store.read_stream(exit_survey_stream(subscription_id))
    return facts[0].meta.mode if facts else None
