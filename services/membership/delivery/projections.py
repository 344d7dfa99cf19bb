"""What a community's tools may be told, what staff asked to be sent, and the log of deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.membership.delivery import events
from services.membership.delivery.decider import QueueKind
from services.membership.gateways.gateway import Failure
from shared.contracts.catalogue import catalogue
from shared.decider import NotFound
from shared.event_store import Fact
from shared.ids import PLATFORM
from shared.projection import Projection

Status = Literal["delivered", "retrying", "failed"]

UNTOLD = (".message.v1", ".bundle.v1", ".bundle_part.v1", ".feedback.v1")
TOLD = tuple(contract for contract in catalogue() if not contract.topic.endswith(UNTOLD))
"""What happens in a community. What somebody is written or given is theirs: a link in it opens what is.

What is said of a delivery is told by itself to nobody: the moment would tell whose it is.
"""

TYPES = {contract.type(): contract for contract in TOLD}

FEED_DDL = """
CREATE TABLE webhook_feed_v2 (
    community_id uuid        NOT NULL,
    position     bigint      NOT NULL,
    event_id     uuid        NOT NULL,
    type         text        COLLATE "C" NOT NULL,
    heard_at     timestamptz NOT NULL,
    PRIMARY KEY (community_id, position)
);
CREATE INDEX webhook_feed_v2_heard ON webhook_feed_v2 (community_id, heard_at);
"""


async def apply_feed(connection: Any, facts: Sequence[Fact]) -> None:
    await connection.executemany(
        "INSERT INTO webhook_feed_v2 VALUES ($1, $2, $3, $4, $5)",
        [
            (fact.community_id, fact.position, fact.event_id, fact.type, fact.recorded_at)
            for fact in facts
            if fact.community_id != PLATFORM
        ],
    )
    # Whoever delivers looked when the facts were announced, before they stood here.
    await connection.execute("SELECT pg_notify(current_schema(), '')")


FEED = Projection(
    name="webhook_feed",
    version=2,
    ddl=FEED_DDL,
    tables=("webhook_feed_v2",),
    facts=TOLD,
    apply=apply_feed,
    parks=False,  # What is parked would be overtaken.
)
"""What endpoints are told, membership's own among it, by community and in the order of the inbox."""

ERRANDS_DDL = """
CREATE TABLE webhook_errands_v1 (
    errand_id    uuid        PRIMARY KEY,
    endpoint_id  uuid        NOT NULL,
    community_id uuid        NOT NULL,
    kind         text        NOT NULL,
    first        bigint      NOT NULL,
    last         bigint      NOT NULL,
    asked_at     timestamptz NOT NULL
);
CREATE INDEX webhook_errands_v1_asked ON webhook_errands_v1 (asked_at);
"""


async def apply_errands(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.ReplayAsked(endpoint_id, first, last):
                errand = endpoint_id, "replay", first, last
            case events.PingAsked(endpoint_id):
                errand = endpoint_id, "ping", 1, 1
        await connection.execute(
            "INSERT INTO webhook_errands_v1 VALUES ($1, $3, $2, $4, $5, $6, $7)",
            fact.stream_id,
            fact.community_id,
            *errand,
            fact.recorded_at,
        )


ERRANDS = Projection(
    name="webhook_errands",
    version=1,
    ddl=ERRANDS_DDL,
    tables=("webhook_errands_v1",),
    facts=(events.PingAsked, events.ReplayAsked),
    apply=apply_errands,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint; a replay of it is another delivery under the same `event_id`.

    `code` is the last answer's, `failure` says why it was not taken, `excerpt` how the answer began.
    """

    delivery_id: UUID
    kind: QueueKind
    event_id: UUID
    type: str
    status: Status
    attempts: int
    code: int | None
    failure: Failure | None
    duration_ms: int
    excerpt: str | None
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """Places in the inbox, and how many events of the community lie between."""

    first: int | None
    last: int | None
    count: int


_COLUMNS = ", ".join(Delivery.__dataclass_fields__)


async def deliveries_to(
    connection: Any, endpoint_id: UUID, *, status: str | None, before: int | None, limit: int
) -> list[tuple[int, Delivery]]:
    """The newest deliveries before a number, each with its own."""
    rows = await connection.fetch(
        f"SELECT number, {_COLUMNS} FROM webhook_deliveries WHERE endpoint_id = $1"  # noqa: S608  Names of our own.
        " AND ($2::text IS NULL OR status = $2) AND ($3::bigint IS NULL OR number < $3)"
        " ORDER BY number DESC LIMIT $4",
        endpoint_id,
        status,
        before,
        limit,
    )
    return [(number, Delivery(*values)) for number, *values in map(tuple, rows)]


async def stretch_of(
    connection: Any, endpoint_id: UUID, delivery_id: UUID, types: Sequence[str]
) -> Stretch:
    """Where the event of a delivery stands, empty when its type is none of `types`; NotFound for no such delivery."""
    row = await connection.fetchrow(
        "SELECT position, type FROM webhook_deliveries WHERE endpoint_id = $1 AND delivery_id = $2",
        endpoint_id,
        delivery_id,
    )
    if row is None:
        raise NotFound("delivery_not_found", "There is no such delivery.")
    is_chosen = row["type"] in TYPES and (not types or row["type"] in types)
    is_heard = row["position"] is not None and is_chosen
    return Stretch(row["position"], row["position"], int(is_heard))


async def heard_between(
    connection: Any, community_id: UUID, since: datetime, until: datetime
) -> Stretch:
    """What was heard of the community from `since` up to but not at `until`, by real time."""
    row = await connection.fetchrow(
        "SELECT min(position) AS first, max(position) AS last, count(*) AS count FROM webhook_feed_v2"
        " WHERE community_id = $1 AND heard_at >= $2 AND heard_at < $3",
        community_id,
        since,
        until,
    )
    return Stretch(**row)


async def stuck_at(connection: Any, endpoint_id: UUID) -> int | None:
    """Where the last event stands that the endpoint has not taken in its turn."""
    place: int | None = await connection.fetchval(
        "SELECT max(position) FROM webhook_deliveries"
        " WHERE endpoint_id = $1 AND kind = 'live' AND status <> 'delivered'",
        endpoint_id,
    )
    return place
