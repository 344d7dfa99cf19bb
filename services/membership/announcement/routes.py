"""What a person was told, and who cannot be."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.announcement.events import NotSentReason
from services.membership.announcement.projections import (
    Bounce,
    bounces_of,
    messages_to,
)
from services.membership.direct.events import DirectReason
from services.membership.direct.projections import SENTENCES, directs_to
from services.membership.member.projections import member_now
from services.membership.preference.events import Channel
from shared.http import Caller, Page, by_moment, needs, paging
from shared.ids import PersonId

router = APIRouter()

MOST = 200


class Message(BaseModel):
    """`not_sent` is the reason, None for what was sent; `detail` what the person can do about it."""

    message_id: UUID
    channel: Channel
    template: str
    at: datetime
    not_sent: NotSentReason | DirectReason | None
    detail: str | None


class Messages(BaseModel):
    items: list[Message]


@router.get("/people/{person_id}/messages", operation_id="list_messages")
async def list_messages(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> Messages:
    """The newest first, by whichever channel each went."""
    await member_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        letters = await messages_to(connection, person_id)
        directs = await directs_to(connection, person_id)
    items = [Message(**asdict(one), channel="email", detail=None) for one in letters]
    items += [
        Message(**asdict(one), detail=SENTENCES.get(one.not_sent) if one.not_sent else None)
        for one in directs
    ]
    return Messages(items=sorted(items, key=lambda one: one.at, reverse=True)[:MOST])


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
