"""What each owner has earned by which link, how it stands, and what was paid out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.billing.commission.events import Standing
from services.billing.commission_payout import events
from services.billing.commission_rules.events import LinkKind
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.money import Money
from shared.projection import Projection

DDL = """
CREATE TABLE commissions_v1 (
    commission_id uuid        PRIMARY KEY,
    community_id  uuid        NOT NULL,
    owner_id      uuid        NOT NULL,
    link_id       uuid        NOT NULL,
    kind          text        NOT NULL,
    amount_minor  bigint      NOT NULL,
    currency      text        NOT NULL,
    rules_version int         NOT NULL,
    standing      text        NOT NULL,
    earned_at     timestamptz NOT NULL,
    due_at        timestamptz NOT NULL
);
CREATE INDEX commissions_v1_owner ON commissions_v1 (community_id, owner_id, earned_at);
CREATE TABLE commissions_v1_payouts (
    position     bigint      PRIMARY KEY,
    community_id uuid        NOT NULL,
    owner_id     uuid        NOT NULL,
    amount_minor bigint      NOT NULL,
    currency     text        NOT NULL,
    at           timestamptz NOT NULL
);
CREATE INDEX commissions_v1_payouts_owner ON commissions_v1_payouts (community_id, owner_id);
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.CommissionBooked(one):
                await connection.execute(
                    "INSERT INTO commissions_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
                    " ON CONFLICT (commission_id) DO UPDATE SET (amount_minor, standing)"
                    " = (excluded.amount_minor, excluded.standing)",
                    one.commission_id, fact.community_id, one.owner, one.link_id, one.kind,
                    one.amount.minor, one.amount.currency, one.rules_version, one.standing,
                    one.earned_at, one.due_at,
                )  # fmt: skip
            case events.CommissionsPaid(owner, amount=amount):
                await connection.execute(
                    "INSERT INTO commissions_v1_payouts VALUES ($1, $2, $3, $4, $5, $6)",
                    fact.position, fact.community_id, owner, amount.minor, amount.currency, fact.at,
                )  # fmt: skip


COMMISSIONS = Projection(
    name="commissions",
    version=1,
    ddl=DDL,
    tables=("commissions_v1", "commissions_v1_payouts"),
    facts=(events.CommissionBooked, events.CommissionsPaid),
    apply=apply,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One commission; its id says nothing of the payment."""

    commission_id: UUID
    link_id: UUID
    kind: LinkKind
    amount: Money
    rules_version: int
    standing: Standing
    earned_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """`earned` is waiting, held, or was due; what was `paid` of that is not `due` any more, which may be negative."""

    owner_id: UUID
    earned: Money
    waiting: Money
    held: Money
    due: Money
    paid: Money


_BALANCES = """
SELECT owner_id, currency, sum(minor) FILTER (WHERE standing <> 'paid') AS earned,
    sum(minor) FILTER (WHERE standing = 'waiting') AS waiting,
    sum(minor) FILTER (WHERE standing = 'held') AS held,
    sum(minor) FILTER (WHERE standing = 'due') AS matured,
    sum(minor) FILTER (WHERE standing = 'paid') AS paid
FROM (
    SELECT owner_id, currency, amount_minor AS minor, standing FROM commissions_v1
    WHERE community_id = $1
    UNION ALL
    SELECT owner_id, currency, amount_minor, 'paid' FROM commissions_v1_payouts
    WHERE community_id = $1
) moved WHERE owner_id = ANY ($2) GROUP BY owner_id, currency ORDER BY owner_id, currency
"""


async def owners_after(
    connection: Any, community_id: UUID, after: UUID | None, limit: int
) -> list[UUID]:
    """Who has ever earned something, in a stable order."""
    rows = await connection.fetch(
        "SELECT DISTINCT owner_id FROM commissions_v1 WHERE community_id = $1 AND owner_id > $2"
        " ORDER BY owner_id LIMIT $3",
        community_id, after or PLATFORM, limit,
    )  # fmt: skip
    return [row["owner_id"] for row in rows]


async def balances_of(connection: Any, community_id: UUID, owners: Sequence[UUID]) -> list[Balance]:
    """What they have coming, in each currency."""
    rows = await connection.fetch(_BALANCES, community_id, owners)
    return [_balance(row) for row in rows]


def _balance(row: Any) -> Balance:
    earned, waiting, held, matured, paid = (
        Money(int(row[name] or 0), row["currency"])
        for name in ("earned", "waiting", "held", "matured", "paid")
    )
    return Balance(row["owner_id"], earned, waiting, held, matured - paid, paid)


async def earned_by_kind(connection: Any, community_id: UUID) -> list[tuple[LinkKind, Money]]:
    """What links of each kind have earned their owners, in each currency."""
    rows = await connection.fetch(
        "SELECT kind, currency, sum(amount_minor)::bigint AS minor FROM commissions_v1"
        " WHERE community_id = $1 GROUP BY kind, currency ORDER BY kind, currency",
        community_id,
    )
    return [(row["kind"], Money(row["minor"], row["currency"])) for row in rows]


async def commissions_of(
    connection: Any,
    community_id: UUID,
    owner_id: UUID,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[Row]:
    """Those of one owner, the newest first, before a place in this list."""
    earned_at, commission_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT * FROM commissions_v1 WHERE community_id = $1 AND owner_id = $2"
        " AND ($3::timestamptz IS NULL OR (earned_at, commission_id) < ($3, $4::uuid))"
        " ORDER BY earned_at DESC, commission_id DESC LIMIT $5",
        community_id, owner_id, earned_at, commission_id, limit,
    )  # fmt: skip
    return [
        Row(
            row["commission_id"], row["link_id"], row["kind"],
            Money(row["amount_minor"], row["currency"]), row["rules_version"], row["standing"],
            row["earned_at"], row["due_at"],
        )
        for row in rows
    ]  # fmt: skip
