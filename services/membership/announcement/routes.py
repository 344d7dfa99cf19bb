"""What a person was told."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel

from services.membership.announcement.projections import Message, messages_to
from services.membership.member.projections import member_now
from shared.http import Caller, needs
from shared.ids import PersonId

router = APIRouter()


class Messages(BaseModel):
    items: list[Message]


@router.get("/people/{person_id}/messages", operation_id="list_messages")
async def list_messages(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> Messages:
    """The newest first."""
    await member_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        return Messages(items=await messages_to(connection, person_id))
