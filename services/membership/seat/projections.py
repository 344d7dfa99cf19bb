"""The seats of every payer, and who sits on them; an address opens while it is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.invitation.events import NotPostedReason
from services.membership.seat import events
from services.membership.seat.decider import SEAT, Plan, Standing
from services.membership.tier.events import TierId
from shared.event_store import Fact
from shared.personal_value import Sealed
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE seats_v1 (
    subscription_id uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    payer_id        uuid,
    seats           int         NOT NULL DEFAULT 0,
    tier_id         uuid,
    withheld        text[]      NOT NULL DEFAULT '{}',
    ended_at        timestamptz
);
CREATE INDEX seats_v1_payer ON seats_v1 (community_id, payer_id);
CREATE TABLE seats_v1_given (
    seat_id         uuid        PRIMARY KEY,
    subscription_id uuid        NOT NULL,
    community_id    uuid        NOT NULL,
    email           jsonb       NOT NULL,
    assigned_at     timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,
    standing        text        NOT NULL,
    letters         int         NOT NULL,
    not_posted      text,
    person_id       uuid,
    claimed_at      timestamptz,
    revoked_at      timestamptz,
    reason          text
);
CREATE INDEX seats_v1_given_newest ON seats_v1_given (subscription_id, assigned_at DESC, seat_id DESC);
"""

_SEAT_SET = {
    "resent": "letters = $2, expires_at = $3, not_posted = NULL",
    "not_posted": "not_posted = $2",
    "claimed": "standing = 'claimed', person_id = $2, claimed_at = $3",
    "revoked": "standing = 'revoked', reason = $2, revoked_at = $3",
}
_PLAN_SET = {
    "provided": "payer_id = $3, seats = $4, tier_id = $5",
    "withheld": "withheld = array_append(seats_v1.withheld, $3)",
    "restored": "withheld = array_remove(seats_v1.withheld, $3)",
    "ended": "ended_at = $3",
}


@dataclass(frozen=True, slots=True)
class ListedPlan:
    """`withheld` while the seats open nothing; `pending` and `claimed` say how many of them are given."""

    subscription_id: UUID
    tier_id: TierId | None
    seats: int
    pending: int
    claimed: int
    withheld: bool
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class SeatRow:
    """`not_posted` says why the last letter did not go, `reason` why the seat was lost."""

    seat_id: UUID
    email: Sealed
    standing: Standing
    assigned_at: datetime
    expires_at: datetime
    letters: int
    not_posted: NotPostedReason | None
    person_id: UUID | None
    claimed_at: datetime | None
    revoked_at: datetime | None
    reason: events.RevokedFor | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.SeatsProvided(payer_id, seats, tier_id):
                await _plan(connection, fact, "provided", payer_id, seats, tier_id)
            case events.SeatsWithheld(cause):
                await _plan(connection, fact, "withheld", cause)
            case events.SeatsRestored(cause):
                await _plan(connection, fact, "restored", cause)
            case events.SeatsEnded():
                await _plan(connection, fact, "ended", fact.at)
            case _:
                await _apply_to_seat(connection, fact)


async def _apply_to_seat(connection: Any, fact: Fact) -> None:
    match fact.body:
        case events.SeatAssigned(seat_id, email, _, _, expires_at):
            await connection.execute(
                    "INSERT INTO seats_v1_given VALUES ($1, $2, $3, $4, $5, $6, 'pending', 1)",
                    seat_id, fact.stream_id, fact.community_id, email.to_json(), fact.at, expires_at,
                )  # fmt: skip
        case events.SeatResent(seat_id, letter, expires_at):
            await _seat(connection, seat_id, "resent", letter, expires_at)
        case events.SeatNotPosted(seat_id, _, reason):
            await _seat(connection, seat_id, "not_posted", reason)
        case events.SeatClaimed(seat_id, claimant=claimant):
            await _seat(connection, seat_id, "claimed", claimant.person_id, fact.at)
        case events.SeatRevoked(seat_id, cause):
            await _seat(connection, seat_id, "revoked", cause, fact.at)


