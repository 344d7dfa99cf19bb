"""Joining, leaving, shutting out, forgetting; and who somebody is."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, StringConstraints

from services.membership.activity_choice.projections import declined_now
from services.membership.admission.projections import admission_now
from services.membership.agreeing import AcceptedDocument, Agree, agreement_of, still_asked
from services.membership.arriving import found_again
from services.membership.community.projections import acting_in, community_now
from services.membership.document.projections import accepting
from services.membership.expected import addressees_at
from services.membership.gateways.gateway import Address
from services.membership.gateways.proofs import Proofs
from services.membership.grace.projections import grace_now
from services.membership.guest.projections import guest_now
from services.membership.hidden import check_seen
from services.membership.journeys import OnboardingOfPerson
from services.membership.member import commands
from services.membership.member.decider import HOLDERS, MEMBER
from services.membership.member.events import Language, Service
from services.membership.member.projections import (
    MemberRow,
    Standing,
    found_by,
    is_elsewhere,
    member_now,
    members_of,
    ownership_of,
    person_of,
    profile_of,
    signing_in_by,
    sought,
    works_here,
)
from services.membership.merging.projections import merging_now
from services.membership.proof import mark_of, new_nonce, way_to
from services.membership.spelling import has_words, mailbox
from services.membership.state import LivingReason, NextStep, state_with_reasons
from services.membership.tier.events import TierId
from services.membership.tier.projections import free_tiers_of
from shared.auth import Principal
from shared.command_handler import Claimed
from shared.decider import NotFound, Rejected
from shared.erasure import forgetting
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, CommunityId, PersonId
from shared.reaction import Ask
from shared.takeout.table import paged

router = APIRouter()


class JoinCommunity(Agree):
    name: str = Field(min_length=1, max_length=200)
    email: Address
    language: Language | None = None


class Joined(Written):
    """`access_token` is good in the community at once; a dry run gives none.

    `documents` are still to be accepted by who was a member before: `POST /documents/{kind}/acceptance`.
    """

    person_id: UUID
    access_token: str | None = None
    documents: tuple[AcceptedDocument, ...] = ()


@router.post("/communities/{community_id}/members", status_code=201, operation_id="join_community")
async def join_community(
    community_id: CommunityId, body: JoinCommunity, caller: Annotated[Caller, needs("account")]
) -> Joined:
    """Whoever has joined before, is or was the same person: that one answers."""
    return await found_again(lambda: _join(caller, community_id, body))


async def _join(caller: Caller, community_id: CommunityId, body: JoinCommunity) -> Joined:
    service, who = caller.service, caller.account_id
    found = await sought(service, community_id, who, body.email)
    await check_seen(service, community_id, who, found.person_id)
    person_id = found.person_id or PersonId(caller.new_id("person"))
    community, admission, free_tiers, agreement, keep = await asyncio.gather(
        community_now(service, community_id),
        admission_now(service, community_id),
        _free_tiers(caller, community_id),
        agreement_of(caller, community_id, person_id, body),
        found_by(service, community_id, found, person_id),
    )
    join = commands.JoinCommunity(
        account_id=AccountId(who),
        name=await caller.seal(person_id, body.name),
        email=await caller.seal(person_id, body.email),
        email_is_own=found.is_own,
        language=body.language or community.language,
        free_tiers=free_tiers,
        way=admission.way,
        is_staff=bool(community.roles_of(AccountId(who))),
        agreement=agreement,
    )
    asks = [Ask(MEMBER, person_id, join, keep), *accepting(person_id, agreement)]
    written = await caller.ask(*asks, community_id=community_id, mode=community.mode)
    if written.would:
        return Joined(**written.model_dump(), person_id=person_id)
    member = acting_in(community_id, community, caller.principal or Principal(who), person_id)
    told = written.model_dump() | {"access_token": service.gateways["signer"].sign(member)}
    return Joined(**told, person_id=person_id, documents=still_asked(agreement.missing))


async def _free_tiers(caller: Caller, community_id: CommunityId) -> tuple[TierId, ...]:
    async with caller.read(community_id) as connection:
        return await free_tiers_of(connection, community_id)


class ChangeProfile(Body):
    """The address stays what it is: it was proved."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    language: Language


@router.put("/me/profile", operation_id="change_profile")
async def change_profile(
    body: ChangeProfile, caller: Annotated[Caller, needs("person")]
) -> Written:
    """What letters call a member from now on, and the language they are written in."""
    name = await caller.seal(PersonId(caller.person_id), body.name)
    change = commands.ChangeProfile(name, body.language)
    return await caller.ask(Ask(MEMBER, caller.person_id, change))


class ChangeAddress(Body):
    """The address letters are to go to, and the code of a mail to it."""

    email: Address
    code: str = Field(pattern=r"^\d{6}$")


