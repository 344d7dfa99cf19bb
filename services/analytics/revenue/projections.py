"""What was taken and given back, by what it was for."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from services.analytics.community.projections import quarter_hour
from services.analytics.days import Window
from shared.contracts.billing_dispute import DisputeClosed
from shared.contracts.billing_payment import MoneyLine, PaymentSucceeded, RefundIssued
from shared.contracts.contract import ChargedFor, MoneyValue
from shared.event_store import Fact
from shared.projection import Projection


class Till(NamedTuple):
    """Where money adds up."""

    community_id: UUID
    currency: str
    source: ChargedFor
    slot: datetime


class Sums(NamedTuple):
    """Amounts by till; lost is what banks took back in disputes."""

    gross: Counter[Till]
    refunded: Counter[Till]
    lost: Counter[Till]


def sums(facts: Iterable[Fact]) -> Sums:
    """What the facts add up to."""
    found = Sums(Counter(), Counter(), Counter())
    for fact in facts:
        body: PaymentSucceeded | RefundIssued | DisputeClosed = fact.body
        slot = quarter_hour(fact.at)
        side, lines = _side(found, body)
        for line in lines:
            till = Till(fact.community_id, line.amount.currency, line.charged_for, slot)
            side[till] += line.amount.minor
    return found


def _side(
    found: Sums, body: PaymentSucceeded | RefundIssued | DisputeClosed
) -> tuple[Counter[Till], Sequence[MoneyLine]]:
    match body:
        case PaymentSucceeded(lines=lines):
            return found.gross, lines
        case RefundIssued(lines=lines):
            return found.refunded, lines
        case DisputeClosed(lost=lines):
            return found.lost, lines


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    gross, refunded, lost = sums(facts)
    tills = gross.keys() | refunded.keys() | lost.keys()
    await connection.executemany(
        "INSERT INTO takings_v2 VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (community_id, slot, currency, source) DO UPDATE"
        " SET gross = takings_v2.gross + excluded.gross,"
        " refunded = takings_v2.refunded + excluded.refunded, lost = takings_v2.lost + excluded.lost",
        [(*till, gross[till], refunded[till], lost[till]) for till in sorted(tills)],
    )


TAKINGS = Projection(
    name="takings",
    version=2,
    ddl="""
        CREATE TABLE takings_v2 (
            community_id uuid NOT NULL,
            currency text NOT NULL,
            source text NOT NULL,
            slot timestamptz NOT NULL,
            gross bigint NOT NULL,
            refunded bigint NOT NULL,
            lost bigint NOT NULL,
            PRIMARY KEY (community_id, slot, currency, source)
        )
    """,
    tables=("takings_v2",),
    facts=(PaymentSucceeded, RefundIssued, DisputeClosed),
    apply=apply,
)


class Taking(BaseModel):
    """One month of one source; a refund counts in the month it was given, a lost dispute in that of its end."""

    month: date
    source: ChargedFor
    gross: MoneyValue
    refunded: MoneyValue
    lost: MoneyValue
    net: MoneyValue


async def takings_of(
    connection: Any, communities: Collection[UUID], window: Window
) -> list[Taking]:
    rows = await connection.fetch(
        "SELECT date_trunc('month', slot AT TIME ZONE $4)::date AS month, currency, source,"
        " sum(gross)::bigint AS gross, sum(refunded)::bigint AS refunded, sum(lost)::bigint AS lost"
        " FROM takings_v2"
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
            lost=MoneyValue(minor=row["lost"], currency=row["currency"]),
            net=MoneyValue(
                minor=row["gross"] - row["refunded"] - row["lost"], currency=row["currency"]
            ),
        )
        for row in rows
    ]
