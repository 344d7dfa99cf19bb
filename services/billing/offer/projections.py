"""What is for sale, and what for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.offer import events
from services.billing.offer.events import FixedYear, Interval, Price
from shared.contracts.billing_offer import OfferPrice
from shared.contracts.contract import MoneyValue
from shared.contracts.membership_content import ContentPublished, ContentWithdrawn
from shared.contracts.membership_tier import TierDefined, TierRetired
from shared.event_store import Fact
from shared.ids import PLATFORM, Label
from shared.projection import Projection

Kind = Literal["recurring", "one_off", "lifetime", "donation"]
Obstacle = Literal[
    "offer_retired", "tier_unknown", "tier_retired", "content_unknown", "content_withdrawn"
]

_PRICES = TypeAdapter(tuple[Price, ...])
_YEAR: TypeAdapter[FixedYear | None] = TypeAdapter(FixedYear | None)


@dataclass(frozen=True, slots=True)
class Listed:
    """Sellable once the tier and the content it grants have been heard of, until one of them ends.

    `tier_retired` and `content_withdrawn` are None of what nobody has heard of.
    """

    offer_id: UUID
    name: Label
    tier_id: UUID | None
    interval: Interval
    trial_days: int
    every: int
    donation: bool
    fewest: int
    most: int
    price_version: int
    prices: tuple[Price, ...]
    retired: bool = False
    tier_retired: bool | None = False
    content_withdrawn: bool | None = False
    content_id: UUID | None = None
    seats: bool = False
    year: FixedYear | None = None
    trial_needs_card: bool = True

    @property
    def kind(self) -> Kind:
        if self.donation:
            return "donation"
        if self.interval != "once":
            return "recurring"
        return "lifetime" if self.tier_id else "one_off"

    @property
    def obstacle(self) -> Obstacle | None:
        """Why it is not sold."""
        if self.retired:
            return "offer_retired"
        if self.tier_id and self.tier_retired is not False:
            return "tier_retired" if self.tier_retired else "tier_unknown"
        if self.content_id and self.content_withdrawn is not False:
            return "content_withdrawn" if self.content_withdrawn else "content_unknown"
        return None

    @property
    def sellable(self) -> bool:
        return self.obstacle is None

    @property
    def on_sale(self) -> "Listed":
        """The same for who has it, whatever has become of it."""
        return replace(self, retired=False, tier_retired=False, content_withdrawn=False)

    def price_in(self, currency: str | None) -> Price | None:
        """What it costs in a currency; the first of its prices where none is named."""
        of_currency = (p for p in self.prices if currency in (None, p.amount.currency))
        return next(of_currency, None)


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.OfferPublished() as offer:
                await _publish(connection, fact, offer)
            case events.OfferRepriced(version, prices):
                await connection.execute(
                    "UPDATE offers_v6 SET price_version = $2, prices = $3 WHERE offer_id = $1",
                    fact.stream_id, version, _PRICES.dump_json(prices).decode(),
                )  # fmt: skip
            case events.OfferRetired():
                await connection.execute(
                    "UPDATE offers_v6 SET retired = true WHERE offer_id = $1", fact.stream_id
                )
            case TierDefined(tier_id=tier_id):
                await connection.execute(
                    "INSERT INTO offers_v6_tiers VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    tier_id, fact.community_id,
                )  # fmt: skip
            case TierRetired(tier_id=tier_id):
                await connection.execute(
                    "UPDATE offers_v6_tiers SET retired = true WHERE tier_id = $1", tier_id
                )
            case ContentPublished() | ContentWithdrawn():
                await _hear_content(connection, fact)


async def _publish(connection: Any, fact: Fact, offer: events.OfferPublished) -> None:
    await connection.execute(
        "INSERT INTO offers_v6 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14, $15)",
        fact.stream_id, fact.community_id, offer.name, offer.tier_id, offer.interval,
        offer.trial_days, offer.every, offer.donation, offer.fewest, offer.most,
        _PRICES.dump_json(offer.all_prices).decode(), offer.content_id, offer.seats,
        _YEAR.dump_json(offer.year).decode(), offer.trial_needs_card,
    )  # fmt: skip


async def _hear_content(connection: Any, fact: Fact) -> None:
    await connection.execute(
        "INSERT INTO offers_v6_contents VALUES ($1, $2, $3)"
        " ON CONFLICT (content_id) DO UPDATE SET withdrawn = excluded.withdrawn",
        fact.body.content_id,
        fact.community_id,
        isinstance(fact.body, ContentWithdrawn),
    )


OFFERS = Projection(
    name="offers",
    version=6,
    ddl="""
        CREATE TABLE offers_v6 (
            offer_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            name text NOT NULL,
            tier_id uuid,
            per text NOT NULL,
            trial_days int NOT NULL,
            every int NOT NULL,
            donation boolean NOT NULL,
            fewest int NOT NULL,
            most int NOT NULL,
            price_version int NOT NULL,
            prices text NOT NULL,
            content_id uuid,
            seats boolean NOT NULL,
            year text NOT NULL,
            trial_needs_card boolean NOT NULL,
            retired boolean NOT NULL DEFAULT false
        );
        CREATE INDEX offers_v6_list ON offers_v6 (community_id, offer_id);
        CREATE TABLE offers_v6_tiers (
            tier_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            retired boolean NOT NULL DEFAULT false
        );
        CREATE TABLE offers_v6_contents (
            content_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            withdrawn boolean NOT NULL
        );
    """,
    tables=("offers_v6", "offers_v6_tiers", "offers_v6_contents"),
    facts=(
        events.OfferPublished,
        events.OfferRepriced,
        events.OfferRetired,
        TierDefined,
        TierRetired,
        ContentPublished,
        ContentWithdrawn,
    ),
    apply=apply,
)

_OFFERS = """
    SELECT o.*, t.retired AS tier_retired, c.withdrawn AS content_withdrawn
    FROM offers_v6 o
    LEFT JOIN offers_v6_tiers t USING (tier_id)
    LEFT JOIN offers_v6_contents c ON c.content_id = o.content_id
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
        row["offer_id"], row["name"], row["tier_id"], row["per"], row["trial_days"], row["every"],
        row["donation"], row["fewest"], row["most"], row["price_version"],
        _PRICES.validate_json(row["prices"]), row["retired"],
        row["tier_retired"], row["content_withdrawn"], row["content_id"], row["seats"],
        _YEAR.validate_json(row["year"]), row["trial_needs_card"],
    )  # fmt: skip


def prices_told(prices: tuple[Price, ...]) -> tuple[OfferPrice, ...]:
    """As others hear of them."""
    return tuple(
        OfferPrice(
            amount=MoneyValue.of(price.amount),
            setup_fee=MoneyValue.of(price.setup_fee) if price.setup_fee else None,
            minimum=None if price.minimum is None else MoneyValue.of(price.minimum),
        )
        for price in prices
    )
