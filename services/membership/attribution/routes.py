"""Saying by which link one came, and taking it back."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.attribution import commands
from services.membership.attribution.decider import ATTRIBUTION, attribution_stream
from services.membership.attribution.events import Why
from services.membership.attribution.projections import attributing, attribution_now
from services.membership.link.events import LinkKind
from services.membership.member.projections import member_now
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
    attribute = await attributing(service, community_id, person_id, visit, caller.now)
    if attribute is None:
        raise NotFound("link_not_found", "There is no such link.")
    return await caller.ask(Ask(ATTRIBUTION, attribution_stream(person_id), attribute))


@router.delete("/me/attribution", operation_id="withdraw_attribution")
async def withdraw_attribution(caller: Annotated[Caller, needs("person")]) -> Written:
    """From now on one is counted as sent by nobody."""
    person_id = PersonId(caller.person_id)
    withdraw = commands.WithdrawAttribution(person_id, caller.now)
    return await caller.ask(Ask(ATTRIBUTION, attribution_stream(person_id), withdraw))


class LeftOut(BaseModel):
    """A visit that was handed in with a checkout and counts for nobody."""

    checkout_id: UUID
    why: Why


class Attribution(BaseModel):
    """Null where the person came by themselves, or would not say; `left_out` is the last that did not count."""

    link_id: UUID | None
    kind: LinkKind | None
    until: datetime | None
    left_out: LeftOut | None = None


@router.get("/people/{person_id}/attribution", operation_id="read_attribution")
async def read_attribution(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> Attribution:
    """What is kept about how somebody came."""
    await member_now(caller.service, caller.community_id, person_id)
    known = await attribution_now(caller.service, caller.community_id, person_id)
    sent, missed = known.sent, known.left_out
    return Attribution(
        link_id=sent.link_id if sent else None,
        kind=sent.kind if sent else None,
        until=sent.until if sent else None,
        left_out=LeftOut(checkout_id=missed.checkout_id, why=missed.why) if missed else None,
    )