@router.put("/me/address", operation_id="change_address")
async def change_address(
    body: ChangeAddress, caller: Annotated[Caller, needs("person")]
) -> Written:
    """Letters of this community go there from now on, and it signs in as well; the one before is told.

    Ask for the code by `POST /sign-in` with the new address; it is good once, a dry run uses it up as well. Whose
    address it is, only who has proved it learns. The address before goes on to sign in.
    """
    service, community_id = caller.service, caller.community_id
    person_id = PersonId(caller.person_id)
    profile = await profile_of(service, person_id)
    current = await caller.open(profile.email if profile else None)
    is_current = current is not None and mailbox(current) == mailbox(body.email)
    # A repeat, whose code is used up, changes nothing and needs none.
    if not is_current and not await Proofs.of(caller).redeem_code(mailbox(body.email), body.code):
        detail = "The code is wrong, used up or too old: ask for one with the new address."
        raise Rejected("not_proved", detail, pointer="/code")
    account = AccountId(caller.account_id)
    change = commands.ChangeAddress(
        await caller.seal(person_id, body.email),
        is_current,
        elsewhere=await is_elsewhere(service, community_id, account, body.email, person_id),
    )
    keep = await signing_in_by(service, community_id, account, body.email, person_id)
    try:
        return await caller.ask(Ask(MEMBER, person_id, change, keep))
    except Claimed as claimed:
        detail = "Somebody has just signed in with it: merge the two."
        raise Rejected("address_taken", detail, pointer="/email") from claimed


@router.post("/me/departure", operation_id="leave_community")
async def leave_community(caller: Annotated[Caller, needs("person")]) -> Written:
    ownership = await ownership_of(caller.service, caller.community_id, caller.person_id)
    return await caller.ask(Ask(MEMBER, caller.person_id, commands.LeaveCommunity(ownership)))


@router.post("/people/{person_id}/ban", operation_id="ban_member")
async def ban_member(
    person_id: PersonId, caller: Annotated[Caller, needs("members.write", strict=True)]
) -> Written:
    """They are a member no more, at once; what they may enter closes then, or after the community's grace.

    Whoever has a role loses it, so that takes who may take roles.
    """
    service, community_id = caller.service, caller.community_id
    grace = await grace_now(service, community_id)
    ban = commands.BanMember(
        ownership=await ownership_of(service, community_id, person_id),
        by_owner="owner" in caller.roles,
        access_until=grace.until("banned", caller.now),
        works_here=await works_here(service, community_id, person_id),
        takes_roles=caller.may("staff.write"),
    )
    return await caller.ask(Ask(MEMBER, person_id, ban))


@router.delete("/people/{person_id}/ban", operation_id="lift_ban")
async def lift_ban(
    person_id: PersonId, caller: Annotated[Caller, needs("members.write", strict=True)]
) -> Written:
    """They may join again, as if they had left; what has ended does not come back by itself, roles neither."""
    return await caller.ask(Ask(MEMBER, person_id, commands.LiftBan()))


class ErasureAsked(Written):
    """`certificate` is where what became of it can be fetched, without an account, for twelve years.

    What stands behind its `#` proves that it is yours, and is told this once: a repeat has none.
    """

    certificate: str | None = None


@router.post("/people/{person_id}/erasure", status_code=202, operation_id="erase_person")
async def erase_person(
    person_id: PersonId,
    caller: Annotated[Caller, needs("members.erase", strict=True, or_self=True)],
) -> ErasureAsked:
    """For good. Staff who ask for somebody hand the certificate's address on to them.

    Their address is forgotten where it waits for them as well: in an invitation, and for a seat.
    """
    service, community_id = caller.service, caller.community_id
    guest = await guest_now(service, community_id, person_id)
    ownership = "none" if guest else await ownership_of(service, community_id, person_id)
    principal = caller.principal
    by_self = principal is not None and principal.person_id == person_id
    nonce, profile = new_nonce(), guest or await profile_of(service, person_id)
    address = await caller.open(profile.email if profile else None)
    mark = mark_of(nonce, address) if address else None
    by_owner = by_self or "owner" in caller.roles
    erase = commands.ErasePerson(person_id, ownership, by_owner, mark, is_guest=guest is not None)
    forget = await _forgetting_waiting(caller, person_id, address)
    written = await caller.ask(Ask(MEMBER, person_id, erase), *forget)
    if written.would:
        return ErasureAsked(**written.model_dump())
    is_marked = mark and mark == (await member_now(service, community_id, person_id)).mark
    told = nonce if is_marked else None
    way = way_to(service, community_id, person_id, caller.now, told)
    return ErasureAsked(**written.model_dump(), certificate=way)


