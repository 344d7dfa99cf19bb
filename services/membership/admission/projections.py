"""A community's door, as it stands now."""

from uuid import UUID

from services.membership.admission.decider import ADMISSION, Admission, admission_stream
from shared.service import Service


async def admission_now(service: Service, community_id: UUID) -> Admission:
    admission: Admission
    stream_id = admission_stream(community_id)
    admission, _ = await service.handler.state(ADMISSION, stream_id, community_id)
    return admission
