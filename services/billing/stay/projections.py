"""What became of who was shown an offer to stay."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.billing.stay import events
from services.billing.stay.decider import STAY_RULES
from services.billing.stay.events import StayRulesSet, stay_rules_stream
from services.billing.subscription.events import SubscriptionEnded
from shared.event_store import Fact
from shared.projection import Projection
from shared.service import Service

DDL = """
CREATE TABLE stays_v1 (
    subscription_id uuid        PRIMARY KEY,
    community_id    uuid        NOT NULL,
    person_id       uuid        NOT NULL,
    shown_at        timestamptz NOT NULL,
    kind            text,
    accepted_at     timestamptz,
    ended_at        timestamptz
);
CREATE INDEX stays_v1_kinds ON stays_v1 (community_id, kind);
"""


class Results(NamedTuple):
    """How many saw an offer, how many accepted which kind, and how many of those left all the same."""

    shown: int
    accepted: dict[events.StayKind, int]
    left: int


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        match fact.body:
            case events.StayShown(person_id, subscription_id):
                await connection.execute(
                    "INSERT INTO stays_v1 VALUES ($1, $2, $3, $4)"
                    " ON CONFLICT (subscription_id) DO NOTHING",
                    subscription_id, fact.community_id, person_id, fact.at,
                )  # fmt: skip
            case events.StayAccepted(person_id, subscription_id, rule, at):
                await connection.execute(
                    "INSERT INTO stays_v1 VALUES ($1, $2, $3, $5, $4, $5)"
                    " ON CONFLICT (subscription_id) DO UPDATE"
                    " SET (kind, accepted_at) = (excluded.kind, excluded.accepted_at)",
                    subscription_id, fact.community_id, person_id, rule.kind, at,
                )  # fmt: skip
            case SubscriptionEnded():
                await connection.execute(
                    "UPDATE stays_v1 SET ended_at = $2 WHERE subscription_id = $1",
                    fact.stream_id,
                    fact.at,
                )


STAYS = Projection(
    name="stays",
    version=1,
    ddl=DDL,
    tables=("stays_v1",),
    facts=(events.StayShown, events.StayAccepted, SubscriptionEnded),
    apply=apply,
)


async def results_of(connection: Any, community_id: UUID, now: datetime, days: int) -> Results:
    """Of those who accepted, who had left when `days` were over; nobody before that."""
    rows = await connection.fetch(
        "SELECT kind, count(*) AS many, count(*) FILTER (WHERE accepted_at <= $2"
        " AND ended_at <= accepted_at + $3) AS gone"
        " FROM stays_v1 WHERE community_id = $1 GROUP BY kind",
        community_id,
        now - timedelta(days=days),
        timedelta(days=days),
    )
    accepted = {row["kind"]: row["many"] for row in rows if row["kind"]}
    return Results(sum(row["many"] for row in rows), accepted, sum(row["gone"] for row in rows))


async def stay_rules_now(service: Service, community_id: UUID) -> StayRulesSet:
    """Read strongly; none where nothing was ever set."""
    rules: StayRulesSet
    stream_id = stay_rules_stream(community_id)
    rules, _ = await service.handler.state(STAY_RULES, stream_id, community_id)
    return rules
