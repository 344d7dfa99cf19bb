"""What was taken and given back, by what it was for."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.analytics.community.projections import Window, quarter_hour
from shared.contracts.billing_payment import PaymentSucceeded, RefundIssued
from shared.contracts.contract import ChargedFor, MoneyValue
from shared.event_store import Fact
from shared.projection import Projection


class Till(NamedTuple):
    """Where money adds up."""

    community_id: UUID
    currency: str
    source: ChargedFor
    slot: datetime


def sums(facts: Iterable[Fact]) -> tuple[Counter[Till], Counter[Till]]:
    """Gross and refunded amounts by till."""
    gross, refunded = Counter[Till](), Counter[Till]()
    for fact in facts:
        body: PaymentSucceeded | RefundIssued = fact.body
        slot = quarter_hour(fact.at)
        side = refunded if isinstance(body, RefundIssued) else gross
        for line in body.lines:
            till = Till(body.community_id, line.amount.currency, line.charged_for, slot)
            side[till] += line.amount.minor
    return gross, refunded


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    gross, refunded = sums(facts)
    await connection.executemany(
        "INSERT INTO takings_v1 VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (community_id, slot, currency, source) DO UPDATE"
        " SET gross = takings_v1.gross + excluded.gross,"
        " refunded = takings_v1.refunded + excluded.refunded",
        [(*till, gross[till], refunded[till]) for till in sorted(gross.keys() | refunded.keys())],
    )


TAKINGS = Projection(
    name="takings",
    version=1,
    ddl="""
        CREATE TABLE takings_v1 (
            community_id uuid NOT NULL,
            currency text NOT NULL,
            source text NOT NULL,
            slot timestamptz NOT NULL,
            gross bigint NOT NULL,
            refunded bigint NOT NULL,
            PRIMARY KEY (community_id, slot, currency, source)
        )
    """,
    tables=("takings_v1",),
    facts=(PaymentSucceeded, RefundIssued),
    apply=apply,
)


class Taking(BaseModel):
    """One month of one source; a refund counts in the month it was given."""

    month: date
    source: ChargedFor
    gross: MoneyValue
    refunded: MoneyValue
    net: MoneyValue


async def takings_of(
    connection: Any, communities: Collection[UUID], window: Window
) -> list[Taking]:
    rows = await connection.fetch(
        "SELECT date_trunc('month', slot AT TIME ZONE $4)::date AS month, currency, source,"
        " sum(gross)::bigint AS gross, sum(refunded)::bigint AS refunded FROM takings_v1"
        " WHERE community_id = ANY ($1) AND slot >= $2 AND slot < $3"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        list(communities), window.start, window.end, window.time_zone,
    )  # fmt: skip
    return [
        Taking(
            month=row["month"],
            source=row["source"],
            gross=MoneyValue(minor=row["gross"], currency=row["currency"]),
            refunded=MoneyValue(minor=row["refunded"], currency=row["currency"]),
            net=MoneyValue(minor=row["gross"] - row["refunded"], currency=row["currency"]),
        )
        for row in rows
    ]
