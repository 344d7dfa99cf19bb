"""In whose name somebody asks: of who they are, of whom they took in, of an organisation that they represent."""

from typing import Any, NamedTuple
from uuid import UUID

from services.billing.organisation.projections import represented_by
from shared.decider import NotFound
from shared.http import Caller
from shared.ids import PersonId
from shared.merging.persons import all_of


class Acting(NamedTuple):
    """In whose name somebody asks; `for_self` where that is theirs, or that of whom they took in."""

    payer_id: PersonId
    for_self: bool


async def names_of(connection: Any, person_id: UUID) -> list[UUID]:
    """Everybody in whose name the person may ask; what is kept of them is less: `all_of`."""
    people = await all_of(connection, person_id)
    return [*people, *await represented_by(connection, people)]


async def acting_as(caller: Caller, owner: UUID) -> Acting:
    """In the owner's name if the caller may ask in it, else in their own."""
    async with caller.read() as connection:
        people = await all_of(connection, caller.person_id)
        represented = await represented_by(connection, people)
    if owner in represented:
        return Acting(PersonId(owner), for_self=False)
    return Acting(PersonId(owner if owner in people else caller.person_id), for_self=True)


async def acting_for(caller: Caller, owner: UUID) -> PersonId:
    return (await acting_as(caller, owner)).payer_id


async def paying_as(caller: Caller, organisation_id: UUID | None) -> PersonId:
    """The caller, or the organisation they name; NotFound when they do not represent it."""
    if organisation_id is None:
        return PersonId(caller.person_id)
    payer_id = await acting_for(caller, organisation_id)
    if payer_id != organisation_id:
        raise NotFound("organisation_not_found", "There is no such organisation.")
    return payer_id
