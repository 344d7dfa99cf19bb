"""What is for sale, and what for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.billing.offer import events
from services.billing.offer.events import Interval
from shared.contracts.membership_tier import TierDefined, TierRetired
from shared.event_store import Fact
from shared.ids import PLATFORM, Label
from shared.money import Money
from shared.projection import Projection


@dataclass(frozen=True, slots=True)
class Listed:
    """`sellable` once the tier it grants has been heard of, until either is retired."""

    offer_id: UUID
    name: Label
    tier_id: UUID | None
    price: Money
    interval: Interval
    trial_days: int
    sellable: bool


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.OfferPublished(name, price, interval, trial_days, tier_id):
                await connection.execute(
                    "INSERT INTO offers_v1 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                    fact.stream_id, fact.community_id, name, tier_id,
                    price.minor, price.currency, interval, trial_days,
                )  # fmt: skip
            case events.OfferRetired():
                await connection.execute(
                    "UPDATE offers_v1 SET retired = true WHERE offer_id = $1", fact.stream_id
                )
            case TierDefined(tier_id=tier_id):
                await connection.execute(
                    "INSERT INTO offers_v1_tiers VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    tier_id, fact.community_id,
                )  # fmt: skip
            case TierRetired(tier_id=tier_id):
                await connection.execute(
                    "UPDATE offers_v1_tiers SET retired = true WHERE tier_id = $1", tier_id
                )


OFFERS = Projection(
    name="offers",
    version=1,
    ddl="""
        CREATE TABLE offers_v1 (
            offer_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            name text NOT NULL,
            tier_id uuid,
            price_minor bigint NOT NULL,
            currency text NOT NULL,
            per text NOT NULL,
            trial_days int NOT NULL,
            retired boolean NOT NULL DEFAULT false
        );
        CREATE INDEX offers_v1_list ON offers_v1 (community_id, offer_id);
        CREATE TABLE offers_v1_tiers (
            tier_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            retired boolean NOT NULL DEFAULT false
        );
    """,
    tables=("offers_v1", "offers_v1_tiers"),
    facts=(events.OfferPublished, events.OfferRetired, TierDefined, TierRetired),
    apply=apply,
)

_OFFERS = """
    SELECT o.*, NOT o.retired AND (o.tier_id IS NULL OR coalesce(NOT t.retired, false)) AS sellable
    FROM offers_v1 o LEFT JOIN offers_v1_tiers t USING (tier_id)
"""


async def offers_among(connection: Any, offer_ids: Collection[UUID]) -> dict[UUID, Listed]:
    """Those of the ids that are known here."""
    rows = await connection.fetch(f"{_OFFERS} WHERE o.offer_id = ANY ($1)", list(offer_ids))
    return {row["offer_id"]: _listed(row) for row in rows}


async def offers_after(connection: Any, after: UUID | None, limit: int) -> list[Listed]:
    """All of the community that were not retired, in a stable order."""
    rows = await connection.fetch(
        f"{_OFFERS} WHERE o.offer_id > $1 AND NOT o.retired ORDER BY o.offer_id LIMIT $2",
        after or PLATFORM, limit,
    )  # fmt: skip
    return [_listed(row) for row in rows]


def _listed(row: Any) -> Listed:
    return Listed(
        row["offer_id"], row["name"], row["tier_id"], Money(row["price_minor"], row["currency"]),
        row["per"], row["trial_days"], row["sellable"],
    )  # fmt: skip
