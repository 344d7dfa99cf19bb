"""Who somebody is after they were merged, as of this very moment: there is no table, the streams say it."""

from uuid import UUID

from services.membership.merging.decider import MERGING, Merging, stream_of
from shared.http import Caller
from shared.ids import PersonId
from shared.service import Service


async def merging_now(service: Service, community_id: UUID, person_id: UUID) -> Merging:
    """Whom the person has taken in, or who took them in."""
    merging: Merging
    merging, _ = await service.handler.state(MERGING, stream_of(person_id), community_id)
    return merging


async def merged(service: Service, community_id: UUID, found: UUID) -> PersonId | None:
    """Who they are now; nobody once that one was erased."""
    into = (await merging_now(service, community_id, found)).into
    if into is None:
        return PersonId(found)
    kept = await merging_now(service, community_id, into)
    return None if kept.barred == "erased" else into


async def all_of(caller: Caller, community_id: UUID, person_id: UUID) -> list[UUID]:
    """Everybody the person is: themselves, and whom they have taken in."""
    merging = await merging_now(caller.service, community_id, person_id)
    return [person_id, *merging.taken_in]
