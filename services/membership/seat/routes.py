"""Giving seats to people and taking them back; and sitting down on one."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.membership.account.projections import EMAIL
from services.membership.agreeing import (
    Agree,
    AskedDocument,
    agreement_of,
    asked_of_newcomers,
)
from services.membership.arriving import found_again, newcomer, opened_by
from services.membership.branding import BrandShown, brand_of
from services.membership.community.projections import community_now, page_of, spoken
from services.membership.document.projections import accepting
from services.membership.expected import seated
from services.membership.gateways.gateway import Address
from services.membership.invitation.events import NotPostedReason
from services.membership.member.events import Language
from services.membership.member.projections import (
    Sought,
    found_by,
    member_now,
    profile_of,
    sought,
    standing_of,
)
from services.membership.organisation.projections import organisation_now
from services.membership.representing import needs_payer
from services.membership.seat import commands
from services.membership.seat.decider import (
    SEAT,
    Seat,
    Standing,
    addressee_of,
    already_seated,
)
from services.membership.seat.events import Claimant, RevokedFor
from services.membership.seat.projections import ListedPlan, plan_now, plans_of, seats_of
from services.membership.tier.projections import tier_name
from shared.auth import Link
from shared.command_handler import Claimed
from shared.decider import NotFound
from shared.event_store import Forget, Keep
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, CommunityId, PersonId
from shared.reaction import NOTHING, Ask

router = APIRouter()

GOOD_FOR = timedelta(days=30)

PLAN = "/people/{person_id}/seat-plans/{subscription_id}"
Payer = Annotated[Caller, needs_payer("access.write", strict=True)]
Reader = Annotated[Caller, needs_payer("access.read")]


class SeatPlans(BaseModel):
    items: list[ListedPlan]


@router.get("/people/{person_id}/seat-plans", operation_id="list_seat_plans")
async def list_seat_plans(person_id: PersonId, caller: Reader) -> SeatPlans:
    """What the payer pays for that others may have: one plan for each subscription with seats.

    Of an organisation, its id stands for the person's, and who represents it may ask.
    """
    payer = await organisation_now(caller.service, caller.community_id, person_id)
    if payer.papers is None:
        await member_now(caller.service, caller.community_id, person_id)
    async with caller.read() as connection:
        return SeatPlans(items=await plans_of(connection, caller.community_id, person_id))


class AssignSeat(Body):
    email: Address
    language: Language | None = None


class Assigned(Written):
    seat_id: UUID


@router.post(f"{PLAN}/seats", status_code=201, operation_id="assign_seat")
async def assign_seat(
    person_id: PersonId, subscription_id: UUID, body: AssignSeat, caller: Payer
) -> Assigned:
    """Whoever has the address is written to, and has thirty days."""
    ask = await _assign(caller, person_id, subscription_id, body)
    return await _ask(caller, ask)


@router.post(f"{PLAN}/own-seat", status_code=201, operation_id="take_own_seat")
async def take_own_seat(person_id: PersonId, subscription_id: UUID, caller: Payer) -> Assigned:
    """The payer sits on one of their own, and needs no letter."""
    service = caller.service
    member = await member_now(service, caller.community_id, person_id)
    profile = await profile_of(service, person_id)
    address = await caller.open(profile.email) if profile else None
    if profile is None or address is None or member.account_id is None:
        raise NotFound("person_not_found", "There is no such person.")
    body = AssignSeat(email=address, language=profile.language)
    assign = await _assign(caller, person_id, subscription_id, body)
    seat_id = caller.new_id("seat")
    claimant = Claimant(person_id, profile.name, profile.email, profile.language)
    claim = commands.ClaimSeat(
        seat_id, member.account_id, claimant, member.standing == "banned", caller.now
    )
    return await _ask(caller, assign, Ask(SEAT, subscription_id, claim))


async def _assign(
    caller: Caller, payer_id: PersonId, subscription_id: UUID, body: AssignSeat
) -> Ask:
    service, community_id = caller.service, CommunityId(caller.community_id)
    seat_id = caller.new_id("seat")
    addressee = addressee_of(seat_id)
    known = await service.vault.find(EMAIL, community_id, body.email)
    assign = commands.AssignSeat(
        payer_id=payer_id,
        seat_id=seat_id,
        email=await caller.seal(known or addressee, body.email),
        language=await spoken(service, community_id, body.language),
        by=AccountId(caller.account_id),
        expires_at=caller.now + GOOD_FOR,
        known=PersonId(known) if known else None,
        is_banned=await standing_of(service, community_id, known) == "banned",
    )
    once = seated(service, community_id, subscription_id, body.email, addressee)
    return Ask(SEAT, subscription_id, assign, Keep(lookups=(once,)))


async def _ask(caller: Caller, *asks: Ask) -> Assigned:
    seat_id = caller.new_id("seat")
    try:
        written = await caller.ask(*asks)
    except Claimed as claimed:
        raise already_seated() from claimed
    return Assigned(**written.model_dump(), seat_id=seat_id)


@router.post(f"{PLAN}/seats/{{seat_id}}/letters", operation_id="resend_seat")
async def resend_seat(
    person_id: PersonId, subscription_id: UUID, seat_id: UUID, caller: Payer
) -> Written:
    """There is time again from now on."""
    resend = commands.ResendSeat(person_id, seat_id, caller.now + GOOD_FOR)
    return await caller.ask(Ask(SEAT, subscription_id, resend), seat_id=seat_id)


@router.post(f"{PLAN}/seats/{{seat_id}}/revocation", operation_id="take_seat_back")
async def take_seat_back(
    person_id: PersonId, subscription_id: UUID, seat_id: UUID, caller: Payer
) -> Written:
    """The address is forgotten with it; it, or another, may be given the seat."""
    take = commands.TakeSeatBack(person_id, seat_id)
    forget = Keep(forget=(Forget(addressee_of(seat_id)),))
    return await caller.ask(Ask(SEAT, subscription_id, take, forget), seat_id=seat_id)


class ListedSeat(BaseModel):
    """`email` is gone once the seat is lost; `not_posted` says why the last letter did not go."""

    seat_id: UUID
    email: str | None
    standing: Standing
    assigned_at: datetime
    expires_at: datetime
    letters: int
    not_posted: NotPostedReason | None
    person_id: UUID | None
    claimed_at: datetime | None
    revoked_at: datetime | None
    reason: RevokedFor | None


class Seats(BaseModel):
    items: list[ListedSeat]
    next: str | None


@router.get(f"{PLAN}/seats", operation_id="list_seats")
async def list_seats(
    person_id: PersonId,
    subscription_id: UUID,
    caller: Reader,
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Seats:
    """Those last assigned first, and those that were lost as well."""
    plan = await plan_now(caller.service, caller.community_id, subscription_id)
    plan.insist_on_payer(person_id)
    async with caller.read() as connection:
        rows = await seats_of(
            connection,
            subscription_id,
            standing=page.filters.get("standing"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    emails = await caller.open_all([None if row.revoked_at else row.email for row in rows])
    items = [
        ListedSeat(
            email=email,
            **{name: getattr(row, name) for name in row.__slots__ if name != "email"},
        )
        for row, email in zip(rows, emails, strict=True)
    ]
    return Seats(
        **page.answer(items, lambda last: f"{last.assigned_at.isoformat()} {last.seat_id}")
    )


class PublicSeat(BaseModel):
    """What the link alone shows: what the seat opens and where, never whose it is.

    `documents` are what a new member accepts, as long as nobody has taken it.
    """

    community_id: UUID
    community: str
    slug: str
    colour: str
    logo: str | None
    brand: BrandShown
    tier: str | None
    expires_at: datetime
    standing: Standing
    documents: list[AskedDocument]


@router.get("/public/seats/{subscription_id}/{link}", operation_id="read_seat")
async def read_seat(
    subscription_id: UUID, link: str, caller: Annotated[Caller, needs("public")]
) -> PublicSeat:
    door = opened_by(caller, link, "claim")
    plan = await plan_now(caller.service, door.community_id, subscription_id)
    seat = plan.seats.get(door.subject)
    async with caller.read(door.community_id) as connection:
        page = await page_of(connection, door.community_id)
        tier = await tier_name(connection, plan.tier_id)
    if page is None or seat is None:
        raise NotFound("seat_not_found", "There is no such seat.")
    waits = seat.standing == "pending" and caller.now < seat.expires_at
    return PublicSeat(
        community_id=page.community_id,
        community=page.name,
        slug=page.slug,
        colour=page.colour,
        logo=page.logo,
        brand=brand_of(page),
        tier=tier,
        expires_at=seat.expires_at,
        standing=seat.standing,
        documents=await asked_of_newcomers(caller, door.community_id) if waits else [],
    )


class ClaimSeat(Agree):
    """The name is how the community shall call who was not there before."""

    link: str = Field(max_length=2000)
    name: str = Field(min_length=1, max_length=200)
    language: Language | None = None


class Seated(Written):
    seat_id: UUID
    community_id: UUID
    person_id: UUID


@router.post("/seats/{subscription_id}/claims", status_code=201, operation_id="claim_seat")
async def claim_seat(
    subscription_id: UUID, body: ClaimSeat, caller: Annotated[Caller, needs("account")]
) -> Seated:
    """For whoever signs in with the address of the seat; the link alone opens nothing.

    Their next token names them as a person a moment later.
    """
    door = opened_by(caller, body.link, "claim")
    return await found_again(lambda: _sit(caller, door, subscription_id, body))


async def _sit(caller: Caller, door: Link, subscription_id: UUID, body: ClaimSeat) -> Seated:
    service, community_id = caller.service, CommunityId(door.community_id)
    community = await community_now(service, community_id)
    plan = await plan_now(service, community_id, subscription_id)
    seat = plan.seats.get(door.subject)
    address = await caller.open(seat.assigned.email if seat else None)
    found = await sought(service, community_id, caller.account_id, address or "")
    known = found.person_id
    standing = await standing_of(service, community_id, known)
    agreement = await agreement_of(caller, community_id, known, body)
    person_id = known or PersonId(caller.new_id("person"))
    claimant, keep = await _claimant(caller, door, seat, person_id, found, body)
    claim = commands.ClaimSeat(
        seat_id=door.subject,
        account_id=AccountId(caller.account_id),
        claimant=claimant,
        is_banned=standing == "banned",
        at=caller.now,
        is_member=standing == "joined",
        agreement=agreement,
    )
    asks = [Ask(SEAT, subscription_id, claim, keep), *accepting(person_id, agreement)]
    written = await caller.ask(*asks, community_id=community_id, mode=community.mode)
    return Seated(
        **written.model_dump(),
        seat_id=door.subject,
        community_id=community_id,
        person_id=person_id,
    )


async def _claimant(
    caller: Caller,
    door: Link,
    seat: Seat | None,
    person_id: PersonId,
    found: Sought,
    body: ClaimSeat,
) -> tuple[Claimant | None, Keep]:
    """Who sits down, and by what they are found from then on; nobody where the seat is not for them."""
    if seat is None or not found.is_own:
        return None, NOTHING
    claimant = await newcomer(
        caller,
        door.community_id,
        person_id,
        name=body.name,
        email=found.email,
        language=body.language or seat.assigned.language,
    )
    keep = await found_by(caller.service, door.community_id, found, person_id)
    return claimant, keep
