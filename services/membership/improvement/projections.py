"""What was said and what was done about it, of ideas too; and who left and wished to hear if something changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.membership.feedback.events import About
from services.membership.idea.events import IdeaAnswered, IdeaClosed
from services.membership.improvement import events
from services.membership.improvement.decider import IMPROVEMENT, Improvement
from services.membership.member.events import PersonErased
from shared.contracts.billing_exit_survey import ExitAnswerDropped, ExitAnswered
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE improvements_v2 (
    improvement_id uuid        PRIMARY KEY,
    community_id   uuid        NOT NULL,
    words          text        NOT NULL,
    link           text,
    idea_id        uuid,
    poll_id        uuid,
    about          text,
    about_id       uuid,
    day            date,
    title          text,
    reason         text,
    recorded_at    timestamptz NOT NULL
);
CREATE INDEX improvements_v2_newest
    ON improvements_v2 (community_id, recorded_at DESC, improvement_id DESC);
CREATE INDEX improvements_v2_poll ON improvements_v2 (poll_id);
"""

WISHES = """
CREATE TABLE exit_wishes_v1 (
    subscription_id uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    reason          text        NOT NULL,
    said_at         timestamptz NOT NULL
);
CREATE INDEX exit_wishes_v1_said ON exit_wishes_v1 (community_id, reason, said_at);
CREATE INDEX exit_wishes_v1_person ON exit_wishes_v1 (person_id);
CREATE TABLE exit_wishes_v1_people (
    person_id    uuid    PRIMARY KEY,
    community_id uuid    NOT NULL,
    is_erased    boolean NOT NULL
);
"""
# The row is locked until the end: an erasure and an answer that are folded at once wait for each other.
_HEARD = """
INSERT INTO exit_wishes_v1_people VALUES ($1, $2, $3) ON CONFLICT (person_id)
DO UPDATE SET is_erased = exit_wishes_v1_people.is_erased OR excluded.is_erased RETURNING is_erased
"""


@dataclass(frozen=True, slots=True)
class ImprovementRow:
    """After an idea, a poll, a delivery, or a reason to leave: one of the four is there."""

    improvement_id: UUID
    words: str
    link: str | None
    idea_id: UUID | None
    poll_id: UUID | None
    about: About | None
    about_id: UUID | None
    day: date | None
    title: str | None
    reason: events.ExitReason | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """What was done after a poll, in the staff's words."""

    improvement_id: UUID
    words: str
    link: str | None
    recorded_at: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ImprovementRecorded(made):
                await _keep(connection, fact, made)
            case IdeaAnswered(answer="done", words=words):
                await connection.execute(
                    "INSERT INTO improvements_v2 (improvement_id, community_id, words, idea_id,"
                    " recorded_at) VALUES ($1, $2, $3, $1, $4) ON CONFLICT (improvement_id)"
                    " DO UPDATE SET words = excluded.words, recorded_at = excluded.recorded_at",
                    fact.stream_id, fact.community_id, words, fact.at,
                )  # fmt: skip
            case IdeaAnswered() | IdeaClosed() | events.ImprovementWithdrawn():
                await connection.execute(
                    "DELETE FROM improvements_v2 WHERE improvement_id = $1", fact.stream_id
                )


async def _keep(connection: Any, fact: Fact, made: events.Made) -> None:
    of = made.spoken and made.spoken.delivered
    await connection.execute(
        "INSERT INTO improvements_v2 (improvement_id, community_id, words, link, poll_id,"
        " about, about_id, day, title, reason, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        fact.stream_id,
        fact.community_id,
        made.words,
        made.link,
        made.polled and made.polled.poll_id,
        of and of.about,
        of and of.about_id,
        of and of.on,
        made.polled.title if made.polled else made.spoken and made.spoken.name,
        made.leaving and made.leaving.reason,
        fact.at,
    )


