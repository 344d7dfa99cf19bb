"""Which codes there are, what they take off, and how often they were used."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.discount import commands, events
from services.billing.discount.decider import DISCOUNT, Campaign, is_good_for
from services.billing.discount.events import Discount, DiscountPublished
from shared.event_store import Fact
from shared.ids import PLATFORM, PersonId
from shared.projection import Projection
from shared.reaction import Ask
from shared.service import Service

_PUBLISHED = TypeAdapter(DiscountPublished)


@dataclass(frozen=True, slots=True)
class Given:
    """A code that was given out; `held` are checkouts still open, `redeemed` those paid."""

    discount_id: UUID
    published: DiscountPublished
    held: int
    redeemed: int
    withdrawn: bool


_COUNTS = {
    events.DiscountHeld: "held = held + 1",
    events.DiscountReleased: "held = held - 1",
    events.DiscountRedeemed: "held = held - 1, redeemed = redeemed + 1",
    events.DiscountWithdrawn: "withdrawn = true",
}


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case DiscountPublished() as published:
                await connection.execute(
                    "INSERT INTO discounts_v2 (discount_id, community_id, published, founders_of)"
                    " VALUES ($1, $2, $3, $4)",
                    fact.stream_id, fact.community_id, _PUBLISHED.dump_json(published).decode(),
                    published.deal.offers[0] if published.founders else None,
                )  # fmt: skip
            case _:
                change = _COUNTS[type(fact.body)]
                await connection.execute(
                    f"UPDATE discounts_v2 SET {change} WHERE discount_id = $1",  # noqa: S608  The words are ours.
                    fact.stream_id,
                )


DISCOUNTS = Projection(
    name="discounts",
    version=2,
    ddl="""
        CREATE TABLE discounts_v2 (
            discount_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            published text NOT NULL,
            held int NOT NULL DEFAULT 0,
            redeemed int NOT NULL DEFAULT 0,
            withdrawn boolean NOT NULL DEFAULT false,
            founders_of uuid
        );
        CREATE INDEX discounts_v2_list ON discounts_v2 (community_id, discount_id);
    """,
    tables=("discounts_v2",),
    facts=(DiscountPublished, *_COUNTS),
    apply=apply,
)


async def discount_by_id(connection: Any, discount_id: UUID) -> Discount | None:
    """What a code takes off; it never changes."""
    row = await connection.fetchrow(
        "SELECT published FROM discounts_v2 WHERE discount_id = $1", discount_id
    )
    return Discount(discount_id, _PUBLISHED.validate_json(row["published"]).deal) if row else None


async def discounts_after(connection: Any, after: UUID | None, limit: int) -> list[Given]:
    """All of the community, in a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM discounts_v2 WHERE discount_id > $1 ORDER BY discount_id LIMIT $2",
        after or PLATFORM, limit,
    )  # fmt: skip
    return [
        Given(
            row["discount_id"], _PUBLISHED.validate_json(row["published"]),
            row["held"], row["redeemed"], row["withdrawn"],
        )
        for row in rows
    ]  # fmt: skip


def holding(
    discount_id: UUID,
    checkout_id: UUID,
    person_id: UUID,
    at: datetime,
    founder_of: frozenset[UUID] = frozenset(),
) -> Ask:
    """The step by which a request that opens a checkout holds the code: both or neither."""
    hold = commands.HoldDiscount(checkout_id, PersonId(person_id), at, founder_of)
    return Ask(DISCOUNT, discount_id, hold)


async def founder_rates(connection: Any, offers: Collection[UUID]) -> list[Discount]:
    """What was said that founders of these offers pay; some of it may be no longer good."""
    rows = await connection.fetch(
        "SELECT discount_id, published FROM discounts_v2 WHERE founders_of = ANY ($1)"
        " ORDER BY discount_id",
        list(offers),
    )
    return [
        Discount(row["discount_id"], _PUBLISHED.validate_json(row["published"]).deal)
        for row in rows
    ]


async def could_hold(service: Service, community_id: UUID, hold: Ask) -> bool:
    """Whether that step would be refused as of now."""
    campaign: Campaign | None
    campaign, _ = await service.handler.state(DISCOUNT, hold.stream_id, community_id)
    return isinstance(hold.command, commands.HoldDiscount) and is_good_for(hold.command, campaign)
