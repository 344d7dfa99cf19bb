"""Announcements, and what became of each copy."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.announcement.events import MessageNotSent, MessageSent, NotSentReason
from services.membership.broadcast import events
from services.membership.broadcast.decider import BROADCAST, Broadcast, Standing
from services.membership.gateways.gateway import Words
from services.membership.member.events import Language
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE broadcasts_v1 (
    broadcast_id uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    standing     text        NOT NULL,
    drafted_at   timestamptz NOT NULL,
    due          timestamptz,
    started_at   timestamptz,
    ended_at     timestamptz,
    audience     int
);
CREATE INDEX broadcasts_v1_newest ON broadcasts_v1 (community_id, drafted_at DESC, broadcast_id DESC);
CREATE TABLE broadcasts_v1_copies (
    message_id   uuid        PRIMARY KEY,
    broadcast_id uuid        NOT NULL,
    community_id uuid        NOT NULL,
    person_id    uuid        NOT NULL,
    at           timestamptz NOT NULL,
    not_sent     text
);
CREATE INDEX broadcasts_v1_copies_of ON broadcasts_v1_copies (broadcast_id, person_id);
"""


@dataclass(frozen=True, slots=True)
class BroadcastRow:
    """`audience` is how many were meant when it was due."""

    broadcast_id: UUID
    standing: Standing
    drafted_at: datetime
    due: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    audience: int | None


@dataclass(frozen=True, slots=True)
class Copy:
    """`not_sent` is the reason, None for what was sent."""

    person_id: PersonId
    at: datetime
    not_sent: NotSentReason | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case MessageSent() | MessageNotSent():
                await _settle(connection, fact)
            case events.BroadcastDrafted():
                await connection.execute(
                    "INSERT INTO broadcasts_v1 (broadcast_id, community_id, standing, drafted_at)"
                    " VALUES ($1, $2, 'draft', $3)",
                    fact.stream_id, fact.community_id, fact.at,
                )  # fmt: skip
            case events.BroadcastScheduled(due):
                await _set(connection, fact, "standing = 'scheduled', due = $2", due)
            case events.BroadcastStarted():
                await _set(connection, fact, "standing = 'sending', started_at = $2", fact.at)
            case events.AudienceFixed(people):
                await _set(connection, fact, "audience = $2", people)
            case events.BroadcastCompleted():
                await _set(connection, fact, "standing = 'sent', ended_at = $2", fact.at)
            case events.BroadcastCancelled():
                await _set(connection, fact, "standing = 'cancelled', ended_at = $2", fact.at)


async def _settle(connection: Any, fact: Fact) -> None:
    settled: MessageSent | MessageNotSent = fact.body
    if settled.broadcast_id is not None:
        await connection.execute(
            "INSERT INTO broadcasts_v1_copies VALUES ($1, $2, $3, $4, $5, $6)",
            fact.stream_id,
            settled.broadcast_id,
            fact.community_id,
            settled.person_id,
            fact.at,
            settled.reason if isinstance(settled, MessageNotSent) else None,
        )


async def _set(connection: Any, fact: Fact, change: str, value: object) -> None:
    await connection.execute(
        f"UPDATE broadcasts_v1 SET {change} WHERE broadcast_id = $1",  # noqa: S608  Words of our own.
        fact.stream_id,
        value,
    )


BROADCASTS = Projection(
    name="broadcasts",
    version=1,
    ddl=DDL,
    tables=("broadcasts_v1", "broadcasts_v1_copies"),
    facts=(
        events.BroadcastDrafted,
        events.BroadcastScheduled,
        events.BroadcastStarted,
        events.AudienceFixed,
        events.BroadcastCompleted,
        events.BroadcastCancelled,
        MessageSent,
        MessageNotSent,
    ),
    apply=apply,
)


_ROW = (
    "SELECT broadcast_id, standing, drafted_at, due, started_at, ended_at, audience"
    " FROM broadcasts_v1"
)


async def broadcasts_of(
    connection: Any, community_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[BroadcastRow]:
    """The newest announcements drafted before a place in this list."""
    drafted_at, broadcast_id = before or (None, None)
    rows = await connection.fetch(
        f"{_ROW} WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (drafted_at, broadcast_id) < ($2, $3::uuid))"
        " ORDER BY drafted_at DESC, broadcast_id DESC LIMIT $4",
        community_id,
        drafted_at,
        broadcast_id,
        limit,
    )
    return [BroadcastRow(**row) for row in rows]


async def broadcast_of(connection: Any, broadcast_id: UUID) -> BroadcastRow | None:
    """One announcement, if the community the connection is scoped to has it."""
    row = await connection.fetchrow(f"{_ROW} WHERE broadcast_id = $1", broadcast_id)
    return BroadcastRow(**row) if row else None


async def outcomes_of(connection: Any, broadcast_id: UUID) -> dict[NotSentReason | None, int]:
    """How many copies had which outcome; None are those that were sent."""
    rows = await connection.fetch(
        "SELECT not_sent, count(*) AS copies FROM broadcasts_v1_copies WHERE broadcast_id = $1"
        " GROUP BY not_sent",
        broadcast_id,
    )
    return {row["not_sent"]: row["copies"] for row in rows}


async def copies_of(
    connection: Any, broadcast_id: UUID, *, outcome: str | None, after: UUID | None, limit: int
) -> list[Copy]:
    """Each copy with its outcome, `sent` or the reason why not, by person."""
    rows = await connection.fetch(
        "SELECT person_id, at, not_sent FROM broadcasts_v1_copies WHERE broadcast_id = $1"
        " AND ($2::text IS NULL OR coalesce(not_sent, 'sent') = $2)"
        " AND ($3::uuid IS NULL OR person_id > $3) ORDER BY person_id LIMIT $4",
        broadcast_id,
        outcome,
        after,
        limit,
    )
    return [Copy(**row) for row in rows]


async def broadcast_now(service: Service, community_id: UUID, broadcast_id: UUID) -> Broadcast:
    """The announcement as of now; NotFound when there is none."""
    broadcast: Broadcast
    broadcast, _ = await service.handler.state(BROADCAST, broadcast_id, community_id)
    if broadcast.standing == "unknown":
        raise NotFound("announcement_not_found", "There is no such announcement.")
    return broadcast


async def words_in(
    service: Service, broadcast: Broadcast, language: Language
) -> tuple[Language, Words] | None:
    """The text in this language, else in the first there is; None once it was forgotten."""
    texts = sorted(broadcast.texts, key=lambda text: text.language != language)
    if not texts:
        return None
    (opened,) = await service.vault.open([texts[0].words])
    return (texts[0].language, Words(**json.loads(opened))) if opened else None
