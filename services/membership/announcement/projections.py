"""What was sent to a person, and what was not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.announcement import events
from shared.event_store import Fact
from shared.ids import PersonId
from shared.projection import Projection

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


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
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
        ],
    )


MESSAGES = Projection(
    name="messages",
    version=1,
    ddl=DDL,
    tables=("messages_v1",),
    facts=(events.MessageSent, events.MessageNotSent),
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
