"""How far somebody is on their way in, and saying that a step is done."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from services.membership.cursors import by_number
from services.membership.journeys import OnboardingOfPerson, shown_to
from services.membership.member.projections import member_now
from services.membership.onboarding import commands
from services.membership.onboarding.decider import ONBOARDING, stream_of
from services.membership.onboarding.projections import (
    OnboardingRow,
    State,
    onboardings_of,
)
from services.membership.tier.events import TierId
from shared.http import Caller, Page, Written, listing, needs
from shared.ids import Code, PersonId
from shared.reaction import Ask

router = APIRouter()


class OnboardingsOfPerson(BaseModel):
    person_id: UUID
    items: list[OnboardingOfPerson]


@router.get("/people/{person_id}/onboarding", operation_id="read_onboarding")
async def read_onboarding(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> OnboardingsOfPerson:
    """In the person's language."""
    await member_now(caller.service, caller.community_id, person_id)
    return OnboardingsOfPerson(person_id=person_id, items=await shown_to(caller, person_id))


@router.post("/me/onboarding/{tier_id}/steps/{key}/done", operation_id="mark_step")
async def mark_step(
    tier_id: TierId, key: str, caller: Annotated[Caller, needs("person")]
) -> Written:
    """What nobody but the member can know: that they have introduced themselves, come along, or read something."""
    person_id = PersonId(caller.person_id)
    mark = commands.MarkStep(person_id, tier_id, Code(key))
    return await caller.ask(Ask(ONBOARDING, stream_of(person_id), mark))


class ListedOnboarding(BaseModel):
    """`open` are the keys of the steps that wait to be done."""

    person_id: UUID
    tier_id: UUID
    state: State
    open: list[str]
    steps: int
    done: int
    missed: int
    begun_at: datetime


class Onboardings(BaseModel):
    items: list[ListedOnboarding]
    next: str | None


@router.get("/onboarding", operation_id="list_onboardings")
async def list_onboardings(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("state",)))],
) -> Onboardings:
    """Those who began first, first; `on_the_way` are those who still have something to do."""
    async with caller.read() as connection:
        rows = await onboardings_of(
            connection,
            caller.community_id,
            state=page.filters.get("state"),
            after=page.cursor(by_number) or 0,
            limit=page.limit + 1,
        )
    answer = page.answer(rows, lambda row: row.place)
    return Onboardings(items=[_listed(row) for row in answer["items"]], next=answer["next"])


def _listed(row: OnboardingRow) -> ListedOnboarding:
    return ListedOnboarding(
        person_id=row.person_id,
        tier_id=row.tier_id,
        state=row.state,
        open=list(row.open),
        steps=row.steps,
        done=row.done,
        missed=row.missed,
        begun_at=row.begun_at,
    )
