"""The other side of naming and dismissing somebody: in the write in which the organisation says so."""

from uuid import UUID

from services.membership.member.events import StandingNow
from services.membership.representative import commands
from services.membership.representative.decider import (
    REPRESENTATIVE,
    Representative,
    representative_stream,
)
from shared.ids import PersonId
from shared.reaction import Ask
from shared.service import Service


def representing(
    person_id: PersonId, organisation_id: UUID, member: StandingNow, *, agreed: bool
) -> Ask:
    """The step by which a request asks whether somebody may represent; once they have `agreed`, they do."""
    represent = commands.Represent(person_id, organisation_id, member, agreed)
    return Ask(REPRESENTATIVE, representative_stream(person_id), represent)


def representing_no_more(person_id: PersonId, organisation_id: UUID) -> Ask:
    """The step by which a request that dismisses somebody lets go of them."""
    stop = commands.StopRepresenting(person_id, organisation_id)
    return Ask(REPRESENTATIVE, representative_stream(person_id), stop)


async def represents_now(service: Service, community_id: UUID, person_id: PersonId) -> bool:
    """Whether the person acts for any organisation, as of now."""
    representative: Representative
    stream_id = representative_stream(person_id)
    representative, _ = await service.handler.state(REPRESENTATIVE, stream_id, community_id)
    return bool(representative.organisations)
