"""What members came for and how it went: counted for all, in words for who may read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.goal import events
from services.membership.goal.decider import GOAL, Goal, goal_stream
from shared.event_store import Fact
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE goals_v1 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    words        jsonb       NOT NULL,
    set_at       timestamptz NOT NULL,
    outcome      text,
    review       jsonb,
    reviewed_at  timestamptz
);
CREATE INDEX goals_v1_newest ON goals_v1 (community_id, set_at DESC, person_id DESC);
"""


@dataclass(frozen=True, slots=True)
class GoalRow:
    """`review` is what they say of how it went, beside its `outcome`."""

    person_id: UUID
    words: Sealed
    set_at: datetime
    outcome: events.Outcome | None
    review: Sealed | None
    reviewed_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.GoalSet(person_id, _, words):
                await connection.execute(
                    "INSERT INTO goals_v1 VALUES ($1, $2, $3, $4) ON CONFLICT (person_id)"
                    " DO UPDATE SET (words, set_at, outcome, review, reviewed_at)"
                    " = (excluded.words, excluded.set_at, NULL, NULL, NULL)",
                    person_id, fact.community_id, words.to_json(), fact.at,
                )  # fmt: skip
            case events.GoalReviewed(person_id, _, outcome, words):
                await connection.execute(
                    "UPDATE goals_v1 SET outcome = $2, review = $3, reviewed_at = $4"
                    " WHERE person_id = $1",
                    person_id, outcome, words and words.to_json(), fact.at,
                )  # fmt: skip
            case events.GoalDropped(person_id):
                await connection.execute("DELETE FROM goals_v1 WHERE person_id = $1", person_id)


GOALS = Projection(
    name="goals",
    version=1,
    ddl=DDL,
    tables=("goals_v1",),
    facts=(events.GoalSet, events.GoalReviewed, events.GoalDropped),
    apply=apply,
)


async def goals_of(
    connection: Any, community_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[GoalRow]:
    """The newest before a place in this list."""
    set_at, person_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT person_id, words, set_at, outcome, review, reviewed_at FROM goals_v1"
        " WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (set_at, person_id) < ($2, $3::uuid))"
        " ORDER BY set_at DESC, person_id DESC LIMIT $4",
        community_id,
        set_at,
        person_id,
        limit,
    )
    return [_row(row) for row in rows]


def _row(row: Any) -> GoalRow:
    words, review = (
        Sealed.from_json(row["words"]),
        row["review"] and Sealed.from_json(row["review"]),
    )
    return GoalRow(**{**row, "words": words, "review": review})


async def goal_now(service: Service, community_id: UUID, person_id: UUID) -> Goal:
    """As of now, read strongly."""
    goal: Goal
    goal, _ = await service.handler.state(GOAL, goal_stream(person_id), community_id)
    return goal
