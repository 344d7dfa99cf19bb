"""What a community says of debits as of now."""

from uuid import UUID

from services.billing.debit.decider import DEBIT, Access, debit_stream
from shared.service import Service


async def debits_now(service: Service, community_id: UUID) -> Access:
    """Read strongly; None where nobody may pay by debit."""
    access: Access
    access, _ = await service.handler.state(DEBIT, debit_stream(community_id), community_id)
    return access
