"""Which bills are past due, whose, and since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.arrears import events
from services.billing.arrears.decider import ARREARS, Arrears
from services.billing.arrears.events import Overdue, arrears_stream
from services.billing.links import LINK_LIFE, make_link
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.money import Money
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE overdue_v1 (
    subscription_id uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    amount_minor    bigint      NOT NULL,
    currency        text        NOT NULL,
    since           timestamptz NOT NULL
);
CREATE INDEX overdue_v1_list ON overdue_v1 (community_id, subscription_id);
CREATE INDEX overdue_v1_people ON overdue_v1 (community_id, person_id);
"""


@dataclass(frozen=True, slots=True)
class OverdueBill:
    subscription_id: UUID
    person_id: UUID
    amount: Money
    since: datetime


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.BillOverdue(person_id, subscription_id, amount):
                await connection.execute(
                    "INSERT INTO overdue_v1 VALUES ($1, $2, $3, $4, $5, $6)"
                    " ON CONFLICT (subscription_id) DO UPDATE SET (amount_minor, currency)"
                    " = (excluded.amount_minor, excluded.currency)",
                    subscription_id,
                    fact.community_id,
                    person_id,
                    amount.minor,
                    amount.currency,
                    fact.at,
                )
            case events.BillSettled() | events.SubscriptionUncounted() as over:
                await connection.execute(
                    "DELETE FROM overdue_v1 WHERE subscription_id = $1", over.subscription_id
                )


OVERDUE = Projection(
    name="overdue",
    version=1,
    ddl=DDL,
    tables=("overdue_v1",),
    facts=(events.BillOverdue, events.BillSettled, events.SubscriptionUncounted),
    apply=apply,
)


async def overdue_after(
    connection: Any, community_id: UUID, after: UUID | None, limit: int
) -> list[OverdueBill]:
    """In a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM overdue_v1 WHERE community_id = $1 AND subscription_id > $2"
        " ORDER BY subscription_id LIMIT $3",
        community_id,
        after or PLATFORM,
        limit,
    )
    return [
        OverdueBill(
            row["subscription_id"],
            row["person_id"],
            Money(row["amount_minor"], row["currency"]),
            row["since"],
        )
        for row in rows
    ]


async def debtors_of(connection: Any, community_id: UUID) -> list[UUID]:
    """Everybody who owes something."""
    rows = await connection.fetch(
        "SELECT DISTINCT person_id FROM overdue_v1 WHERE community_id = $1 ORDER BY person_id",
        community_id,
    )
    return [row["person_id"] for row in rows]


async def overdue_of(
    service: Service, community_id: UUID, person_id: UUID, now: datetime
) -> Overdue | None:
    """What somebody owes who is over a limit, read strongly; each link pays one bill without signing in."""
    arrears: Arrears
    arrears, _ = await service.handler.state(ARREARS, arrears_stream(person_id), community_id)
    if arrears.over is None:
        return None
    links = [
        make_link(service.secret, subscription_id, community_id, now + LINK_LIFE)
        for subscription_id in arrears.bills
    ]
    return Overdue(arrears.owed, tuple(links))