IMPROVEMENTS = Projection(
    name="improvements",
    version=2,
    ddl=DDL,
    tables=("improvements_v2",),
    facts=(events.ImprovementRecorded, events.ImprovementWithdrawn, IdeaAnswered, IdeaClosed),
    apply=apply,
)


async def apply_wishes(connection: Any, facts: Sequence[Fact]) -> None:
    """The last answer counts: who no longer wishes to hear is kept no more, nor who was erased, before or after."""
    for fact in facts:
        match fact.body:
            case ExitAnswered(tell_me=True) as said:
                await _wish(connection, fact, said)
            case (
                ExitAnswered(subscription_id=subscription_id)
                | ExitAnswerDropped(subscription_id=subscription_id)
            ):
                await connection.execute(
                    "DELETE FROM exit_wishes_v1 WHERE subscription_id = $1", subscription_id
                )
            case PersonErased():
                await _is_erased(connection, fact, fact.stream_id, erased=True)
                await connection.execute(
                    "DELETE FROM exit_wishes_v1 WHERE person_id = $1", fact.stream_id
                )


async def _is_erased(connection: Any, fact: Fact, person_id: UUID, *, erased: bool = False) -> bool:
    """Whether they were, by this fact or by an earlier one."""
    return bool(await connection.fetchval(_HEARD, person_id, fact.community_id, erased))


async def _wish(connection: Any, fact: Fact, said: ExitAnswered) -> None:
    if await _is_erased(connection, fact, said.person_id):
        return
    await connection.execute(
        "INSERT INTO exit_wishes_v1 VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (subscription_id) DO UPDATE SET (person_id, reason, said_at)"
        " = (excluded.person_id, excluded.reason, excluded.said_at)",
        said.subscription_id, fact.community_id, said.person_id, said.reason, fact.at,
    )  # fmt: skip


EXIT_WISHES = Projection(
    name="exit_wishes",
    version=1,
    ddl=WISHES,
    tables=("exit_wishes_v1", "exit_wishes_v1_people"),
    facts=(ExitAnswered, ExitAnswerDropped, PersonErased),
    apply=apply_wishes,
)


async def improvements_of(
    connection: Any,
    community_id: UUID,
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[ImprovementRow]:
    """The newest before a place in this list."""
    recorded_at, improvement_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT improvement_id, words, link, idea_id, poll_id, about, about_id, day, title, reason,"
        " recorded_at"
        " FROM improvements_v2 WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (recorded_at, improvement_id) < ($2, $3::uuid))"
        " ORDER BY recorded_at DESC, improvement_id DESC LIMIT $4",
        community_id, recorded_at, improvement_id, limit,
    )  # fmt: skip
    return [ImprovementRow(**row) for row in rows]


async def done_after(connection: Any, poll_id: UUID) -> list[Done]:
    """What one poll has led to, the newest first."""
    rows = await connection.fetch(
        "SELECT improvement_id, words, link, recorded_at FROM improvements_v2 WHERE poll_id = $1"
        " ORDER BY recorded_at DESC, improvement_id DESC",
        poll_id,
    )
    return [Done(**row) for row in rows]


async def wishing(connection: Any, community_id: UUID, leaving: events.Leaving) -> list[PersonId]:
    """Who left for this reason at that time and wished to hear if something changes."""
    rows = await connection.fetch(
        "SELECT DISTINCT person_id FROM exit_wishes_v1 WHERE community_id = $1 AND reason = $2"
        " AND said_at >= $3 AND said_at < $4 ORDER BY person_id",
        community_id, leaving.reason, leaving.since, leaving.until,
    )  # fmt: skip
    return [PersonId(row["person_id"]) for row in rows]


async def improvement_now(
    service: Service, community_id: UUID, improvement_id: UUID
) -> Improvement | None:
    improvement: Improvement | None
    improvement, _ = await service.handler.state(IMPROVEMENT, improvement_id, community_id)
    return improvement
