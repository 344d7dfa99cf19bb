"""Whether something is paid for, as of this very moment."""

from uuid import UUID

from services.billing.order.decider import ORDER
from shared.service import Service


async def is_ordered(service: Service, community_id: UUID, order_id: UUID) -> bool:
    """Read strongly: of held seats, the order has the id of the hold."""
    order, _ = await service.handler.state(ORDER, order_id, community_id)
    return order is not None
