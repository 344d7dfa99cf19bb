"""What every figure needs to know of its community: its zone, its currency, and whether it is a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.contracts.membership_community import CommunityCreated
from shared.contracts.membership_description import CommunityDescribed
from shared.decider import NotFound
from shared.event_store import Fact
from shared.projection import Projection


def quarter_hour(at: datetime) -> datetime:
    """When the quarter of an hour began: days begin with one in every zone, so sums by it serve all."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Community:
    community_id: UUID
    time_zone: str
    currency: str
    mode: Literal["live", "test"]


_CREATED = "INSERT INTO communities_v1 VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING"
_DESCRIBED = (
    "INSERT INTO communities_v1 VALUES ($1, $2, $3, $4)"
    " ON CONFLICT (community_id) DO UPDATE"
    " SET (time_zone, currency) = (excluded.time_zone, excluded.currency)"
)


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    """Of the two the later says more, whichever is heard first."""
    for fact in facts:
        is_later = isinstance(fact.body, CommunityDescribed)
        await connection.execute(
            _DESCRIBED if is_later else _CREATED,
            fact.community_id, fact.body.time_zone, fact.body.currency, fact.body.mode,
        )  # fmt: skip


COMMUNITIES = Projection(
    name="communities",
    version=1,
    ddl="""
        CREATE TABLE communities_v1 (
            community_id uuid PRIMARY KEY,
            time_zone text NOT NULL,
            currency text NOT NULL,
            mode text NOT NULL
        )
    """,
    tables=("communities_v1",),
    facts=(CommunityCreated, CommunityDescribed),
    apply=apply,
)


async def community_of(connection: Any, community_id: UUID) -> Community:
    """The community, NotFound when it is unknown or another than the connection may see."""
    row = await connection.fetchrow(
        "SELECT community_id, time_zone, currency, mode FROM communities_v1 WHERE community_id = $1",
        community_id,
    )
    if row is None:
        raise NotFound("community_not_found", "There is no such community.")
    return Community(*row)


async def live_communities(connection: Any) -> list[UUID]:
    """All that count in the platform's figures: tests do not."""
    rows = await connection.fetch("SELECT community_id FROM communities_v1 WHERE mode = 'live'")
    return [row["community_id"] for row in rows]
