"""Who is known by an address as a guest, read strongly: no list has them."""

from uuid import UUID

from services.membership.guest.decider import GUEST, Guest
from services.membership.guest.events import guest_of
from shared.event_store import Keep
from shared.ids import PersonId
from shared.service import Service

ADDRESS = "guest"


async def guest_at(service: Service, community_id: UUID, email: str) -> PersonId | None:
    """Whom an address finds in the community, once it was named to give."""
    found = await service.vault.find(ADDRESS, community_id, email)
    return PersonId(found) if found else None


def found_by(service: Service, community_id: UUID, email: str, person_id: PersonId) -> Keep:
    """What `guest_at` finds them by once it is kept; `Claimed` where somebody else is found by it."""
    return Keep(lookups=(service.vault.lookup(ADDRESS, community_id, email, person_id),))


async def guest_now(service: Service, community_id: UUID, person_id: UUID) -> Guest | None:
    """The guest that the person is, as of now; None for everybody else."""
    guest: Guest | None
    guest, _ = await service.handler.state(GUEST, guest_of(person_id), community_id)
    return guest
