"""Who would like to know whom, for the two alone; what was written opens while it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.introduction import events
from services.membership.introduction.decider import Standing
from shared.event_store import Fact
from shared.personal_value import Sealed
from shared.projection import Projection

DDL = """
CREATE TABLE introductions_v1 (
    introduction_id uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    asker           uuid        NOT NULL,
    asked           uuid        NOT NULL,
    words           jsonb,
    standing        text        NOT NULL,
    asked_at        timestamptz NOT NULL,
    lapses_at       timestamptz NOT NULL,
    again_at        timestamptz NOT NULL
);
CREATE INDEX introductions_v1_asker ON introductions_v1 (asker, asked_at DESC);
CREATE INDEX introductions_v1_asked ON introductions_v1 (asked, asked_at DESC);
"""


@dataclass(frozen=True, slots=True)
class IntroductionRow:
    introduction_id: UUID
    asker: UUID
    asked: UUID
    words: Sealed | None
    standing: Standing
    asked_at: datetime
    lapses_at: datetime
    again_at: datetime

    def of(self, person_id: UUID) -> UUID:
        """The other of the two."""
        return self.asked if person_id == self.asker else self.asker


_STANDINGS: dict[type, Standing] = {
    events.IntroductionAgreed: "agreed",
    events.IntroductionDeclined: "declined",
    events.IntroductionWithdrawn: "withdrawn",
    events.IntroductionLapsed: "lapsed",
    events.IntroductionEnded: "ended",
}


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.IntroductionAsked() as wish:
                await connection.execute(
                    "INSERT INTO introductions_v1 VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8)"
                    " ON CONFLICT (introduction_id) DO UPDATE SET (asker, asked, words, standing,"
                    " asked_at, lapses_at, again_at) = (excluded.asker, excluded.asked,"
                    " excluded.words, 'waiting', excluded.asked_at, excluded.lapses_at,"
                    " excluded.again_at)",
                    fact.stream_id, fact.community_id, wish.asker, wish.asked,
                    wish.words and wish.words.to_json(), fact.at, wish.lapses_at, wish.again_at,
                )  # fmt: skip
            case body:
                await connection.execute(
                    "UPDATE introductions_v1 SET standing = $2 WHERE introduction_id = $1",
                    fact.stream_id,
                    _STANDINGS[type(body)],
                )


INTRODUCTIONS = Projection(
    name="introductions",
    version=1,
    ddl=DDL,
    tables=("introductions_v1",),
    facts=(events.IntroductionAsked, *_STANDINGS),
    apply=apply,
)


async def introductions_of(
    connection: Any, person_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[IntroductionRow]:
    """Those the person asked for or is asked about, the newest before a place in this list."""
    asked_at, introduction_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT introduction_id, asker, asked, words, standing, asked_at, lapses_at, again_at"
        " FROM introductions_v1 WHERE $1 IN (asker, asked)"
        " AND ($2::timestamptz IS NULL OR (asked_at, introduction_id) < ($2, $3::uuid))"
        " ORDER BY asked_at DESC, introduction_id DESC LIMIT $4",
        person_id,
        asked_at,
        introduction_id,
        limit,
    )
    return [
        IntroductionRow(**{**row, "words": row["words"] and Sealed.from_json(row["words"])})
        for row in rows
    ]
