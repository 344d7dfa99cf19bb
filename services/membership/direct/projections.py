"""What was sent to a person by other channels than mail, and what was not; and by which they can be reached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.chat.projections import people_linked, seat_now
from services.membership.direct import events
from services.membership.gateways.gateway import Messenger
from services.membership.group_seat.projections import group_seat_now, numbers_given
from services.membership.preference.events import Channel
from shared.event_store import Fact
from shared.ids import PersonId
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

SENTENCES: Mapping[events.DirectReason, str] = {
    "account_gone": "The account no longer exists there: link another.",
    "held_back": "WhatsApp held the message back: choose e-mail as well.",
    "messages_closed": "Your settings there keep our messages out, or you share no server with our bot: let them in.",
    "messages_stopped": "You have told WhatsApp to stop our messages: let them in there, or choose e-mail.",
    "no_word": "WhatsApp never said whether it sent the message.",
    "not_linked": "Link your account, or choose e-mail.",
    "number_refused": "WhatsApp does not take this number: give another.",
    "number_unreachable": "WhatsApp does not reach this number: see that it is on WhatsApp, or give another.",
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
    """What arrived was sent, even where nobody believed it any more."""
    for fact in facts:
        match fact.body:
            case events.DirectDelivered(_, message_id, channel):
                await connection.execute(
                    "UPDATE direct_messages_v1 SET not_sent = NULL"
                    " WHERE (message_id, channel) = ($1, $2)",
                    message_id, channel,
                )  # fmt: skip
            case events.DirectSent() | events.DirectNotSent() as told:
                await connection.execute(
                    "INSERT INTO direct_messages_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                    " ON CONFLICT (message_id, channel) DO UPDATE SET not_sent = excluded.not_sent",
                    told.message_id, told.channel, fact.community_id, told.person_id, told.template,
                    fact.at, told.reason if isinstance(told, events.DirectNotSent) else None,
                    told.broadcast_id,
                )  # fmt: skip


DIRECT_MESSAGES = Projection(
    name="direct_messages",
    version=1,
    ddl=DDL,
    tables=("direct_messages_v1",),
    facts=(events.DirectSent, events.DirectDelivered, events.DirectNotSent),
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


async def whatsapp_number(
    service: Service, community_id: UUID, person_id: PersonId
) -> Sealed | None:
    """The number that a person has given, as of now, where messages can go to numbers at all."""
    messenger: Messenger | None = service.gateways.get("messenger")
    seat = await group_seat_now(service, community_id, person_id)
    can_be_told = messenger is not None and messenger.tells and seat.barred is None
    return seat.numbers[-1] if can_be_told and seat.has_number else None


async def linked_channels(
    service: Service, community_id: UUID, person_id: PersonId
) -> frozenset[Channel]:
    """By which channels the person can be reached as of now."""
    account = await discord_account(service, community_id, person_id)
    number = await whatsapp_number(service, community_id, person_id)
    reached: dict[Channel, bool] = {
        "email": True, "discord": account is not None, "whatsapp": number is not None,
    }  # fmt: skip
    return frozenset(channel for channel, is_open in reached.items() if is_open)


async def linked_among(connection: Any, community_id: UUID) -> dict[Channel, set[PersonId]]:
    """Who in the community can be reached by which of the channels beside mail."""
    return {
        "discord": await people_linked(connection, community_id),
        "whatsapp": await numbers_given(connection, community_id),
    }


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
