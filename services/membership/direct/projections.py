"""What was sent to a person by other channels than mail, and what was not; and by which they can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.chat.projections import people_linked, seat_now
from services.membership.direct import events
from services.membership.preference.events import Channel
from shared.event_store import Fact
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

SENTENCES: Mapping[events.DirectReason, str] = {
    "account_gone": "The account no longer exists there: link another.",
    "messages_closed": "Your settings there keep our messages out, or you share no server with our bot: let them in.",
    "not_linked": "Link your account, or choose e-mail.",
    "refused": "It was not taken there: choose e-mail, or ask whoever runs this platform.",
}

DDL = """
CREATE TABLE direct_messages_v1 (
    message_id   uuid        NOT NULL,
    channel      text        NOT NULL,
    community_id uuid        NOT NULL,
    person_id    uuid        NOT NULL,
    template     text        NOT NULL,
    at           timestamptz NOT NULL,
    not_sent     text,
    broadcast_id uuid,
    PRIMARY KEY (message_id, channel)
);
CREATE INDEX direct_messages_v1_person ON direct_messages_v1 (person_id, at);
CREATE INDEX direct_messages_v1_broadcast ON direct_messages_v1 (broadcast_id, channel);
"""


@dataclass(frozen=True, slots=True)
class DirectMessage:
    """`not_sent` is the reason, None for what was sent."""

    message_id: UUID
    channel: Channel
    template: str
    at: datetime
    not_sent: events.DirectReason | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    await connection.executemany(
        "INSERT INTO direct_messages_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        [
            (
                fact.body.message_id,
                fact.body.channel,
                fact.community_id,
                fact.body.person_id,
                fact.body.template,
                fact.at,
                fact.body.reason if isinstance(fact.body, events.DirectNotSent) else None,
                fact.body.broadcast_id,
            )
            for fact in facts
        ],
    )


DIRECT_MESSAGES = Projection(
    name="direct_messages",
    version=1,
    ddl=DDL,
    tables=("direct_messages_v1",),
    facts=(events.DirectSent, events.DirectNotSent),
    apply=apply,
)


async def directs_to(connection: Any, person_id: PersonId) -> list[DirectMessage]:
    """Every message to the person that went, or should have gone, by another channel than mail, the newest first."""
    rows = await connection.fetch(
        "SELECT message_id, channel, template, at, not_sent FROM direct_messages_v1"
        " WHERE person_id = $1 ORDER BY at DESC, message_id LIMIT 200",
        person_id,
    )
    return [DirectMessage(**row) for row in rows]


async def discord_account(
    service: Service, community_id: UUID, person_id: PersonId
) -> Sealed | None:
    """The account that a person has linked, as of now; None for who is leaving it."""
    seat = await seat_now(service, community_id, person_id)
    return (
        None if seat.is_leaving or seat.barred or "chat" not in service.gateways else seat.account
    )


async def linked_channels(
    service: Service, community_id: UUID, person_id: PersonId
) -> frozenset[Channel]:
    """By which channels the person can be reached as of now."""
    account = await discord_account(service, community_id, person_id)
    return frozenset({"email", "discord"} if account else {"email"})


async def linked_among(connection: Any, community_id: UUID) -> dict[Channel, set[PersonId]]:
    """Who in the community can be reached by which of the channels beside mail."""
    return {"discord": await people_linked(connection, community_id)}


@dataclass(frozen=True, slots=True)
class CopiesBy:
    """What became of the copies of an announcement by one channel."""

    channel: Channel
    sent: int
    not_sent: int


async def copies_by_channel(connection: Any, broadcast_id: UUID) -> list[CopiesBy]:
    """By each channel beside mail that somebody chose."""
    rows = await connection.fetch(
        "SELECT channel, count(*) FILTER (WHERE not_sent IS NULL) AS sent, count(not_sent) AS not_sent"
        " FROM direct_messages_v1 WHERE broadcast_id = $1 GROUP BY channel ORDER BY channel",
        broadcast_id,
    )
    return [CopiesBy(**row) for row in rows]
