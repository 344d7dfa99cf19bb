"""Every movement of money, one row for each thing it was charged for: what a bookkeeper books."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.billing.payment import events
from shared.event_store import Fact
from shared.ids import Code
from shared.money import Money
from shared.projection import Projection

Kind = Literal["payment", "refund", "dispute", "surplus"]

Moved = (
    events.PaymentSucceeded
    | events.RefundIssued
    | events.DisputeClosed
    | events.CollectedAgain
    | events.SurplusReturned
)


@dataclass(frozen=True, slots=True)
class Entry:
    """`amount` is negative where money went back; `processor` is its id of the movement, or `by_hand`.

    A `surplus` came once too often, and goes back as one.
    """

    position: int
    line: int
    at: datetime
    kind: Kind
    payment_id: UUID
    person_id: UUID
    charged_for: events.ChargedFor
    amount: Money
    processor: Code
    refund_id: UUID | None


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    await connection.executemany(
        "INSERT INTO ledger_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        [row for fact in facts for row in _rows(fact)],
    )


def _rows(fact: Fact) -> Iterator[tuple[object, ...]]:
    kind, person_id, lines, processor, refund_id = _movement(fact.body)
    sign = 1 if isinstance(fact.body, events.PaymentSucceeded | events.CollectedAgain) else -1
    for number, line in enumerate(lines):
        yield (
            fact.position, number, fact.community_id, fact.at, kind, fact.stream_id, person_id,
            line.charged_for, sign * line.amount.minor, line.amount.currency, processor, refund_id,
        )  # fmt: skip


def _movement(
    body: Moved,
) -> tuple[Kind, UUID, Sequence[events.MoneyLine], Code, UUID | None]:
    match body:
        case events.PaymentSucceeded(charge, intent=intent):
            return "payment", charge.person_id, charge.lines, intent, None
        case events.RefundIssued() as back:
            return "refund", back.person_id, back.lines, back.refund, back.refund_id
        case events.DisputeClosed() as closed:
            return "dispute", closed.charge.person_id, closed.lost, closed.dispute, None
        case events.CollectedAgain(_, charge, amount, intent):
            return "surplus", charge.person_id, _shares(charge, amount), intent, None
        case events.SurplusReturned(refund_id, charge, amount, refund):
            return "surplus", charge.person_id, _shares(charge, amount), refund, refund_id


def _shares(charge: events.Charge, amount: Money) -> Sequence[events.MoneyLine]:
    """What was collected once more, by what it had been charged for."""
    parts = amount.split([line.amount.minor for line in charge.lines])
    pairs = zip(charge.lines, parts, strict=True)
    return [events.MoneyLine(line.charged_for, part) for line, part in pairs]


LEDGER = Projection(
    name="ledger",
    version=1,
    ddl="""
        CREATE TABLE ledger_v1 (
            position bigint NOT NULL,
            line int NOT NULL,
            community_id uuid NOT NULL,
            at timestamptz NOT NULL,
            kind text NOT NULL,
            payment_id uuid NOT NULL,
            person_id uuid NOT NULL,
            charged_for text NOT NULL,
            amount_minor bigint NOT NULL,
            currency text NOT NULL,
            processor text NOT NULL,
            refund_id uuid,
            PRIMARY KEY (position, line)
        );
        CREATE INDEX ledger_v1_list ON ledger_v1 (community_id, at, position, line);
    """,
    tables=("ledger_v1",),
    facts=(
        events.PaymentSucceeded,
        events.RefundIssued,
        events.DisputeClosed,
        events.CollectedAgain,
        events.SurplusReturned,
    ),
    apply=apply,
)


@dataclass(frozen=True, slots=True)
class Window:
    """From one moment up to another, or without an end."""

    since: datetime | None
    before: datetime | None


async def entries_after(
    connection: Any,
    community_id: UUID,
    last: Entry | None,
    limit: int,
    kind: Kind | None,
    of: Window,
) -> list[Entry]:
    """The next movements, the oldest first."""
    place = (last.at, last.position, last.line) if last else (None, None, None)
    rows = await connection.fetch(
        "SELECT * FROM ledger_v1 WHERE community_id = $1 AND ($2::text IS NULL OR kind = $2)"
        " AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)"
        " AND ($5::timestamptz IS NULL OR (at, position, line) > ($5, $6::bigint, $7::int))"
        " ORDER BY at, position, line LIMIT $8",
        community_id, kind, of.since, of.before, *place, limit,
    )  # fmt: skip
    return [
        Entry(
            row["position"], row["line"], row["at"], row["kind"], row["payment_id"], row["person_id"],
            row["charged_for"], Money(row["amount_minor"], row["currency"]), row["processor"],
            row["refund_id"],
        )
        for row in rows
    ]  # fmt: skip


async def unbalanced(connection: Any, before: datetime) -> int:
    """How many payments of all communities that came before then are not in the ledger with what they kept."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM payments_v2 LEFT JOIN (SELECT payment_id, sum(amount_minor) AS kept"
        " FROM ledger_v1 WHERE kind IN ('payment', 'refund') GROUP BY payment_id) AS booked USING (payment_id)"
        " WHERE state = 'succeeded' AND at < $1 AND coalesce(kept, 0) <> amount_minor - refunded_minor",
        before,
    )
    return count
