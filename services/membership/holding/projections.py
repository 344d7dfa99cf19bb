"""Who pays for something that runs, holds a ticket to what is to come, or whose payment is disputed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.contracts.billing_dispute import DisputeClosed, DisputeOpened
from shared.contracts.billing_subscription import (
    SubscriptionActivated,
    SubscriptionEnded,
    TrialStarted,
)
from shared.contracts.events_gathering import (
    GatheringCancelled,
    GatheringPublished,
    GatheringRescheduled,
)
from shared.contracts.events_ticket import TicketBought, TicketCancelled
from shared.event_store import Fact
from shared.projection import Projection

Held = Literal["subscription", "ticket", "dispute"]

DDL = """
CREATE TABLE holdings_v1 (
    thing        text PRIMARY KEY,
    community_id uuid NOT NULL,
    person_id    uuid NOT NULL,
    kind         text NOT NULL,
    gathering_id uuid
);
CREATE INDEX holdings_v1_person ON holdings_v1 (person_id);
CREATE TABLE holdings_v1_gatherings (
    gathering_id uuid PRIMARY KEY,
    community_id uuid NOT NULL,
    ends_at      timestamptz NOT NULL
);
"""
_HOLD = "INSERT INTO holdings_v1 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
_DROP = "DELETE FROM holdings_v1 WHERE thing = $1"
_PLANNED = """
INSERT INTO holdings_v1_gatherings VALUES ($1, $2, $3)
ON CONFLICT (gathering_id) DO UPDATE SET ends_at = excluded.ends_at
"""
_OVER = "UPDATE holdings_v1_gatherings SET ends_at = $2 WHERE gathering_id = $1"
_HELD = """
SELECT DISTINCT ON (h.person_id) h.person_id, h.kind FROM holdings_v1 h
LEFT JOIN holdings_v1_gatherings g ON g.gathering_id = h.gathering_id
WHERE h.person_id = ANY ($1) AND (h.kind <> 'ticket' OR g.ends_at IS NULL OR g.ends_at > $2)
ORDER BY h.person_id, array_position(ARRAY['subscription', 'ticket', 'dispute'], h.kind)
"""


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        await connection.execute(*_change(fact))


def _change(fact: Fact) -> tuple[object, ...]:
    match fact.body:
        case (
            TrialStarted(subscription_id=thing, person_id=person)
            | SubscriptionActivated(subscription_id=thing, person_id=person)
        ):
            return _HOLD, str(thing), fact.community_id, person, "subscription", None
        case TicketBought(ticket_id=thing, person_id=person, gathering_id=gathering_id):
            return _HOLD, str(thing), fact.community_id, person, "ticket", gathering_id
        case DisputeOpened(dispute=thing, person_id=person):
            return _HOLD, str(thing), fact.community_id, person, "dispute", None
        case (
            SubscriptionEnded(subscription_id=thing)
            | TicketCancelled(ticket_id=thing)
            | DisputeClosed(dispute=thing)
        ):
            return _DROP, str(thing)
        case GatheringCancelled(gathering_id=gathering_id):
            return _OVER, gathering_id, fact.at
        case GatheringPublished() | GatheringRescheduled() as planned:
            return _PLANNED, planned.gathering_id, fact.community_id, planned.ends_at
        case _:
            raise TypeError(fact.type)


HOLDINGS = Projection(
    name="holdings",
    version=1,
    ddl=DDL,
    tables=("holdings_v1", "holdings_v1_gatherings"),
    facts=(
        TrialStarted,
        SubscriptionActivated,
        SubscriptionEnded,
        TicketBought,
        TicketCancelled,
        GatheringPublished,
        GatheringRescheduled,
        GatheringCancelled,
        DisputeOpened,
        DisputeClosed,
    ),
    apply=apply,
)


async def held_among(connection: Any, people: Sequence[UUID], at: datetime) -> dict[UUID, Held]:
    """What ties each of these at a moment, for those whom something ties; a gathering not heard of is still to come."""
    rows = await connection.fetch(_HELD, list(people), at)
    return {row["person_id"]: row["kind"] for row in rows}
