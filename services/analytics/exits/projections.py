"""Which paying subscriptions were lost, for what, and what was said of it; the same in any order of arrival."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from services.analytics.days import Window
from shared.contracts.billing_exit_survey import ExitAnswerDropped, ExitAnswered, ExitReason
from shared.contracts.billing_subscription import EndReason, SubscriptionEnded
from shared.event_store import Fact
from shared.projection import Projection

DDL = """
CREATE TABLE exits_v1 (
    subscription_id uuid PRIMARY KEY,
    community_id    uuid NOT NULL,
    lost_at         timestamptz,
    lost_for        text,
    said            text
);
CREATE INDEX exits_v1_lost ON exits_v1 (community_id, lost_at);
"""


def is_loss(ended: SubscriptionEnded) -> bool:
    """A trial that never paid was never had; what went on elsewhere under our own hand is had still."""
    return ended.was_paying and ended.reason != "migrated"


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case SubscriptionEnded() as ended if is_loss(ended):
                await connection.execute(
                    "INSERT INTO exits_v1 VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (subscription_id) DO UPDATE"
                    " SET lost_at = excluded.lost_at, lost_for = excluded.lost_for",
                    ended.subscription_id,
                    ended.community_id,
                    fact.at,
                    ended.reason,
                )
            case ExitAnswered(reason=reason):
                await _say(connection, fact, reason)
            case ExitAnswerDropped():
                await _say(connection, fact, None)


async def _say(connection: Any, fact: Fact, reason: ExitReason | None) -> None:
    await connection.execute(
        "INSERT INTO exits_v1 VALUES ($1, $2, NULL, NULL, $3)"
        " ON CONFLICT (subscription_id) DO UPDATE SET said = excluded.said",
        fact.body.subscription_id,
        fact.body.community_id,
        reason,
    )


EXITS = Projection(
    name="exits",
    version=1,
    ddl=DDL,
    tables=("exits_v1",),
    facts=(SubscriptionEnded, ExitAnswered, ExitAnswerDropped),
    apply=apply,
)


class LostFor(BaseModel):
    reason: EndReason
    subscriptions: int


class SaidOf(BaseModel):
    reason: ExitReason
    subscriptions: int


class Exits(BaseModel):
    """Paying subscriptions that ended: `lost_for` sums to `lost`, and so do `said` and those who said nothing."""

    lost: int
    lost_for: list[LostFor]
    said: list[SaidOf]
    silent: int


async def exits_of(connection: Any, community_id: UUID, window: Window) -> Exits:
    """The most frequent first."""
    lost_for = await _count(connection, "lost_for", community_id, window)
    said = await _count(connection, "said", community_id, window)
    lost = sum(lost_for.values())
    return Exits(
        lost=lost,
        lost_for=[LostFor(reason=reason, subscriptions=n) for reason, n in lost_for.items()],
        said=[SaidOf(reason=reason, subscriptions=n) for reason, n in said.items()],
        silent=lost - sum(said.values()),
    )


async def _count(
    connection: Any, column: str, community_id: UUID, window: Window
) -> dict[Any, int]:
    rows = await connection.fetch(
        f"SELECT {column} AS reason, count(*) AS times FROM exits_v1"  # noqa: S608  A word of our own.
        f" WHERE community_id = $1 AND lost_at >= $2 AND lost_at < $3 AND {column} IS NOT NULL"
        " GROUP BY 1 ORDER BY times DESC, 1",
        community_id,
        window.start,
        window.end,
    )
    return {row["reason"]: row["times"] for row in rows}
