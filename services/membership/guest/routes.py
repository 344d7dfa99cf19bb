"""Giving without an account: an address, and a pass that is good for one gift."""

from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.membership.account.projections import EMAIL
from services.membership.arriving import found_again
from services.membership.community.projections import community_now
from services.membership.gateways.gateway import Address, Language
from services.membership.gateways.passes import PASS_LIFE
from services.membership.gateways.proofs import Proofs, TooMany
from services.membership.guest import commands
from services.membership.guest.decider import GUEST
from services.membership.guest.events import guest_of
from services.membership.guest.projections import found_by, guest_at
from services.membership.member.projections import standing_of
from services.membership.spelling import mailbox
from shared.event_store import Keep
from shared.http import Body, Caller
from shared.ids import PersonId
from shared.problem import Problem
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()


class ReceiveGuest(Body):
    """Where letters about the gift go. Nobody looks whether it is theirs: a pass lets nobody read what was given."""

    email: Address
    language: Language | None = None


class GuestPass(BaseModel):
    """Put into `POST /public/communities/{community_id}/donations` of billing, once; a dry run gives none."""

    guest_pass: str | None
    expires_in: int = int(PASS_LIFE.total_seconds())


@router.post(
    "/public/communities/{community_id}/guests", status_code=201, operation_id="receive_guest"
)
async def receive_guest(
    community_id: UUID, body: ReceiveGuest, request: Request, caller: Visitor
) -> GuestPass:
    """Whoever named this address before, is the same guest."""
    await _insist_on_few(body.email, request, caller)
    return await found_again(lambda: _receive(community_id, body, caller))


async def _insist_on_few(email: str, request: Request, caller: Caller) -> None:
    address = request.client.host if request.client else ""
    try:
        await Proofs.of(caller).count(mailbox(email), address)
    except TooMany as limit:
        headers = {"Retry-After": str(limit.retry_after)}
        raise Problem(
            429, "too_many_passes", "Too many passes were asked for.", headers=headers
        ) from limit


async def _receive(community_id: UUID, body: ReceiveGuest, caller: Caller) -> GuestPass:
    service, community = caller.service, await community_now(caller.service, community_id)
    known = await guest_at(service, community_id, body.email)
    person_id = known or PersonId(caller.new_id("guest"))
    receive = commands.ReceiveGuest(
        email=await caller.seal(person_id, body.email),
        language=body.language or community.language,
        is_banned=await _is_banned(community_id, body.email, caller),
    )
    keep: Keep = found_by(service, community_id, body.email, person_id)
    ask = Ask(GUEST, guest_of(person_id), receive, keep)
    written = await caller.ask(ask, community_id=community_id, mode=community.mode)
    if written.would:
        return GuestPass(guest_pass=None)
    guest_pass = service.gateways["passes"].sign(
        person_id, community_id, community.mode, caller.now
    )
    return GuestPass(guest_pass=guest_pass)


async def _is_banned(community_id: UUID, email: str, caller: Caller) -> bool:
    member = await caller.service.vault.find(EMAIL, community_id, email)
    if member is None:
        return False
    return await standing_of(caller.service, community_id, member) == "banned"
