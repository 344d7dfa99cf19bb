"""Which codes there are, what they take off, and how often they were used."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.discount import commands, events
from services.billing.discount.decider import DISCOUNT
from services.billing.discount.events import Discount, DiscountPublished
from shared.event_store import Fact
from shared.ids import PLATFORM, PersonId
from shared.projection import Projection
from shared.reaction import Ask

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
                    "INSERT INTO discounts_v1 VALUES ($1, $2, $3)",
                    fact.stream_id, fact.community_id, _PUBLISHED.dump_json(published).decode(),
                )  # fmt: skip
            case _:
                change = _COUNTS[type(fact.body)]
                await connection.execute(
                    f"UPDATE discounts_v1 SET {change} WHERE discount_id = $1",  # noqa: S608  The words are ours.
                    fact.stream_id,
                )


DISCOUNTS = Projection(
    name="discounts",
    version=1,
    ddl="""
        CREATE TABLE discounts_v1 (
            discount_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            published text NOT NULL,
            held int NOT NULL DEFAULT 0,
            redeemed int NOT NULL DEFAULT 0,
            withdrawn boolean NOT NULL DEFAULT false
        );
        CREATE INDEX discounts_v1_list ON discounts_v1 (community_id, discount_id);
    """,
    tables=("discounts_v1",),
    facts=(DiscountPublished, *_COUNTS),
    apply=apply,
)


async def discount_by_id(connection: Any, discount_id: UUID) -> Discount | None:
    """What a code takes off; it never changes."""
    row = await connection.fetchrow(
        "SELECT published FROM discounts_v1 WHERE discount_id = $1", discount_id
    )
    return Discount(discount_id, _PUBLISHED.validate_json(row["published"]).deal) if row else None


async def discounts_after(connection: Any, after: UUID | None, limit: int) -> list[Given]:
    """All of the community, in a stable order."""
    rows = await connection.fetch(
        "SELECT * FROM discounts_v1 WHERE discount_id > $1 ORDER BY discount_id LIMIT $2",
        after or PLATFORM, limit,
    )  # fmt: skip
    return [
        Given(
            row["discount_id"], _PUBLISHED.validate_json(row["published"]),
            row["held"], row["redeemed"], row["withdrawn"],
        )
        for row in rows
    ]  # fmt: skip


def holding(discount_id: UUID, checkout_id: UUID, person_id: UUID, at: datetime) -> Ask:
    """The step by which a request that opens a checkout holds the code: both or neither."""
    hold = commands.HoldDiscount(checkout_id, PersonId(person_id), at)
    return Ask(DISCOUNT, discount_id, hold)
