"""Proving that one is somebody else as well, and seeing who is one with whom."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.membership.community.projections import community_now
from services.membership.member.projections import (
    PERSON,
    member_now,
    ownership_of,
    standing_of,
)
from services.membership.merging import commands
from services.membership.merging.decider import MERGING, stream_of
from services.membership.merging.projections import merging_now
from services.membership.seat.projections import plans_of
from shared.auth import InvalidToken, Principal
from shared.decider import Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import AccountId, PersonId
from shared.reaction import Ask

router = APIRouter()


class MergePersons(Body):
    """`access_token` is of the other account: who has it has signed in there as well."""

    access_token: str = Field(max_length=5_000)


class PersonsMerged(Written):
    """You stay `person_id`; whoever signs in as `taken_in` is you from now on."""

    person_id: UUID
    taken_in: UUID


@router.post("/me/merging", operation_id="merge_persons")
async def merge_persons(
    body: MergePersons, caller: Annotated[Caller, needs("person")]
) -> PersonsMerged:
    """For good: what the other person may enter, you may enter, and what is said of them later is said of you."""
    service, community_id = caller.service, caller.community_id
    account_id = _proved(caller, body.access_token).account_id
    # Not `person_of`, which answers a repeat with who they have become.
    found = await service.vault.find(PERSON, community_id, str(account_id))
    if found is None:
        detail = "With this sign-in one is nobody here yet: join first."
        raise Rejected("nobody_to_take_in", detail, pointer="/access_token")
    person_id, other = PersonId(caller.person_id), PersonId(found)
    own = await standing_of(service, community_id, person_id)
    written = await caller.ask(
        Ask(MERGING, stream_of(person_id), commands.TakeIn(person_id, other, own)),
        Ask(MERGING, stream_of(other), await _giving_up(caller, other, AccountId(account_id))),
    )
    return PersonsMerged(**written.model_dump(), person_id=person_id, taken_in=other)


def _proved(caller: Caller, token: str) -> Principal:
    try:
        other = caller.service.verifier.verify(token)
    except InvalidToken as doubt:
        detail = "This is no valid access token."
        raise Rejected("not_proved", detail, pointer="/access_token") from doubt
    if other.is_machine:
        raise Rejected("not_proved", "A program is nobody.", pointer="/access_token")
    return other


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
