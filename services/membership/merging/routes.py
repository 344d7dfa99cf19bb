"""Proving that one is somebody else as well, and seeing who is one with whom."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.account.projections import account_of
from services.membership.community.projections import community_now
from services.membership.gateways.gateway import Address
from services.membership.gateways.proofs import Proofs
from services.membership.member.projections import (
    PERSON,
    being_taken_in,
    member_now,
    ownership_of,
    standing_of,
)
from services.membership.merging import commands
from services.membership.merging.decider import MERGING, stream_of
from services.membership.merging.projections import merging_now
from services.membership.representative.projections import represents_now
from services.membership.seat.projections import plans_of
from services.membership.spelling import mailbox
from shared.decider import Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import AccountId, PersonId
from shared.reaction import Ask

router = APIRouter()


class MergePersons(Body):
    """The other address, and the code of a mail to it: a token that somebody else came by is no proof."""

    email: Address
    code: str = Field(pattern=r"^\d{6}$")


class PersonsMerged(Written):
    """You stay `person_id`; whoever signs in as `taken_in` is you from now on."""

    person_id: UUID
    taken_in: UUID


@router.post("/me/merging", operation_id="merge_persons")
async def merge_persons(
    body: MergePersons, caller: Annotated[Caller, needs("person")]
) -> PersonsMerged:
    """For good: what the other person may enter, you may enter, and what is said of them later is said of you.

    Ask for the code by `POST /sign-in` with the other address; it is good once, a dry run uses it up as well, and a
    token of the other sign-in is not asked for. A letter to each of both addresses says what has happened.
    """
    service, community_id = caller.service, caller.community_id
    account_id = await account_of(service, body.email)
    # Not `person_of`, which answers a repeat with who they have become.
    found = account_id and await service.vault.find(PERSON, community_id, str(account_id))
    await _insist_on_proof(caller, body, found)
    if account_id is None or found is None:
        detail = "With this sign-in one is nobody here yet: join first."
        raise Rejected("nobody_to_take_in", detail, pointer="/email")
    person_id, other = PersonId(caller.person_id), PersonId(found)
    own = await standing_of(service, community_id, person_id)
    written = await caller.ask(
        Ask(MERGING, stream_of(person_id), commands.TakeIn(person_id, other, own)),
        Ask(MERGING, stream_of(other), await _giving_up(caller, other, account_id)),
        being_taken_in(other),
    )
    return PersonsMerged(**written.model_dump(), person_id=person_id, taken_in=other)


async def _insist_on_proof(caller: Caller, body: MergePersons, found: UUID | None) -> None:
    """A repeat, whose code is used up, changes nothing and needs none."""
    own = await merging_now(caller.service, caller.community_id, caller.person_id)
    if found in own.taken_in:
        return
    if not await Proofs.of(caller).redeem_code(mailbox(body.email), body.code):
        detail = "The code is wrong, used up or too old: ask for one with the other address."
        raise Rejected("not_proved", detail, pointer="/code")


async def _giving_up(caller: Caller, other: PersonId, account_id: AccountId) -> commands.BeTakenIn:
    service, community_id = caller.service, caller.community_id
    community = await community_now(service, community_id)
    async with caller.read() as connection:
        plans = await plans_of(connection, community_id, other)
    return commands.BeTakenIn(
        other,
        PersonId(caller.person_id),
        await standing_of(service, community_id, other),
        is_last_owner=await ownership_of(service, community_id, other) == "sole",
        is_staff=bool(community.roles_of(account_id)),
        pays_for_seats=any(plan.ended_at is None and plan.seats for plan in plans),
        represents=await represents_now(service, community_id, other),
    )


class MergedPerson(BaseModel):
    """`into` is who they are now; `taken_in` are those they were beside."""

    person_id: UUID
    into: UUID | None
    taken_in: list[UUID]


@router.get("/people/{person_id}/merging", operation_id="read_merging")
async def read_merging(
    person_id: PersonId, caller: Annotated[Caller, needs("members.read", or_self=True)]
) -> MergedPerson:
    await member_now(caller.service, caller.community_id, person_id)
    merging = await merging_now(caller.service, caller.community_id, person_id)
    return MergedPerson(person_id=person_id, into=merging.into, taken_in=[*merging.taken_in])