async def _plan(connection: Any, fact: Fact, what: str, *values: object) -> None:
    """Whichever comes first: an end may."""
    await connection.execute(
        "INSERT INTO seats_v1 (subscription_id, community_id) VALUES ($1, $2)"
        " ON CONFLICT DO NOTHING",
        fact.stream_id,
        fact.community_id,
    )
    await connection.execute(
        f"UPDATE seats_v1 SET {_PLAN_SET[what]}"  # noqa: S608  Words of our own.
        " WHERE (subscription_id, community_id) = ($1, $2)",
        fact.stream_id,
        fact.community_id,
        *values,
    )


async def _seat(connection: Any, seat_id: UUID, what: str, *values: object) -> None:
    await connection.execute(
        f"UPDATE seats_v1_given SET {_SEAT_SET[what]} WHERE seat_id = $1",  # noqa: S608  Words of our own.
        seat_id,
        *values,
    )


SEATS = Projection(
    name="seats",
    version=1,
    ddl=DDL,
    tables=("seats_v1", "seats_v1_given"),
    facts=(
        events.SeatsProvided,
        events.SeatsWithheld,
        events.SeatsRestored,
        events.SeatsEnded,
        events.SeatAssigned,
        events.SeatResent,
        events.SeatNotPosted,
        events.SeatClaimed,
        events.SeatRevoked,
    ),
    apply=apply,
)


async def plans_of(connection: Any, community_id: UUID, payer_id: UUID) -> list[ListedPlan]:
    """All seats that the person pays for or paid for, by subscription."""
    rows = await connection.fetch(
        "SELECT p.subscription_id, p.tier_id, p.seats, p.withheld <> '{}' AS withheld, p.ended_at,"
        " count(s) FILTER (WHERE s.standing = 'pending') AS pending,"
        " count(s) FILTER (WHERE s.standing = 'claimed') AS claimed"
        " FROM seats_v1 p LEFT JOIN seats_v1_given s USING (subscription_id)"
        " WHERE p.community_id = $1 AND p.payer_id = $2"
        " GROUP BY p.subscription_id ORDER BY p.subscription_id",
        community_id,
        payer_id,
    )
    return [ListedPlan(**row) for row in rows]


async def seats_of(
    connection: Any,
    subscription_id: UUID,
    *,
    standing: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[SeatRow]:
    """The seats last assigned before a place in this list."""
    assigned_at, seat_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT seat_id, email, standing, assigned_at, expires_at, letters, not_posted, person_id,"
        " claimed_at, revoked_at, reason FROM seats_v1_given"
        " WHERE subscription_id = $1 AND ($2::text IS NULL OR standing = $2)"
        " AND ($3::timestamptz IS NULL OR (assigned_at, seat_id) < ($3, $4::uuid))"
        " ORDER BY assigned_at DESC, seat_id DESC LIMIT $5",
        subscription_id,
        standing,
        assigned_at,
        seat_id,
        limit,
    )
    return [SeatRow(**{**row, "email": Sealed.from_json(row["email"])}) for row in rows]


async def plans_waited_for(connection: Any, community_id: UUID) -> list[UUID]:
    """The subscriptions with a seat that was given and is not taken yet."""
    rows = await connection.fetch(
        "SELECT DISTINCT subscription_id FROM seats_v1_given"
        " WHERE community_id = $1 AND standing = 'pending'",
        community_id,
    )
    return [row["subscription_id"] for row in rows]


async def plan_now(service: Service, community_id: UUID, subscription_id: UUID) -> Plan:
    """The seats of a subscription as of now; NotFound when it is another community's."""
    plan: Plan
    plan, _ = await service.handler.state(SEAT, subscription_id, community_id)
    return plan
