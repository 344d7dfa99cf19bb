"""What a person was told, and who cannot be."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.announcement.projections import (
    Bounce,
    Message,
    bounces_of,
    messages_to,
)
from services.membership.member.projections import member_now
from shared.http import Caller, Page, by_moment, needs, paging
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


class Bounces(BaseModel):
    items: list[Bounce]
    next: str | None


@router.get("/bounces", operation_id="list_bounces")
async def list_bounces(
    caller: Annotated[Caller, needs("members.read")], page: Annotated[Page, Depends(paging)]
) -> Bounces:
    """Whose address is refused by its mail server, the newest first: until they say another, or it takes a letter."""
    async with caller.read() as connection:
        rows = await bounces_of(
            connection, caller.community_id, before=page.cursor(by_moment), limit=page.limit + 1
        )
    return Bounces(**page.answer(rows, lambda last: f"{last.since.isoformat()} {last.person_id}"))
