"""Saying by which link one came, and taking it back."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.attribution import commands
from services.membership.attribution.decider import ATTRIBUTION, attribution_stream
from services.membership.attribution.projections import attribution_now, senders_of
from services.membership.link.events import LinkId, LinkKind
from services.membership.link.projections import link_now
from services.membership.member.projections import member_now, profile_of
from services.membership.visit import read_visit
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import PersonId
from shared.reaction import Ask

router = APIRouter()


class Attribute(Body):
    """`via` is what the page was opened with; `agreed`: its reader wants to be counted as sent by that link."""

    via: str = Field(min_length=1, max_length=2000)
    agreed: Literal[True]


@router.post("/me/attribution", operation_id="attribute_person")
async def attribute_person(body: Attribute, caller: Annotated[Caller, needs("person")]) -> Written:
    """The last link counts. Handed in before anything is bought, what is bought in time is to its credit."""
    service, community_id, person_id = (
        caller.service, caller.community_id, PersonId(caller.person_id),
    )  # fmt: skip
    try:
        visit = read_visit(service.secret, body.via)
    except ValueError as wrong:
        raise Rejected("not_a_visit", f"It {wrong}.", pointer="/via") from wrong
    link_id = LinkId(visit.link_id)
    link = await link_now(service, community_id, link_id)
    if link is None:
        raise NotFound("link_not_found", "There is no such link.")
    profile = await profile_of(service, person_id)
    attribute = commands.AttributePerson(
        person_id=person_id,
        link_id=link_id,
        kind=link.made.kind,
        owner=link.made.owner,
        visit_id=visit.visit_id,
        visited_at=visit.at,
        until=visit.at + timedelta(days=link.made.days),
        at=caller.now,
        member_since=profile.since if profile else None,
        sent_by=await senders_of(service, community_id, link.made.owner),
    )
    return await caller.ask(Ask(ATTRIBUTION, attribution_stream(person_id), attribute))


@router.delete("/me/attribution", operation_id="withdraw_attribution")
async def withdraw_attribution(caller: Annotated[Caller, needs("person")]) -> Written:
    """From now on one is counted as sent by nobody."""
    person_id = PersonId(caller.person_id)
    withdraw = commands.WithdrawAttribution(person_id)
    return await caller.ask(Ask(ATTRIBUTION, attribution_stream(person_id), withdraw))


class Attribution(BaseModel):
    """Null where the person came by themselves, or would not say."""

    link_id: UUID | None
    kind: LinkKind | None
    until: datetime | None


@router.get("/people/{person_id}/attribution", operation_id="read_attribution")
async def read_attribution(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> Attribution:
    """What is kept about how somebody came."""
    await member_now(caller.service, caller.community_id, person_id)
    known = await attribution_now(caller.service, caller.community_id, person_id)
    if known is None:
        return Attribution(link_id=None, kind=None, until=None)
    return Attribution(link_id=known.link_id, kind=known.kind, until=known.until)
