"""Price rises, and how far each has come with whom."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.price_rise import events
from services.billing.subscription.events import (
    PriceRiseAccepted,
    PriceRiseAnnounced,
    PriceRiseApplied,
    PriceRiseDropped,
    Rise,
    RiseDropReason,
)
from shared.event_store import Fact
from shared.projection import Projection

State = Literal["chosen", "told", "agreed", "moved", "dropped"]

DDL = """
CREATE TABLE price_rises_v1 (
    rise_id       uuid        PRIMARY KEY,
    community_id  uuid        NOT NULL,
    rise          text        NOT NULL,
    whom          text        NOT NULL,
    subscriptions int         NOT NULL,
    started_at    timestamptz NOT NULL,
    cancelled_at  timestamptz
);
CREATE INDEX price_rises_v1_newest ON price_rises_v1 (community_id, started_at DESC, rise_id DESC);
CREATE TABLE price_rises_v1_of (
    rise_id         uuid NOT NULL,
    subscription_id uuid NOT NULL,
    community_id    uuid NOT NULL,
    state           text NOT NULL,
    reason          text,
    PRIMARY KEY (rise_id, subscription_id)
);
"""

_RISE = TypeAdapter(Rise)
_WHOM = TypeAdapter(events.Whom)
_STATES: dict[type, State] = {PriceRiseAccepted: "agreed", PriceRiseApplied: "moved"}


@dataclass(frozen=True, slots=True)
class Started:
    rise: Rise
    whom: events.Whom
    subscriptions: int
    started_at: datetime
    cancelled_at: datetime | None


class Progress(NamedTuple):
    """So many subscriptions are that far; of those dropped, for one reason."""

    state: State
    reason: RiseDropReason | None
    subscriptions: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.PriceRiseStarted(rise, whom, subscriptions):
                await connection.execute(
                    "INSERT INTO price_rises_v1 VALUES ($1, $2, $3, $4, $5, $6)",
                    fact.stream_id, fact.community_id, _RISE.dump_json(rise).decode(),
                    _WHOM.dump_json(whom).decode(), subscriptions, fact.at,
                )  # fmt: skip
            case events.SubscribersChosen(_, subscriptions):
                await connection.execute(
                    "INSERT INTO price_rises_v1_of SELECT $1, unnest($2::uuid[]), $3, 'chosen'"
                    " ON CONFLICT DO NOTHING",
                    fact.stream_id, list(subscriptions), fact.community_id,
                )  # fmt: skip
            case events.PriceRiseCancelled():
                await connection.execute(
                    "UPDATE price_rises_v1 SET cancelled_at = $2 WHERE rise_id = $1",
                    fact.stream_id, fact.at,
                )  # fmt: skip
            case PriceRiseAnnounced(rise=rise):
                await _become(connection, fact, rise.rise_id, "told")
            case PriceRiseDropped(rise_id=rise_id, reason=reason):
                await _become(connection, fact, rise_id, "dropped", reason)
            case _:
                await _become(connection, fact, fact.body.rise_id, _STATES[type(fact.body)])


async def _become(
    connection: Any, fact: Fact, rise_id: UUID, state: State, reason: RiseDropReason | None = None
) -> None:
    """Facts of a subscription may be read before that it was chosen."""
    await connection.execute(
        "INSERT INTO price_rises_v1_of VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (rise_id, subscription_id) DO UPDATE SET state = excluded.state, reason = excluded.reason",
        rise_id, fact.stream_id, fact.community_id, state, reason,
    )  # fmt: skip


PRICE_RISES = Projection(
    name="price_rises",
    version=1,
    ddl=DDL,
    tables=("price_rises_v1", "price_rises_v1_of"),
    facts=(
        events.PriceRiseStarted,
        events.SubscribersChosen,
        events.PriceRiseCancelled,
        PriceRiseAnnounced,
        PriceRiseAccepted,
        PriceRiseApplied,
        PriceRiseDropped,
    ),
    apply=apply,
)


async def price_rises_of(
    connection: Any, community_id: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[Started]:
    """A page of a community's, the newest first."""
    started_at, rise_id = before or (None, None)
    rows = await connection.fetch(
        "SELECT * FROM price_rises_v1 WHERE community_id = $1"
        " AND ($2::timestamptz IS NULL OR (started_at, rise_id) < ($2, $3::uuid))"
        " ORDER BY started_at DESC, rise_id DESC LIMIT $4",
        community_id, started_at, rise_id, limit,
    )  # fmt: skip
    return [_started(row) for row in rows]


async def price_rise_of(connection: Any, rise_id: UUID) -> Started | None:
    """One, if the community the connection is scoped to has it."""
    row = await connection.fetchrow("SELECT * FROM price_rises_v1 WHERE rise_id = $1", rise_id)
    return _started(row) if row else None


async def progress_of(connection: Any, rise_ids: Collection[UUID]) -> dict[UUID, list[Progress]]:
    """How far the subscriptions of each are."""
    rows = await connection.fetch(
        "SELECT rise_id, state, reason, count(*) AS many FROM price_rises_v1_of"
        " WHERE rise_id = ANY ($1) GROUP BY rise_id, state, reason ORDER BY state, reason",
        list(rise_ids),
    )
    found: dict[UUID, list[Progress]] = {rise_id: [] for rise_id in rise_ids}
    for row in rows:
        found[row["rise_id"]].append(Progress(row["state"], row["reason"], row["many"]))
    return found


def _started(row: Any) -> Started:
    return Started(
        _RISE.validate_json(row["rise"]), _WHOM.validate_json(row["whom"]), row["subscriptions"],
        row["started_at"], row["cancelled_at"],
    )  # fmt: skip
