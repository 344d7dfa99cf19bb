"""Being asked to act for an organisation, and saying yes or no."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.member.projections import standing_of
from services.membership.organisation.projections import Naming, accepting, declining, namings_of
from services.membership.representative.projections import representing
from shared.http import Caller, Page, Written, needs, paging
from shared.ids import PersonId

router = APIRouter()

Member = Annotated[Caller, needs("person")]
ASKED = "/me/organisation-invitations"


class AskedToRepresent(BaseModel):
    organisation_id: UUID
    name: str
    country: str
    expires_at: datetime


class AsksToRepresent(BaseModel):
    items: list[AskedToRepresent]
    next: str | None


@router.get(ASKED, operation_id="list_my_organisation_invitations")
async def list_my_organisation_invitations(
    caller: Member, page: Annotated[Page, Depends(paging)]
) -> AsksToRepresent:
    """What one is asked to act for, and has not answered."""
    async with caller.read() as connection:
        found = await namings_of(connection, caller.person_id, page.cursor(UUID), page.limit + 1)
    shown = [_shown(one) for one in found]
    return AsksToRepresent(**page.answer(shown, key=lambda one: one.organisation_id))


@router.post(f"{ASKED}/{{organisation_id}}/acceptance", operation_id="accept_representing")
async def accept_representing(organisation_id: UUID, caller: Member) -> Written:
    """From now on they may do all that whoever registered it may."""
    person_id = PersonId(caller.person_id)
    member = await standing_of(caller.service, caller.community_id, person_id)
    return await caller.ask(
        accepting(organisation_id, person_id, caller.now),
        representing(person_id, organisation_id, member, agreed=True),
    )


@router.post(f"{ASKED}/{{organisation_id}}/refusal", operation_id="decline_representing")
async def decline_representing(organisation_id: UUID, caller: Member) -> Written:
    """Nothing was theirs to do for it, and nothing is; who has accepted steps down instead."""
    return await caller.ask(declining(organisation_id, PersonId(caller.person_id)))


def _shown(naming: Naming) -> AskedToRepresent:
    return AskedToRepresent(**{name: getattr(naming, name) for name in naming.__slots__})
