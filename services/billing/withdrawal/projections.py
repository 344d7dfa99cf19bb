"""Who withdrew from what, as the owner of a community takes it out."""

from collections.abc import Sequence
from typing import Any

from services.billing.withdrawal import events
from shared.event_store import Fact
from shared.projection import Projection


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        told: events.WithdrawalDeclared = fact.body
        await connection.execute(
            "INSERT INTO withdrawals_v1 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            told.checkout_id, fact.community_id, told.person_id, told.total.minor,
            told.total.currency, told.closes_order, fact.at,
        )  # fmt: skip


WITHDRAWALS = Projection(
    name="withdrawals",
    version=1,
    ddl="""
        CREATE TABLE withdrawals_v1 (
            checkout_id uuid PRIMARY KEY,
            community_id uuid NOT NULL,
            person_id uuid NOT NULL,
            total_minor bigint NOT NULL,
            currency text NOT NULL,
            closes_order boolean NOT NULL,
            at timestamptz NOT NULL
        );
    """,
    tables=("withdrawals_v1",),
    facts=(events.WithdrawalDeclared,),
    apply=apply,
)
