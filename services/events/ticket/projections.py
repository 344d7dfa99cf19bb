"""Which tickets there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.events.ticket import events
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.money import Money
from shared.personal_value import Sealed
from shared.projection import Projection


@dataclass(frozen=True, slots=True)
class Listed:
    ticket_id: UUID
    gathering_id: UUID
    person_id: UUID
    title: str
    seats: int
    amount: Money
    origin: str
    holder: Sealed | None
    issued_at: datetime
    cancelled: bool
    checked_in: int
    checked_in_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """`tickets` and `seats` are those that admit; `checked_in` the seats that have come."""

    tickets: int
    seats: int
    checked_in: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    issued = [fact for fact in facts if isinstance(fact.body, events.TicketIssued)]
    await connection.executemany(
        "INSERT INTO tickets_v2 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [_row(fact, fact.body) for fact in issued],
    )
    await connection.executemany(
        "UPDATE tickets_v2 SET cancelled = true WHERE ticket_id = $1",
        [(fact.stream_id,) for fact in facts if isinstance(fact.body, events.TicketCancelled)],
    )
    # Of one ticket they come in their order, so none is overtaken by its own undoing.
    for fact in facts:
        match fact.body:
            case events.TicketCheckedIn(_, count, seen_at):
                await connection.execute(
                    "UPDATE tickets_v2 SET checked_in = checked_in + $2, checked_in_at = $3"
                    " WHERE ticket_id = $1",
                    fact.stream_id, count, seen_at,
                )  # fmt: skip
            case events.CheckInUndone():
                await connection.execute(
                    "UPDATE tickets_v2 SET checked_in = 0, checked_in_at = NULL WHERE ticket_id = $1",
                    fact.stream_id,
                )


def _row(fact: Fact, ticket: events.TicketIssued) -> tuple[object, ...]:
    seats = ticket.seats
    return (
        fact.stream_id, fact.community_id, seats.gathering_id, seats.person_id, seats.title,
        seats.count, seats.amount.minor, seats.amount.currency, ticket.origin,
        ticket.holder and ticket.holder.to_json(), fact.at,
    )  # fmt: skip


TICKETS = Projection(
    name="tickets",
    version=2,
    ddl="""
        CREATE TABLE tickets_v2 (
            ticket_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            gathering_id uuid NOT NULL,
            person_id uuid NOT NULL,
            title text NOT NULL,
            seats int NOT NULL,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            origin text NOT NULL,
            holder jsonb,
            issued_at timestamptz NOT NULL,
            cancelled boolean NOT NULL DEFAULT false,
            checked_in int NOT NULL DEFAULT 0,
            checked_in_at timestamptz
        );
        CREATE INDEX tickets_v2_person ON tickets_v2 (person_id, ticket_id);
        CREATE INDEX tickets_v2_gathering ON tickets_v2 (gathering_id, ticket_id);
    """,
    tables=("tickets_v2",),
    facts=(
        events.TicketIssued,
        events.TicketCancelled,
        events.TicketCheckedIn,
        events.CheckInUndone,
    ),
    apply=apply,
)


async def tickets_of_people(
    connection: Any, people: Collection[UUID], after: UUID | None, limit: int
) -> list[Listed]:
    rows = await connection.fetch(
        "SELECT * FROM tickets_v2 WHERE person_id = ANY ($1) AND ticket_id > $2 ORDER BY ticket_id LIMIT $3",
        people, after or PLATFORM, limit,
    )  # fmt: skip
    return [_listed(row) for row in rows]


async def tickets_of_gathering(
    connection: Any, gathering_id: UUID, after: UUID | None, limit: int
) -> list[Listed]:
    rows = await connection.fetch(
        "SELECT * FROM tickets_v2 WHERE gathering_id = $1 AND ticket_id > $2 ORDER BY ticket_id LIMIT $3",
        gathering_id, after or PLATFORM, limit,
    )  # fmt: skip
    return [_listed(row) for row in rows]


async def attendance_of(connection: Any, gathering_id: UUID) -> Attendance:
    row = await connection.fetchrow(
        "SELECT count(*) AS tickets, coalesce(sum(seats), 0) AS seats,"
        " coalesce(sum(checked_in), 0) AS checked_in FROM tickets_v2"
        " WHERE gathering_id = $1 AND NOT cancelled",
        gathering_id,
    )
    return Attendance(**row)


def _listed(row: Any) -> Listed:
    return Listed(
        row["ticket_id"], row["gathering_id"], row["person_id"], row["title"], row["seats"],
        Money(row["amount_minor"], row["currency"]), row["origin"],
        Sealed.from_json(row["holder"]) if row["holder"] else None,
        row["issued_at"], row["cancelled"], row["checked_in"], row["checked_in_at"],
    )  # fmt: skip
