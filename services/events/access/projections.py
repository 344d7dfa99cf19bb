"""Which tiers there are, and who has them: heard of membership, from its first word on."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from services.events.gathering.events import TierId
from shared.contracts.membership_access import AccessGranted, AccessRevoked
from shared.contracts.membership_tier import TierDefined
from shared.event_store import Fact
from shared.projection import Projection

# A reason that ended stays, so that its beginning, heard late, does not bring it back.
_REASON = """
    INSERT INTO access_v1 VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (person_id, tier_id, reason_kind, reason_id) DO UPDATE
    SET live = excluded.live, at = excluded.at WHERE access_v1.at <= excluded.at
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case TierDefined(tier_id=tier_id):
                await connection.execute(
                    "INSERT INTO access_v1_tiers VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    tier_id, fact.community_id,
                )  # fmt: skip
            case AccessGranted() | AccessRevoked() as told:
                await connection.execute(
                    _REASON, told.person_id, told.tier_id, told.reason_kind, told.reason_id,
                    fact.community_id, isinstance(told, AccessGranted), fact.at,
                )  # fmt: skip


ACCESS = Projection(
    name="access",
    version=1,
    ddl="""
        CREATE TABLE access_v1 (
            person_id uuid NOT NULL,
            tier_id uuid NOT NULL,
            reason_kind text NOT NULL,
            reason_id uuid NOT NULL,
            community_id uuid NOT NULL,
            live boolean NOT NULL,
            at timestamptz NOT NULL,
            PRIMARY KEY (person_id, tier_id, reason_kind, reason_id)
        );
        CREATE TABLE access_v1_tiers (
            tier_id uuid PRIMARY KEY,
            community_id uuid NOT NULL
        );
    """,
    tables=("access_v1", "access_v1_tiers"),
    facts=(AccessGranted, AccessRevoked, TierDefined),
    apply=apply,
)


async def tiers_held(connection: Any, person_id: UUID) -> tuple[TierId, ...]:
    """Those that the person has for at least one reason that lives."""
    rows = await connection.fetch(
        "SELECT DISTINCT tier_id FROM access_v1 WHERE person_id = $1 AND live", person_id
    )
    return tuple(row["tier_id"] for row in rows)


async def tiers_among(connection: Any, tier_ids: Collection[UUID]) -> tuple[TierId, ...]:
    """Those of the ids that are tiers of the community."""
    rows = await connection.fetch(
        "SELECT tier_id FROM access_v1_tiers WHERE tier_id = ANY ($1)", list(tier_ids)
    )
    return tuple(row["tier_id"] for row in rows)
