"""What each reconciliation compared, how much money it saw on each side, and what differed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.comparison import Drift, Page
from services.billing.reconciliation import events
from shared.event_store import Fact
from shared.ids import Code
from shared.money import Money
from shared.projection import Projection

State = Literal["comparing", "compared", "failed"]

_DRIFT = TypeAdapter(Drift)

DDL = """
CREATE TABLE reconciliations_v2 (
    reconciliation_id uuid        PRIMARY KEY,
    community_id      uuid        NOT NULL,
    account           text        NOT NULL,
    starts_at         timestamptz NOT NULL,
    ends_at           timestamptz NOT NULL,
    by_clock          boolean     NOT NULL,
    begun_at          timestamptz NOT NULL,
    state             text        NOT NULL DEFAULT 'comparing',
    code              text,
    compared          int         NOT NULL DEFAULT 0,
    strangers         int         NOT NULL DEFAULT 0,
    drifts            int         NOT NULL DEFAULT 0,
    settled           int         NOT NULL DEFAULT 0
);
CREATE INDEX reconciliations_v2_newest
    ON reconciliations_v2 (community_id, begun_at DESC, reconciliation_id DESC);
CREATE TABLE reconciliations_v2_sums (
    reconciliation_id uuid   NOT NULL,
    currency          text   NOT NULL,
    community_id      uuid   NOT NULL,
    there             bigint NOT NULL,
    here              bigint NOT NULL,
    PRIMARY KEY (reconciliation_id, currency)
);
CREATE TABLE reconciliations_v2_drifts (
    reconciliation_id uuid NOT NULL,
    payment_id        uuid NOT NULL,
    community_id      uuid NOT NULL,
    drift             text NOT NULL,
    settled_at        timestamptz,
    PRIMARY KEY (reconciliation_id, payment_id)
);
"""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`code` is why it failed, if it did; of the `drifts` some are `settled` by now."""

    reconciliation_id: UUID
    account: Code
    starts_at: datetime
    ends_at: datetime
    by_clock: bool
    begun_at: datetime
    state: State
    code: Code | None
    compared: int
    strangers: int
    drifts: int
    settled: int


@dataclass(frozen=True, slots=True)
class Sums:
    there: Money
    here: Money


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ReconciliationBegun(account, start, end, by_clock):
                await connection.execute(
                    "INSERT INTO reconciliations_v2 VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    fact.stream_id, fact.community_id, account, start, end, by_clock, fact.at,
                )  # fmt: skip
            case events.PageCompared(page=page):
                await _compared(connection, fact, page)
            case events.DriftFound() | events.DriftSettled():
                await _drifted(connection, fact)
            case body:
                code = body.code if isinstance(body, events.ReconciliationFailed) else None
                await connection.execute(
                    "UPDATE reconciliations_v2 SET state = $2, code = $3 WHERE reconciliation_id = $1",
                    fact.stream_id, "failed" if code else "compared", code,
                )  # fmt: skip


async def _drifted(connection: Any, fact: Fact) -> None:
    if isinstance(fact.body, events.DriftFound):
        drift, counted = fact.body.drift, "drifts"
        await connection.execute(
            "INSERT INTO reconciliations_v2_drifts VALUES ($1, $2, $3, $4)",
            fact.stream_id, drift.payment_id, fact.community_id, _DRIFT.dump_json(drift).decode(),
        )  # fmt: skip
    else:
        counted = "settled"
        await connection.execute(
            "UPDATE reconciliations_v2_drifts SET settled_at = $3"
            " WHERE (reconciliation_id, payment_id) = ($1, $2)",
            fact.stream_id, fact.body.payment_id, fact.at,
        )  # fmt: skip
    await connection.execute(
        f"UPDATE reconciliations_v2 SET {counted} = {counted} + 1 WHERE reconciliation_id = $1",  # noqa: S608  One of two.
        fact.stream_id,
    )


async def _compared(connection: Any, fact: Fact, page: Page) -> None:
    await connection.execute(
        "UPDATE reconciliations_v2 SET compared = compared + $2, strangers = strangers + $3"
        " WHERE reconciliation_id = $1",
        fact.stream_id, page.compared, page.strangers,
    )  # fmt: skip
    sums = [(one, one.minor, 0) for one in page.there] + [(one, 0, one.minor) for one in page.here]
    await connection.executemany(
        "INSERT INTO reconciliations_v2_sums VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (reconciliation_id, currency) DO UPDATE"
        " SET there = reconciliations_v2_sums.there + excluded.there,"
        " here = reconciliations_v2_sums.here + excluded.here",
        [
            (fact.stream_id, one.currency, fact.community_id, there, here)
            for one, there, here in sums
        ],
    )


RECONCILIATIONS = Projection(
    name="reconciliations",
    version=2,
    ddl=DDL,
    tables=("reconciliations_v2", "reconciliations_v2_sums", "reconciliations_v2_drifts"),
    facts=(
        events.ReconciliationBegun,
        events.PageCompared,
        events.DriftFound,
        events.DriftSettled,
        events.ReconciliationEnded,
        events.ReconciliationFailed,
    ),
    apply=apply,
)

COLUMNS = (
    "reconciliation_id, account, starts_at, ends_at, by_clock, begun_at, state, code, compared, strangers,"
    " drifts, settled"
)


async def reconciliations_before(
    connection: Any, community_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[Reconciled]:
    """A page of a community's, the newest first."""
    begun_at, reconciliation_id = before or (None, None)
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM reconciliations_v2 WHERE community_id = $1"  # noqa: S608  Constants.
        " AND ($2::timestamptz IS NULL OR (begun_at, reconciliation_id) < ($2, $3::uuid))"
        " ORDER BY begun_at DESC, reconciliation_id DESC LIMIT $4",
        community_id, begun_at, reconciliation_id, limit,
    )  # fmt: skip
    return [Reconciled(*row) for row in rows]


async def reconciliation_by_id(connection: Any, reconciliation_id: UUID) -> Reconciled | None:
    """One, if the community the connection is scoped to has it."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM reconciliations_v2 WHERE reconciliation_id = $1",  # noqa: S608  Constants.
        reconciliation_id,
    )
    return Reconciled(*row) if row else None


async def sums_of(connection: Any, reconciliation_id: UUID) -> list[Sums]:
    """What is kept on each side, currency by currency."""
    rows = await connection.fetch(
        "SELECT currency, there, here FROM reconciliations_v2_sums"
        " WHERE reconciliation_id = $1 ORDER BY currency",
        reconciliation_id,
    )
    return [Sums(Money(there, currency), Money(here, currency)) for currency, there, here in rows]


async def drifts_of(
    connection: Any, reconciliation_id: UUID
) -> list[tuple[Drift, datetime | None]]:
    """What differed, and when it was found to be the same again; no more than a reconciliation holds."""
    rows = await connection.fetch(
        "SELECT drift, settled_at FROM reconciliations_v2_drifts"
        " WHERE reconciliation_id = $1 ORDER BY payment_id",
        reconciliation_id,
    )
    return [(_DRIFT.validate_json(drift), settled_at) for drift, settled_at in rows]


async def drifts_standing(connection: Any, since: datetime, before: datetime) -> int:
    """How many payments of all communities have differed since a reconciliation begun in that time."""
    count: int = await connection.fetchval(
        "SELECT count(DISTINCT payment_id) FROM reconciliations_v2_drifts JOIN reconciliations_v2"
        " USING (reconciliation_id) WHERE settled_at IS NULL AND begun_at >= $1 AND begun_at < $2",
        since, before,
    )  # fmt: skip
    return count
