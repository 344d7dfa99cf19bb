"""Which steps a community has taken, by the things that took them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.membership.chat_server.events import ChatServerConnected, ChatServerDisconnected
from services.membership.document.events import DocumentPublished
from services.membership.presets import Step, step_of
from services.membership.tier.events import TierDefined, TierRetired
from shared.contracts.billing_merchant import MerchantConnected
from shared.contracts.billing_offer import OfferPublished, OfferRetired
from shared.contracts.events_gathering import GatheringCancelled, GatheringPublished
from shared.event_store import Fact
from shared.projection import Projection

DDL = """
CREATE TABLE setup_v2 (
    thing_id     uuid        PRIMARY KEY,
    community_id uuid        NOT NULL,
    step         text        NOT NULL,
    taken_at     timestamptz NOT NULL
);
CREATE INDEX setup_v2_community ON setup_v2 (community_id, step, taken_at);
"""

TAKEN = (
    TierDefined,
    OfferPublished,
    GatheringPublished,
    MerchantConnected,
    ChatServerConnected,
    DocumentPublished,
)
UNDONE = (TierRetired, OfferRetired, GatheringCancelled, ChatServerDisconnected)


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        step = step_of(fact.body)
        if isinstance(fact.body, UNDONE):
            await connection.execute("DELETE FROM setup_v2 WHERE thing_id = $1", fact.stream_id)
        elif step is not None:
            await connection.execute(
                "INSERT INTO setup_v2 VALUES ($1, $2, $3, $4) ON CONFLICT (thing_id) DO NOTHING",
                fact.stream_id,
                fact.community_id,
                step,
                fact.at,
            )


SETUP = Projection(
    name="setup", version=2, ddl=DDL, tables=("setup_v2",), facts=TAKEN + UNDONE, apply=apply
)


async def taken_by(connection: Any, community_id: UUID) -> dict[Step, tuple[datetime, UUID]]:
    """Each step that is taken: since when, and by which thing that is still there."""
    rows = await connection.fetch(
        "SELECT DISTINCT ON (step) step, taken_at, thing_id FROM setup_v2"
        " WHERE community_id = $1 ORDER BY step, taken_at, thing_id",
        community_id,
    )
    return {row["step"]: (row["taken_at"], row["thing_id"]) for row in rows}


async def has_prices(connection: Any, community_id: UUID) -> bool:
    """Whether an offer was ever published in the community, or a gathering with a price is."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM offers_heard_v1 WHERE community_id = $1) OR EXISTS"
        " (SELECT FROM setup_v2 WHERE community_id = $1 AND step = 'priced_gathering')",
        community_id,
    )
    return found
