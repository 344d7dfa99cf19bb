"""The ideas of a community with how many back them, and who; what was written stays sealed until it is read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.idea import events
from services.membership.idea.decider import Status
from shared.event_store import Fact
from shared.personal_value import Sealed
from shared.projection import Projection

DDL = """
CREATE TABLE ideas_v1 (
    idea_id      uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    author       uuid        NOT NULL,
    title        jsonb       NOT NULL,
    text         jsonb,
    status       text        NOT NULL,
    words        text,
    posted_at    timestamptz NOT NULL,
    answered_at  timestamptz
);
CREATE INDEX ideas_v1_newest ON ideas_v1 (community_id, posted_at DESC, idea_id DESC);
CREATE TABLE ideas_v1_backers (
    idea_id      uuid NOT NULL,
    person_id    uuid NOT NULL,
    community_id uuid NOT NULL,
    PRIMARY KEY (idea_id, person_id)
);
"""


@dataclass(frozen=True, slots=True)
class IdeaRow:
    """`words` are the staff's; `backed` is whether the reader backs it."""

    idea_id: UUID
    author: UUID
    title: Sealed
    text: Sealed | None
    status: Status
    words: str | None
    posted_at: datetime
    answered_at: datetime | None
    backers: int
    backed: bool


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.IdeaPosted(author, title, text):
                await connection.execute(
                    "INSERT INTO ideas_v1 VALUES ($1, $2, $3, $4, $5, 'open', NULL, $6)",
                    fact.stream_id, fact.community_id, author, title.to_json(),
                    text and text.to_json(), fact.at,
                )  # fmt: skip
                await _back(connection, fact, author)
            case events.IdeaBacked(person_id):
                await _back(connection, fact, person_id)
            case events.BackingWithdrawn(person_id):
                await connection.execute(
                    "DELETE FROM ideas_v1_backers WHERE (idea_id, person_id) = ($1, $2)",
                    fact.stream_id,
                    person_id,
                )
            case events.IdeaAnswered(_, answer, words):
                await connection.execute(
                    "UPDATE ideas_v1 SET status = $2, words = $3, answered_at = $4"
                    " WHERE idea_id = $1",
                    fact.stream_id, answer, words, fact.at,
                )  # fmt: skip
            case events.IdeaClosed(cause):
                await connection.execute(
                    "UPDATE ideas_v1 SET status = $2 WHERE idea_id = $1", fact.stream_id, cause
                )


async def _back(connection: Any, fact: Fact, person_id: UUID) -> None:
    await connection.execute(
        "INSERT INTO ideas_v1_backers VALUES ($1, $2, $3)",
        fact.stream_id,
        person_id,
        fact.community_id,
    )


IDEAS = Projection(
    name="ideas",
    version=1,
    ddl=DDL,
    tables=("ideas_v1", "ideas_v1_backers"),
    facts=(
        events.IdeaPosted,
        events.IdeaBacked,
        events.BackingWithdrawn,
        events.IdeaAnswered,
        events.IdeaClosed,
    ),
    apply=apply,
)


async def ideas_of(
    connection: Any,
    community_id: UUID,
    *,
    reader: UUID | None,
    status: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[IdeaRow]:
    """The newest before a place in this list, without what was taken back or down."""
    posted_at, idea_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT idea_id, author, title, text, status, words, posted_at, answered_at,"
        " (SELECT count(*) FROM ideas_v1_backers b WHERE b.idea_id = i.idea_id) AS backers,"
        " EXISTS (SELECT FROM ideas_v1_backers b"
        " WHERE b.idea_id = i.idea_id AND b.person_id = $6) AS backed"
        " FROM ideas_v1 i WHERE community_id = $1 AND status NOT IN ('withdrawn', 'hidden')"
        " AND ($2::text IS NULL OR status = $2)"
        " AND ($3::timestamptz IS NULL OR (posted_at, idea_id) < ($3, $4::uuid))"
        " ORDER BY posted_at DESC, idea_id DESC LIMIT $5",
        community_id, status, posted_at, idea_id, limit, reader,
    )  # fmt: skip
    return [_row(row) for row in rows]


async def titles_of(connection: Any, ideas: Collection[UUID]) -> dict[UUID, Sealed]:
    sql = "SELECT idea_id, title FROM ideas_v1 WHERE idea_id = ANY ($1)"
    rows = await connection.fetch(sql, list(ideas))
    return {row["idea_id"]: Sealed.from_json(row["title"]) for row in rows}


def _row(row: Any) -> IdeaRow:
    title, text = Sealed.from_json(row["title"]), row["text"] and Sealed.from_json(row["text"])
    return IdeaRow(**{**row, "title": title, "text": text})
