"""A person's whole state in one call, for the app they use and for whoever helps them."""

from typing import Annotated

from fastapi import APIRouter

from services.membership.state import PersonState, state_of
from shared.http import Caller, needs
from shared.ids import PersonId

router = APIRouter()


@router.get("/people/{person_id}/state", operation_id="read_person_state")
async def read_person_state(
    person_id: PersonId, caller: Annotated[Caller, needs("access.read", or_self=True)]
) -> PersonState:
    """Access with its reasons, content, chat, the way in, what is asked, and what to do next."""
    return await state_of(caller, person_id)
