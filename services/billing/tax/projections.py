"""The tax rates of a community as of now."""

from uuid import UUID

from services.billing.tax.decider import TAX, Rates, tax_stream
from shared.service import Service


async def rates_now(service: Service, community_id: UUID) -> Rates:
    """Read strongly; none where the community has set none."""
    rates: Rates
    rates, _ = await service.handler.state(TAX, tax_stream(community_id), community_id)
    return rates
