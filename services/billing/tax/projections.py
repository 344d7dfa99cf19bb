"""The tax rates of a community as of now, and as its owner takes them out."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.billing.tax import events
from services.billing.tax.decider import TAX, Rates, tax_stream
from shared.event_store import Fact
from shared.projection import Projection
from shared.service import Service


async def rates_now(service: Service, community_id: UUID) -> Rates:
    """Read strongly; none where the community has set none."""
    rates: Rates
    rates, _ = await service.handler.state(TAX, tax_stream(community_id), community_id)
    return rates


async def apply(connection: Any, facts: Sequence[Fact]) -> None:
    for fact in facts:
        told: events.TaxRatesSet = fact.body
        await connection.execute(
            "DELETE FROM tax_rates_v1 WHERE community_id = $1", fact.community_id
        )
        await connection.executemany(
            "INSERT INTO tax_rates_v1 VALUES ($1, $2, $3, $4)",
            [
                (fact.community_id, rate.category, rate.since, rate.basis_points)
                for rate in told.rates
            ],
        )


TAX_RATES = Projection(
    name="tax_rates",
    version=1,
    ddl="""
        CREATE TABLE tax_rates_v1 (
            community_id uuid NOT NULL,
            category text NOT NULL,
            since date NOT NULL,
            basis_points int NOT NULL,
            PRIMARY KEY (community_id, category, since)
        );
    """,
    tables=("tax_rates_v1",),
    facts=(events.TaxRatesSet,),
    apply=apply,
)
