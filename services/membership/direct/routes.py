"""Reading what a channel had only the subject of."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.membership.announcement.projections import directed_now
from services.membership.gateways.pages import drawn
from services.membership.writing import addressee_of, copy_of, letter_of
from shared.decider import NotFound
from shared.http import Caller, needs
from shared.ids import PersonId

router = APIRouter()


class WholeMessage(BaseModel):
    """As the letter would be; `link` is where it leads."""

    message_id: UUID
    subject: str
    plain: str
    html: str
    link: str | None


@router.get("/me/messages/{message_id}", operation_id="read_message")
async def read_message(
    message_id: UUID, caller: Annotated[Caller, needs("person")]
) -> WholeMessage:
    """A message that went by another channel than mail, to whom it is for."""
    directed = await directed_now(caller.service, caller.community_id, message_id)
    addressee = await addressee_of(PersonId(caller.person_id), caller)
    if directed is None or addressee is None or directed.person_id != caller.person_id:
        raise NotFound("message_not_found", "There is no such message.")
    letter = (
        await letter_of(message_id, directed.template, directed.content, addressee, caller)
        if directed.broadcast_id is None
        else await copy_of(message_id, directed.broadcast_id, addressee, caller)
    )
    if letter is None:
        raise NotFound("message_not_found", "Its text was forgotten.")
    page = drawn(letter)
    return WholeMessage(
        message_id=message_id,
        subject=page.subject,
        plain=page.plain,
        html=page.html,
        link=letter.link,
    )
