"""Suggestions of whom to show to the community, and saying whom one has shown."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from services.membership.directory.projections import entry_of, names_shown
from services.membership.member.projections import member_now
from services.membership.recognition.projections import holders_of
from services.membership.spotlight import commands
from services.membership.spotlight.decider import LATELY, SPOTLIGHT, spotlight_stream, suggested
from services.membership.spotlight.projections import candidates_of
from shared.http import Caller, Written, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()


class Suggestion(BaseModel):
    """`name` as they are in the directory; `risen` is how many levels they have earned in the last thirty days."""

    person_id: UUID
    name: str
    level: str
    rank: int
    risen: int
    since: datetime
    last: date | None


class Suggestions(BaseModel):
    items: list[Suggestion]


@router.get("/recognition/suggestions", operation_id="suggest_spotlight")
async def suggest_spotlight(caller: Annotated[Caller, needs("members.read")]) -> Suggestions:
    """At most twenty of those who let the other members find them: who rose most first, then who was never shown."""
    async with caller.read() as connection:
        holders = await holders_of(connection, caller.community_id)
        names = await names_shown(connection, [one.person_id for one in holders])
        found = [one for one in holders if one.person_id in names]
        candidates = await candidates_of(connection, found, caller.now - LATELY)
    chosen = suggested(candidates, caller.now.astimezone(UTC).date())
    texts = await caller.open_all([names[one.person_id] for one in chosen])
    return Suggestions(
        items=[
            Suggestion(
                person_id=one.person_id,
                name=name,
                level=one.label,
                rank=one.rank,
                risen=one.risen,
                since=one.since,
                last=one.last,
            )
            for one, name in zip(chosen, texts, strict=True)
            if name is not None
        ]
    )


@router.post("/people/{person_id}/spotlights", status_code=201, operation_id="give_spotlight")
async def give_spotlight(
    person_id: PersonId, caller: Annotated[Caller, needs("content.write", strict=True)]
) -> Written:
    """Who was shown is not suggested again for ninety days; twice on one day is once."""
    member = await member_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        entry = await entry_of(connection, person_id)
    give = commands.GiveSpotlight(
        person_id=person_id,
        member=member.standing,
        shown=entry is not None,
        on=caller.now.astimezone(UTC).date(),
    )
    return await caller.ask(Ask(SPOTLIGHT, spotlight_stream(person_id), give))
