"""What members say of each delivery, and how it stands with what they may speak of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.membership.feedback import events
from services.membership.feedback.decider import Heard, feedback_stream, shown
from services.membership.feedback.events import About, Delivered
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
)
from shared.event_store import Fact
from shared.ids import Label
from shared.personal_value import Sealed
from shared.projection import Projection

DDL = """
CREATE TABLE feedbacks_v1 (
    about        text        NOT NULL,
    about_id     uuid        NOT NULL,
    day          date,
    person_id    uuid        NOT NULL,
    community_id uuid        NOT NULL,
    stream_id    uuid        NOT NULL,
    rating       int         NOT NULL,
    words        jsonb,
    named        boolean     NOT NULL,
    given_at     timestamptz NOT NULL,
    settles_at   timestamptz NOT NULL,
    closes_at    timestamptz,
    PRIMARY KEY (stream_id, person_id)
);
CREATE INDEX feedbacks_v1_community ON feedbacks_v1 (community_id, stream_id);
CREATE INDEX feedbacks_v1_person ON feedbacks_v1 (person_id);
"""
_CHANGE = """
UPDATE feedbacks_v1 SET (rating, words, named) = ($3, $4, $5)
WHERE (stream_id, person_id) = ($1, $2)
"""
_DROP = "DELETE FROM feedbacks_v1 WHERE (stream_id, person_id) = ($1, $2)"

GATHERINGS_DDL = """
CREATE TABLE gatherings_held_v1 (
    gathering_id uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    name         text        NOT NULL,
    ends_at      timestamptz NOT NULL,
    cancelled    boolean     NOT NULL DEFAULT false
);
"""


@dataclass(frozen=True, slots=True)
class Mine:
    """What somebody said of one delivery themselves; it may be changed before `settles_at`."""

    about: About
    about_id: UUID
    day: date | None
    rating: int
    words: Sealed | None
    named: bool
    given_at: datetime
    settles_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """Of which delivery how many have said how it was."""

    about: About
    about_id: UUID
    day: date | None
    answers: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.FeedbackGiven(delivered, person_id) as given:
                await connection.execute(
                    "INSERT INTO feedbacks_v1 VALUES"
                    " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
                    delivered.about, delivered.about_id, delivered.on, person_id, fact.community_id,
                    fact.stream_id, given.rating, given.words and given.words.to_json(),
                    given.named, fact.at, given.settles_at, given.closes_at,
                )  # fmt: skip
            case events.FeedbackChanged(_, person_id, rating, words, named):
                await connection.execute(
                    _CHANGE, fact.stream_id, person_id, rating, words and words.to_json(), named,
                )  # fmt: skip
            case events.FeedbackWithdrawn(_, person_id):
                await connection.execute(_DROP, fact.stream_id, person_id)


FEEDBACKS = Projection(
    name="feedbacks",
    version=1,
    ddl=DDL,
    tables=("feedbacks_v1",),
    facts=(events.FeedbackGiven, events.FeedbackChanged, events.FeedbackWithdrawn),
    apply=apply,
)


async def apply_gatherings(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case GatheringPublished() as told:
                await connection.execute(
                    "INSERT INTO gatherings_held_v1 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                    told.gathering_id, fact.community_id, told.name, told.ends_at,
                )  # fmt: skip
            case GatheringRescheduled() as told:
                await connection.execute(
                    "UPDATE gatherings_held_v1 SET ends_at = $2 WHERE gathering_id = $1",
                    told.gathering_id, told.ends_at,
                )  # fmt: skip
            case GatheringCancelled() as told:
                await connection.execute(
                    "UPDATE gatherings_held_v1 SET cancelled = true WHERE gathering_id = $1",
                    told.gathering_id,
                )


GATHERINGS_HELD = Projection(
    name="gatherings_held",
    version=1,
    ddl=GATHERINGS_DDL,
    tables=("gatherings_held_v1",),
    facts=(GatheringPublished, GatheringRescheduled, GatheringCancelled),
    apply=apply_gatherings,
)


@dataclass(frozen=True, slots=True)
class GatheringHeld:
    """A gathering that people could come to."""

    name: Label
    ends_at: datetime
    cancelled: bool


async def gathering_of(connection: Any, gathering_id: UUID) -> GatheringHeld | None:
    row = await connection.fetchrow(
        "SELECT name, ends_at, cancelled FROM gatherings_held_v1 WHERE gathering_id = $1",
        gathering_id,
    )
    return GatheringHeld(**row) if row else None


async def heard_of(connection: Any, delivered: Delivered) -> list[Heard]:
    """All that is said of one delivery, the oldest first."""
    rows = await connection.fetch(
        "SELECT person_id, rating, words, named, given_at, closes_at FROM feedbacks_v1"
        " WHERE stream_id = $1 ORDER BY given_at, person_id",
        feedback_stream(delivered),
    )
    return [Heard(**{**row, "words": _sealed(row)}) for row in rows]


async def shown_of(connection: Any, delivered: Delivered, at: datetime) -> list[Heard]:
    """What staff are shown of it at a moment."""
    return shown(await heard_of(connection, delivered), at)


async def said_by(connection: Any, people: Sequence[UUID]) -> list[Mine]:
    """What these said themselves, the newest first."""
    rows = await connection.fetch(
        "SELECT about, about_id, day, rating, words, named, given_at, settles_at FROM feedbacks_v1"
        " WHERE person_id = ANY ($1) ORDER BY given_at DESC, about_id",
        people,
    )
    return [Mine(**{**row, "words": _sealed(row)}) for row in rows]


async def answered_in(
    connection: Any, community_id: UUID, *, about: str | None, after: UUID | None, limit: int
) -> list[Answered]:
    """The deliveries of which something is said, in an order that tells nothing."""
    rows = await connection.fetch(
        "SELECT about, about_id, day, count(*) AS answers FROM feedbacks_v1"
        " WHERE community_id = $1 AND ($2::text IS NULL OR about = $2)"
        " AND ($3::uuid IS NULL OR stream_id > $3)"
        " GROUP BY stream_id, about, about_id, day ORDER BY stream_id LIMIT $4",
        community_id,
        about,
        after,
        limit,
    )
    return [Answered(**row) for row in rows]


def _sealed(row: Any) -> Sealed | None:
    return row["words"] and Sealed.from_json(row["words"])
