"""The tiers of a community, as its page lists them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.membership.tier import events
from shared.event_store import Fact
from shared.projection import Projection

DDL = """
CREATE TABLE tiers_v1 (
    tier_id      uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    name         text        NOT NULL,
    paid         boolean     NOT NULL,
    defined_at   timestamptz NOT NULL,
    retired_at   timestamptz
);
CREATE INDEX tiers_v1_community ON tiers_v1 (community_id, defined_at);
"""


@dataclass(frozen=True, slots=True)
class Tier:
    tier_id: events.TierId
    name: str
    paid: bool
    retired: bool


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.TierDefined(name, paid):
                await connection.execute(
                    "INSERT INTO tiers_v1 VALUES ($1, $2, $3, $4, $5)",
                    fact.stream_id,
                    fact.community_id,
                    name,
                    paid,
                    fact.at,
                )
            case events.TierRetired():
                await connection.execute(
                    "UPDATE tiers_v1 SET retired_at = $2 WHERE tier_id = $1",
                    fact.stream_id,
                    fact.at,
                )


TIERS = Projection(
    name="tiers",
    version=1,
    ddl=DDL,
    tables=("tiers_v1",),
    facts=(events.TierDefined, events.TierRetired),
    apply=apply,
)


async def tiers_of(connection: Any, community_id: UUID) -> list[Tier]:
    """Every tier of the community, oldest first, the retired ones too."""
    rows = await connection.fetch(
        "SELECT tier_id, name, paid, retired_at IS NOT NULL AS retired FROM tiers_v1"
        " WHERE community_id = $1 ORDER BY defined_at, tier_id",
        community_id,
    )
    return [Tier(**row) for row in rows]


async def tier_exists(connection: Any, tier_id: UUID) -> bool:
    """Whether the community the connection is scoped to has this tier."""
    return bool(
        await connection.fetchval(
            "SELECT EXISTS (SELECT FROM tiers_v1 WHERE tier_id = $1)", tier_id
        )
    )


async def tier_name(connection: Any, tier_id: UUID | None) -> str | None:
    """What the organiser calls it; the connection sees it or there is no such tier."""
    name: str | None = await connection.fetchval(
        "SELECT name FROM tiers_v1 WHERE tier_id = $1", tier_id
    )
    return name


async def free_tiers_of(connection: Any, community_id: UUID) -> tuple[events.TierId, ...]:
    """What everybody who joins now may enter."""
    tiers = await tiers_of(connection, community_id)
    return tuple(tier.tier_id for tier in tiers if not tier.paid and not tier.retired)
