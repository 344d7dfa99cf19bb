"""Saying whom a present is for, and seeing what became of it; and accepting one."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.membership.account.projections import EMAIL
from services.membership.agreeing import Agree, AskedDocument, agreement_of, asked_of_newcomers
from services.membership.arriving import found_again, newcomer, opened_by
from services.membership.branding import BrandShown, brand_of
from services.membership.community.projections import community_now, page_of, spoken
from services.membership.document.projections import accepting
from services.membership.gateways.gateway import Address
from services.membership.invitation.events import NotPostedReason
from services.membership.member.events import Language
from services.membership.member.projections import found_by, sought, standing_of
from services.membership.merging.projections import all_of
from services.membership.present import commands
from services.membership.present.decider import PRESENT, Present, Standing, addressee_of, door_of
from services.membership.present.events import Interval
from services.membership.present.projections import present_now, presents_by
from services.membership.seat.events import Claimant
from services.membership.things_named import name_of
from shared.auth import Link
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, CommunityId, PersonId
from shared.problem import Problem, error
from shared.reaction import NOTHING, Ask

router = APIRouter()

Giver = Annotated[Caller, needs("person")]
Message = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]


class AddressPresent(Body):
    """Whom it is for, what is written to them, and when they are to have it: at once, or within a year."""

    email: Address
    message: Message
    deliver_at: AwareDatetime | None = None
    language: Language | None = None


class Addressed(Written):
    present_id: UUID


@router.put("/me/presents/{present_id}", operation_id="address_present")
async def address_present(present_id: UUID, body: AddressPresent, caller: Giver) -> Addressed:
    """The id is that of billing's order, whose checkout may be open still: the letter goes once it is paid.

    Until it is accepted it may be for somebody else, up to five times; whoever it was for before, no link opens for.
    """
    service, community_id = caller.service, CommunityId(caller.community_id)
    present = await present_now(service, community_id, present_id)
    addressee = addressee_of(present_id, present.addresses + 1)
    known = await service.vault.find(EMAIL, community_id, body.email)
    address = commands.AddressPresent(
        person_id=await _giver(caller, present),
        email=await caller.seal(known or addressee, body.email),
        words=await caller.seal(addressee, body.message),
        language=await spoken(service, community_id, body.language),
        deliver_at=body.deliver_at,
        is_banned=await standing_of(caller.service, community_id, known) == "banned",
        at=caller.now,
    )
    written = await caller.ask(Ask(PRESENT, present_id, address))
    return Addressed(**written.model_dump(), present_id=present_id)


@router.post("/me/presents/{present_id}/letters", operation_id="resend_present")
async def resend_present(present_id: UUID, caller: Giver) -> Addressed:
    """To the same address; there is time again from now on."""
    present = await present_now(caller.service, caller.community_id, present_id)
    resend = commands.ResendPresent(await _giver(caller, present), caller.now)
    written = await caller.ask(Ask(PRESENT, present_id, resend))
    return Addressed(**written.model_dump(), present_id=present_id)


async def _giver(caller: Caller, present: Present) -> PersonId:
    """The caller, or whom they have taken in since they gave it."""
    everybody = await all_of(caller, caller.community_id, caller.person_id)
    is_own = present.giver_id is not None and present.giver_id in everybody
    return PersonId(present.giver_id if is_own and present.giver_id else caller.person_id)


class ListedPresent(BaseModel):
    """`email` is there while somebody is waited for; `not_posted` says why the last letter did not go.

    It is `withheld` while a bank is asked whether it is paid for.
    """

    present_id: UUID
    tier_id: UUID | None
    content_id: UUID | None
    interval: Interval
    count: int
    paid_at: datetime
    standing: Standing
    withheld: bool
    email: str | None
    deliver_at: datetime | None
    expires_at: datetime | None
    not_posted: NotPostedReason | None
    accepted_at: datetime | None


class Presents(BaseModel):
    items: list[ListedPresent]
    next: str | None


@router.get("/me/presents", operation_id="list_presents")
async def list_presents(
    caller: Giver, page: Annotated[Page, Depends(listing(filters=()))]
) -> Presents:
    """What one has bought for others, the last first; who accepted it is theirs to tell."""
    givers = await all_of(caller, caller.community_id, caller.person_id)
    async with caller.read() as connection:
        rows = await presents_by(connection, givers, page.cursor(by_moment), page.limit + 1)
    emails = await caller.open_all([row.email for row in rows])
    items = [
        ListedPresent(
            email=email, **{name: getattr(row, name) for name in row.__slots__ if name != "email"}
        )
        for row, email in zip(rows, emails, strict=True)
    ]
    return Presents(
        **page.answer(items, lambda last: f"{last.paid_at.isoformat()} {last.present_id}")
    )


class PublicPresent(BaseModel):
    """What the link alone shows: what is given and where, never by whom or to whom.

    It can be accepted by the link while it `is_open`; `documents` are what a new member accepts by that.
    """

    community_id: UUID
    community: str
    slug: str
    colour: str
    logo: str | None
    brand: BrandShown
    thing: str
    interval: Interval
    count: int
    expires_at: datetime | None
    is_open: bool
    documents: list[AskedDocument]


@router.get("/public/presents/{present_id}/{link}", operation_id="read_present")
async def read_present(
    present_id: UUID, link: str, caller: Annotated[Caller, needs("public")]
) -> PublicPresent:
    door = opened_by(caller, link, "claim")
    present = await present_now(caller.service, door.community_id, present_id)
    async with caller.read(door.community_id) as connection:
        page = await page_of(connection, door.community_id)
    if page is None or present.paid is None:
        raise NotFound("present_not_found", "There is no such present.")
    thing = present.paid.thing
    is_open = present.standing == "sent" and _number(present, present_id, door) > 0
    return PublicPresent(
        community_id=page.community_id,
        community=page.name,
        slug=page.slug,
        colour=page.colour,
        logo=page.logo,
        brand=brand_of(page),
        thing=await name_of(caller.service, door.community_id, thing, page.language),
        interval=thing.interval,
        count=thing.count,
        expires_at=present.expires_at,
        is_open=is_open,
        documents=await asked_of_newcomers(caller, door.community_id) if is_open else [],
    )


class AcceptPresent(Agree):
    """The name is how the community shall call who was not there before; the address is one they sign in with."""

    link: str = Field(max_length=2000)
    name: str | None = Field(default=None, min_length=1, max_length=200)
    email: Address | None = None
    language: Language | None = None


class Accepted(Written):
    present_id: UUID
    community_id: UUID
    person_id: UUID


@router.post("/presents/{present_id}/acceptance", status_code=201, operation_id="accept_present")
async def accept_present(
    present_id: UUID, body: AcceptPresent, caller: Annotated[Caller, needs("account")]
) -> Accepted:
    """For whoever has the letter, under whichever address they sign in: it is theirs from now on.

    Who is no member becomes one by it. Their next token names them as a person a moment later.
    """
    door = opened_by(caller, body.link, "claim")
    return await found_again(lambda: _accept(caller, door, present_id, body))


async def _accept(caller: Caller, door: Link, present_id: UUID, body: AcceptPresent) -> Accepted:
    service, community_id = caller.service, CommunityId(door.community_id)
    community = await community_now(service, community_id)
    present = await present_now(service, community_id, present_id)
    found = await sought(service, community_id, caller.account_id, body.email or "")
    member = await standing_of(caller.service, community_id, found.person_id)
    person_id = found.person_id or PersonId(caller.new_id("person"))
    agreement = await agreement_of(caller, community_id, found.person_id, body)
    joins, keep = None, NOTHING
    if member != "joined":
        joins = await _joining(caller, community_id, person_id, body)
        keep = await found_by(service, community_id, found, person_id)
    accept = commands.AcceptPresent(
        number=_number(present, present_id, door),
        account_id=AccountId(caller.account_id),
        person_id=person_id,
        joins=joins,
        member=member,
        email_is_own=found.is_own,
        agreement=agreement,
        at=caller.now,
    )
    asks = [Ask(PRESENT, present_id, accept, keep), *accepting(person_id, agreement)]
    written = await caller.ask(*asks, community_id=community_id, mode=community.mode)
    return Accepted(
        **written.model_dump(),
        present_id=present_id,
        community_id=community_id,
        person_id=person_id,
    )


async def _joining(
    caller: Caller, community_id: CommunityId, person_id: PersonId, body: AcceptPresent
) -> Claimant:
    """How somebody who is no member is known from now on."""
    if body.name is None or body.email is None:
        wrong = [
            error("missing", "Say how the community knows you.", f"/{name}")
            for name in ("name", "email")
            if getattr(body, name) is None
        ]
        raise Problem(422, "invalid_request", wrong[0]["detail"], errors=wrong)
    return await newcomer(
        caller,
        community_id,
        person_id,
        name=body.name,
        email=body.email,
        language=await spoken(caller.service, community_id, body.language),
    )


def _number(present: Present, present_id: UUID, door: Link) -> int:
    """To which address the letter went; 0 for one that it is not for any more."""
    is_open = door.subject == door_of(present_id, present.addresses)
    return present.addresses if is_open else 0
