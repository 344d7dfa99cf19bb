"""Who was in the spotlight when, and whom it might fall on: who rose lately, or was never shown."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from services.membership.member.events import PersonErased
from services.membership.recognition.events import LevelLost, LevelReached
from services.membership.recognition.projections import Holder
from services.membership.spotlight.decider import Candidate
from services.membership.spotlight.events import SpotlightGiven
from shared.event_store import Fact
from shared.projection import Projection

DDL = """
CREATE TABLE spotlights_v1 (
    person_id    uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    last         date NOT NULL
);
CREATE TABLE spotlights_v1_rises (
    person_id    uuid        NOT NULL,
    position     bigint      NOT NULL,
    community_id uuid        NOT NULL,
    at           timestamptz NOT NULL,
    ranks        int         NOT NULL,
    PRIMARY KEY (person_id, position)
);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case SpotlightGiven(person_id, on):
                await connection.execute(
                    "INSERT INTO spotlights_v1 VALUES ($1, $2, $3)"
                    " ON CONFLICT (person_id) DO UPDATE SET last = excluded.last",
                    person_id,
                    fact.community_id,
                    on,
                )
            case LevelReached(person_id, badge=badge, before=before, earned=True):
                await connection.execute(
                    "INSERT INTO spotlights_v1_rises VALUES ($1, $2, $3, $4, $5)",
                    person_id,
                    fact.position,
                    fact.community_id,
                    fact.at,
                    badge.rank - before,
                )
            case PersonErased(person_id) | LevelLost(person_id, cause="erased"):
                for table in SPOTLIGHTS.tables:
                    sql = f"DELETE FROM {table} WHERE person_id = $1"  # noqa: S608  Tables of our own.
                    await connection.execute(sql, person_id)


SPOTLIGHTS = Projection(
    name="spotlights",
    version=1,
    ddl=DDL,
    tables=("spotlights_v1", "spotlights_v1_rises"),
    facts=(SpotlightGiven, LevelReached, LevelLost, PersonErased),
    apply=apply,
)


async def candidates_of(
    connection: Any, holders: Collection[Holder], since: datetime
) -> list[Candidate]:
    """Each with the levels they have earned since then, and the day on which they were last shown."""
    people = [one.person_id for one in holders]
    risen = await connection.fetch(
        "SELECT person_id, sum(ranks)::int AS ranks FROM spotlights_v1_rises"
        " WHERE person_id = ANY ($1) AND at >= $2 GROUP BY person_id",
        people,
        since,
    )
    shown = await connection.fetch(
        "SELECT person_id, last FROM spotlights_v1 WHERE person_id = ANY ($1)", people
    )
    ranks = {row["person_id"]: row["ranks"] for row in risen}
    last = {row["person_id"]: row["last"] for row in shown}
    return [
        Candidate(
            person_id=one.person_id,
            label=one.badge.label,
            rank=one.badge.rank,
            risen=ranks.get(one.person_id, 0),
            since=one.since,
            last=last.get(one.person_id),
        )
        for one in holders
    ]
