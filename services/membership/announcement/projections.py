"""What was sent to a person, and what was not; and whose address takes no mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.announcement import events
from services.membership.announcement.decider import ANNOUNCEMENT, Announcement
from services.membership.member.events import (
    AddressChanged,
    MemberCameIn,
    MemberJoined,
    PersonErased,
)
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE messages_v1 (
    message_id   uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    person_id    uuid        NOT NULL,
    template     text        NOT NULL,
    at           timestamptz NOT NULL,
    not_sent     text
);
CREATE INDEX messages_v1_person ON messages_v1 (person_id, at);
"""


@dataclass(frozen=True, slots=True)
class Message:
    """`not_sent` is the reason, None for what was sent."""

    message_id: UUID
    template: str
    at: datetime
    not_sent: events.NotSentReason | None


BOUNCES_DDL = """
CREATE TABLE bounces_v2 (
    person_id    uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    since        timestamptz NOT NULL,
    is_told      boolean     NOT NULL
);
CREATE INDEX bounces_v2_community ON bounces_v2 (community_id, since DESC, person_id DESC);
"""


@dataclass(frozen=True, slots=True)
class Bounce:
    person_id: PersonId
    since: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    """A letter is sent before it comes back: what bounced later was not, as far as anybody can see."""
    await connection.executemany(
        "INSERT INTO messages_v1 VALUES ($1, $2, $3, $4, $5, $6)",
        [
            (
                fact.stream_id,
                fact.community_id,
                fact.body.person_id,
                fact.body.template,
                fact.at,
                fact.body.reason if isinstance(fact.body, events.MessageNotSent) else None,
            )
            for fact in facts
            if not isinstance(fact.body, events.MessageReturned)
        ],
    )
    bounced = [
        fact.stream_id
        for fact in facts
        if isinstance(fact.body, events.MessageReturned) and fact.body.kind == "bounced"
    ]
    await connection.execute(
        "UPDATE messages_v1 SET not_sent = 'address_refused' WHERE message_id = ANY ($1)", bounced
    )


MESSAGES = Projection(
    name="messages",
    version=1,
    ddl=DDL,
    tables=("messages_v1",),
    facts=(events.MessageSent, events.MessageNotSent, events.MessageReturned),
    apply=apply,
)


async def messages_to(connection: Any, person_id: PersonId) -> list[Message]:
    """Every message to the person, the newest first."""
    rows = await connection.fetch(
        "SELECT message_id, template, at, not_sent FROM messages_v1"
        " WHERE person_id = $1 ORDER BY at DESC, message_id LIMIT 200",
        person_id,
    )
    return [Message(**row) for row in rows]


async def apply_bounces(connection: Any, facts: Sequence[Fact]) -> None:
    """An address bounces until the person says another, or their own server takes a letter again.

    Of whose server `is_told` by a report, a letter that was taken on the way there says nothing.
    """
    for fact in facts:
        match fact.body:
            case events.MessageNotSent(person_id, _, "address_refused"):
                await _refused(connection, fact, person_id, is_told=False)
            case events.MessageReturned(person_id, _, "bounced"):
                await _refused(connection, fact, person_id, is_told=True)
            case events.MessageSent(person_id):
                await connection.execute(
                    "DELETE FROM bounces_v2 WHERE person_id = $1 AND NOT is_told", person_id
                )
            case MemberJoined() | MemberCameIn() | AddressChanged() | PersonErased():
                await _lift(connection, PersonId(fact.stream_id))


async def _refused(connection: Any, fact: Fact, person_id: PersonId, *, is_told: bool) -> None:
    await connection.execute(
        "INSERT INTO bounces_v2 VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (person_id) DO UPDATE SET is_told = bounces_v2.is_told OR excluded.is_told",
        person_id, fact.community_id, fact.at, is_told,
    )  # fmt: skip


async def _lift(connection: Any, person_id: PersonId) -> None:
    await connection.execute("DELETE FROM bounces_v2 WHERE person_id = $1", person_id)


BOUNCES = Projection(
    name="bounces",
    version=2,
    ddl=BOUNCES_DDL,
    tables=("bounces_v2",),
    facts=(
        events.MessageSent,
        events.MessageNotSent,
        events.MessageReturned,
        MemberJoined,
        MemberCameIn,
        AddressChanged,
        PersonErased,
    ),
    apply=apply_bounces,
)


async def bounced_since(connection: Any, person_id: UUID) -> datetime | None:
    """Since when the person's address has been refused; None while it takes mail."""
    since: datetime | None = await connection.fetchval(
        "SELECT since FROM bounces_v2 WHERE person_id = $1", person_id
    )
    return since


async def bounces_of(
    connection: Any, community_id: UUID, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[Bounce]:
    """Whose address takes no mail, the newest first."""
    since, person_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT person_id, since FROM bounces_v2 WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (since, person_id) < ($2, $3::uuid))"
        " ORDER BY since DESC, person_id DESC LIMIT $4",
        community_id,
        since,
        person_id,
        limit,
    )
    return [Bounce(**row) for row in rows]


async def bounced(connection: Any, community_id: UUID) -> set[PersonId]:
    """Everybody in the community whose address takes no mail."""
    rows = await connection.fetch(
        "SELECT person_id FROM bounces_v2 WHERE community_id = $1", community_id
    )
    return {PersonId(row["person_id"]) for row in rows}


async def directed_now(
    service: Service, community_id: UUID, message_id: UUID
) -> events.MessageDirected | None:
    """What goes by other channels than mail, and by which; None for what does not."""
    announcement: Announcement
    announcement, _ = await service.handler.state(ANNOUNCEMENT, message_id, community_id)
    return announcement.directed
