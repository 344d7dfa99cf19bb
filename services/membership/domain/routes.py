"""Claiming a domain, proving it, and asking whose a name is."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AfterValidator, BaseModel, Field

from services.membership.domain import commands
from services.membership.domain.decider import DOMAIN, Standing, domain_stream
from services.membership.domain.events import Finding
from services.membership.domain.projections import community_at, domain_now, record_of
from services.membership.hostname import hostname, is_within
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import Code
from shared.reaction import Ask
from shared.visibility.gate import visitor

router = APIRouter()

Owner = Annotated[Caller, needs("community.write", strict=True)]
Hostname = Annotated[str, Field(max_length=253), AfterValidator(hostname)]


class ClaimDomain(Body):
    """A name as people write it; it is kept in lower case, its letters as DNS has them (IDNA)."""

    name: Hostname


class Record(BaseModel):
    """The TXT record that proves it."""

    name: str
    value: str


class OwnDomain(BaseModel):
    """`finding` is what the last look saw, `due` when the next one is; `loses_at` when a missing record costs it."""

    name: str
    standing: Standing
    record: Record
    finding: Finding | None
    due: datetime | None
    claimed_until: datetime | None
    loses_at: datetime | None


@router.put("/domain", operation_id="claim_domain")
async def claim_domain(body: ClaimDomain, caller: Owner) -> Written:
    """It is the community's once the record that `GET` shows is found; a claim keeps nobody else from it.

    Another name takes the place of the one before, which is lost.
    """
    if is_within(body.name, caller.service.settings.origin):
        raise Rejected("our_own_host", "This name is the platform's.", pointer="/name")
    token = Code(caller.new_id("challenge").hex)
    return await _ask(caller, commands.ClaimDomain(Code(body.name), token, caller.now))


@router.delete("/domain", operation_id="give_up_domain")
async def give_up_domain(caller: Owner) -> Written:
    return await _ask(caller, commands.GiveUpDomain())


@router.post("/domain/looks", status_code=202, operation_id="look_for_record")
async def look_for_record(caller: Owner) -> Written:
    """Look now, once a minute at most; otherwise it is looked for by itself, ever more rarely until a week is over."""
    return await _ask(caller, commands.BeginLook(caller.now))


@router.get("/domain", operation_id="read_domain")
async def read_domain(caller: Annotated[Caller, needs("community.write")]) -> OwnDomain:
    domain = await domain_now(caller.service, caller.community_id)
    if domain.standing == "none":
        raise NotFound("domain_not_found", "The community has claimed no domain.")
    return OwnDomain(
        name=domain.name,
        standing=domain.standing,
        record=Record(name=record_of(domain.name), value=domain.token),
        finding=domain.finding,
        due=domain.due,
        claimed_until=domain.until if domain.standing == "claimed" else None,
        loses_at=domain.loses_at,
    )


class CommunityAt(BaseModel):
    community_id: UUID
    name: str


@router.get("/public/domains/{name}", operation_id="read_domain_holder")
async def read_domain_holder(
    name: str, response: Response, caller: Annotated[Caller, needs("public")]
) -> CommunityAt:
    """Which community is at this host; NotFound unless the name is proved, and its community may be seen."""
    known = name.lower().removesuffix(".")
    community_id = await community_at(caller.service, known)
    await visitor(community_id, response, caller)
    return CommunityAt(community_id=community_id, name=known)


async def _ask(caller: Caller, command: commands.DomainCommand) -> Written:
    return await caller.ask(Ask(DOMAIN, domain_stream(caller.community_id), command))
