"""The presents that everybody has given; an address opens while it is waited for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.invitation.events import NotPostedReason
from services.membership.present import events
from services.membership.present.decider import PRESENT, Present, Standing
from shared.event_store import Fact
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE presents_v1 (
    present_id   uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    giver_id     uuid        NOT NULL,
    tier_id      uuid,
    content_id   uuid,
    interval     text        NOT NULL,
    count        int         NOT NULL,
    paid_at      timestamptz NOT NULL,
    standing     text        NOT NULL,
    withheld     boolean     NOT NULL,
    email        jsonb,
    deliver_at   timestamptz,
    expires_at   timestamptz,
    not_posted   text,
    accepted_at  timestamptz
);
CREATE INDEX presents_v1_newest ON presents_v1 (giver_id, paid_at DESC, present_id DESC);
CREATE TABLE presents_v1_addressed (
    present_id   uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    email        jsonb       NOT NULL,
    deliver_at   timestamptz,
    expires_at   timestamptz NOT NULL
);
"""

_SET = {
    "due": "standing = 'sent', expires_at = $2, not_posted = NULL",
    "not_posted": "not_posted = $2",
    "unclaimed": "standing = 'unaddressed', email = NULL, deliver_at = NULL, expires_at = NULL",
    "accepted": "standing = 'accepted', email = NULL, expires_at = NULL, accepted_at = $2",
    "withheld": "withheld = $2",
    "ended": "standing = 'ended', email = NULL, expires_at = NULL",
}


@dataclass(frozen=True, slots=True)
class PresentRow:
    """`not_posted` says why the last letter did not go."""

    present_id: UUID
    tier_id: UUID | None
    content_id: UUID | None
    interval: events.Interval
    count: int
    paid_at: datetime
    standing: Standing
    withheld: bool
    email: Sealed | None
    deliver_at: datetime | None
    expires_at: datetime | None
    not_posted: NotPostedReason | None
    accepted_at: datetime | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.PresentAddressed():
                await _addressed(connection, fact)
            case events.PresentPaid():
                await _paid(connection, fact)
            case events.PresentDue(_, expires_at):
                await _set(connection, fact, "due", expires_at)
            case events.PresentNotPosted(_, reason):
                await _set(connection, fact, "not_posted", reason)
            case events.PresentUnclaimed():
                await connection.execute(
                    "DELETE FROM presents_v1_addressed WHERE present_id = $1", fact.stream_id
                )
                await _set(connection, fact, "unclaimed")
            case events.PresentAccepted():
                await _set(connection, fact, "accepted", fact.at)
            case events.PresentWithheld() | events.PresentRestored():
                withheld = isinstance(fact.body, events.PresentWithheld)
                await _set(connection, fact, "withheld", withheld)
            case events.PresentEnded():
                await _set(connection, fact, "ended")


async def _addressed(connection: Any, fact: Fact) -> None:
    """It may be before it is paid."""
    addressed: events.PresentAddressed = fact.body
    await connection.execute(
        "INSERT INTO presents_v1_addressed VALUES ($1, $2, $3, $4, $5) ON CONFLICT (present_id) DO UPDATE"
        " SET (email, deliver_at, expires_at) = (excluded.email, excluded.deliver_at, excluded.expires_at)",
        fact.stream_id, fact.community_id, addressed.email.to_json(), addressed.deliver_at,
        addressed.expires_at,
    )  # fmt: skip
    await _copy_address(connection, fact)


async def _paid(connection: Any, fact: Fact) -> None:
    paid: events.PresentPaid = fact.body
    thing = paid.thing
    await connection.execute(
        "INSERT INTO presents_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'unaddressed', false)",
        fact.stream_id, fact.community_id, paid.person_id, thing.tier_id, thing.content_id, thing.interval,
        thing.count, fact.at,
    )  # fmt: skip
    await _copy_address(connection, fact)


async def _copy_address(connection: Any, fact: Fact) -> None:
    await connection.execute(
        "UPDATE presents_v1 p SET standing = 'addressed', email = a.email, deliver_at = a.deliver_at,"
        " expires_at = a.expires_at, not_posted = NULL FROM presents_v1_addressed a"
        " WHERE p.present_id = a.present_id AND p.present_id = $1",
        fact.stream_id,
    )


async def _set(connection: Any, fact: Fact, what: str, *values: object) -> None:
    await connection.execute(
        f"UPDATE presents_v1 SET {_SET[what]} WHERE present_id = $1",  # noqa: S608  Words of our own.
        fact.stream_id,
        *values,
    )


PRESENTS = Projection(
    name="presents",
    version=1,
    ddl=DDL,
    tables=("presents_v1", "presents_v1_addressed"),
    facts=(
        events.PresentAddressed,
        events.PresentPaid,
        events.PresentDue,
        events.PresentNotPosted,
        events.PresentUnclaimed,
        events.PresentAccepted,
        events.PresentWithheld,
        events.PresentRestored,
        events.PresentEnded,
    ),
    apply=apply,
)


async def presents_by(
    connection: Any, givers: Sequence[UUID], before: tuple[datetime, UUID] | None, limit: int
) -> list[PresentRow]:
    """What these people have given, paid for before a place in this list."""
    paid_at, present_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT present_id, tier_id, content_id, interval, count, paid_at, standing, withheld, email,"
        " deliver_at, expires_at, not_posted, accepted_at FROM presents_v1 WHERE giver_id = ANY($1)"
        " AND ($2::timestamptz IS NULL OR (paid_at, present_id) < ($2, $3::uuid))"
        " ORDER BY paid_at DESC, present_id DESC LIMIT $4",
        givers,
        paid_at,
        present_id,
        limit,
    )
    return [
        PresentRow(**{**row, "email": Sealed.from_json(row["email"]) if row["email"] else None})
        for row in rows
    ]


async def present_now(service: Service, community_id: UUID, present_id: UUID) -> Present:
    """As of now; NotFound when it is another community's."""
    present: Present
    present, _ = await service.handler.state(PRESENT, present_id, community_id)
    return present
