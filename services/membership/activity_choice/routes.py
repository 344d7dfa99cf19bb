"""Saying whether what one does may be recorded."""

from typing import Annotated

from fastapi import APIRouter

from services.membership.activity_choice import commands
from services.membership.activity_choice.decider import ACTIVITY_CHOICE, choices_of
from shared.http import Body, Caller, Written, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()


class ChooseActivity(Body):
    recorded: bool


@router.put("/me/activity", operation_id="choose_activity")
async def choose_activity(
    body: ChooseActivity, caller: Annotated[Caller, needs("person")]
) -> Written:
    """Who wants nothing recorded has no signals from this moment on, of no source; `GET /me` shows the choice."""
    choose = commands.ChooseActivity(PersonId(caller.person_id), body.recorded)
    return await caller.ask(Ask(ACTIVITY_CHOICE, choices_of(caller.community_id), choose))
