"""The policy of a community as of now, for whoever has to apply it, and as its owner takes it out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.billing.policy import events
from services.billing.policy.decider import POLICY
from services.billing.policy.events import Policy
from shared.event_store import Fact
from shared.ids import derive
from shared.projection import Projection
from shared.service import Service

_POLICY = TypeAdapter(Policy)


def policy_stream(community_id: UUID) -> UUID:
    """The stream of a community's one policy."""
    return derive(community_id, "policy")


async def policy_now(service: Service, community_id: UUID) -> Policy:
    """Read strongly; the defaults where the community has set nothing."""
    policy: Policy
    policy, _ = await service.handler.state(POLICY, policy_stream(community_id), community_id)
    return policy


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        told: events.PolicySet = fact.body
        await connection.execute(
            "INSERT INTO policies_v1 VALUES ($1, $2, $3) ON CONFLICT (community_id) DO UPDATE"
            " SET set_at = excluded.set_at, policy = excluded.policy",
            fact.community_id, fact.at, _POLICY.dump_json(told.policy).decode(),
        )  # fmt: skip


POLICIES = Projection(
    name="policies",
    version=1,
    ddl="""
        CREATE TABLE policies_v1 (
            community_id uuid PRIMARY KEY,
            set_at timestamptz NOT NULL,
            policy text NOT NULL
        );
    """,
    tables=("policies_v1",),
    facts=(events.PolicySet,),
    apply=apply,
)