async def _forgetting_waiting(
    caller: Caller, person_id: PersonId, address: str | None
) -> list[Ask]:
    """What forgets their address where it waits, and that of whoever they took in."""
    service, community_id = caller.service, caller.community_id
    taken_in = (await merging_now(service, community_id, person_id)).taken_in
    profiles = [await profile_of(service, one) for one in taken_in]
    others = await caller.open_all([profile.email for profile in profiles if profile])
    found = [await addressees_at(service, community_id, one) for one in (address, *others) if one]
    return [forgetting(addressee, caller.now) for addressees in found for addressee in addressees]


class Erasure(BaseModel):
    """Done when nobody is waited for."""

    person_id: UUID
    confirmed_by: list[Service]
    waiting_for: list[Service]


@router.get("/erasures/{person_id}", operation_id="read_erasure")
async def read_erasure(
    person_id: PersonId, caller: Annotated[Caller, needs("members.erase", or_self=True)]
) -> Erasure:
    member = await member_now(caller.service, caller.community_id, person_id)
    if member.standing != "erased":
        raise NotFound("erasure_not_found", "Nobody asked for that.")
    return Erasure(
        person_id=person_id,
        confirmed_by=sorted(member.forgotten_by),
        waiting_for=sorted(HOLDERS - member.forgotten_by),
    )


class Member(BaseModel):
    person_id: UUID
    name: str | None
    email: str | None
    standing: Standing
    joined_at: datetime


class Members(BaseModel):
    items: list[Member]
    next: str | None


@router.get("/members", operation_id="list_members")
async def list_members(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Members:
    """The newest first."""
    async with caller.read() as connection:
        rows = await members_of(
            connection,
            caller.community_id,
            standing=page.filters.get("standing"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    return _page(page, await _opened(caller, rows))


class MembersSought(Body):
    """Each of the words stands in the name or in the address; capitals and accents do not matter."""

    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


@router.post("/members/search", operation_id="search_members")
async def search_members(
    body: MembersSought,
    caller: Annotated[Caller, needs("members.read", idempotent=False)],
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Members:
    """The newest first. All are opened for it and compared: no name is kept in a form that can be searched."""
    found: list[Member] = []
    begin = page.cursor(by_moment)

    async def read(last: MemberRow | None, limit: int) -> list[MemberRow]:
        async with caller.read() as connection:
            return await members_of(
                connection,
                caller.community_id,
                standing=page.filters.get("standing"),
                before=(last.joined_at, last.person_id) if last else begin,
                limit=limit,
            )

    async for rows in paged(read):
        members = await _opened(caller, rows)
        found += [one for one in members if has_words(f"{one.name} {one.email}", body.words)]
        if len(found) > page.limit:
            break
    return _page(page, found)


async def _opened(caller: Caller, rows: Sequence[MemberRow]) -> list[Member]:
    opened = await caller.open_all([sealed for row in rows for sealed in (row.name, row.email)])
    return [
        Member(
            person_id=row.person_id,
            name=name,
            email=email,
            standing=row.standing,
            joined_at=row.joined_at,
        )
        for row, name, email in zip(rows, opened[::2], opened[1::2], strict=True)
    ]


def _page(page: Page, members: Sequence[Member]) -> Members:
    return Members(
        **page.answer(members, lambda last: f"{last.joined_at.isoformat()} {last.person_id}")
    )


class Me(BaseModel):
    """Who the token speaks of, what they may enter, their way in, what is next. Without a community: only the account.

    `activity_recorded`: whether what they do there may be recorded, by their own choice.
    """

    account_id: UUID
    community_id: UUID | None = None
    roles: tuple[str, ...] = ()
    person_id: UUID | None = None
    standing: str | None = None
    name: str | None = None
    email: str | None = None
    language: Language | None = None
    access: list[LivingReason] = []
    onboarding: list[OnboardingOfPerson] = []
    next: list[NextStep] = []
    activity_recorded: bool | None = None


@router.get("/me", operation_id="read_me")
async def read_me(caller: Annotated[Caller, needs("account")]) -> Me:
    principal = caller.principal
    if principal is None or principal.community_id is None:
        return Me(account_id=caller.account_id)
    service, community_id = caller.service, principal.community_id
    me = Me(account_id=principal.account_id, community_id=community_id, roles=principal.roles)
    person_id = await person_of(service, community_id, principal.account_id)
    profile = await profile_of(service, person_id) if person_id else None
    if person_id is None or profile is None:
        return me
    state, reasons = await state_with_reasons(caller, person_id)
    name, email = await caller.open_all([profile.name, profile.email])
    declined = await declined_now(service, community_id)
    return me.model_copy(
        update={
            "person_id": person_id,
            "standing": state.standing,
            "name": name,
            "email": email,
            "language": profile.language,
            "access": reasons,
            "onboarding": state.onboarding,
            "next": state.next,
            "activity_recorded": person_id not in declined,
        }
    )
