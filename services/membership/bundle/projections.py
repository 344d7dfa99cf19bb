"""How a person's bundle stands, read strongly from its own stream."""

from uuid import UUID

from services.membership.bundle.decider import BUNDLE, Bundle, still_there
from services.membership.bundle.events import BundleId
from shared.service import Service


async def bundle_now(service: Service, community_id: UUID, bundle_id: BundleId) -> Bundle:
    """As of now; NotFound where there is none, or not in this community."""
    bundle: Bundle | None
    bundle, _ = await service.handler.state(BUNDLE, bundle_id, community_id)
    return still_there(bundle)
