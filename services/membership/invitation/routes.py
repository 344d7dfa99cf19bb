"""Inviting people, and being invited."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, TypedDict
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from services.membership.account.projections import EMAIL, account_of
from services.membership.agreeing import (
    Agree,
    AskedDocument,
    agreement_of,
    asked_of_newcomers,
)
from services.membership.arriving import found_again, opened_by
from services.membership.branding import BrandShown, brand_of
from services.membership.community.events import Role
from services.membership.community.projections import community_now, page_of, spoken
from services.membership.document.projections import accepting
from services.membership.expected import INVITED
from services.membership.gateways.gateway import Address
from services.membership.invitation import commands
from services.membership.invitation.decider import INVITATION, Invitation, Standing, addressee_of
from services.membership.invitation.events import (
    InvitedRole,
    NotPostedReason,
    PersonInvited,
    PromisedLink,
)
from services.membership.invitation.projections import (
    invitation_now,
    invitations_of,
    theirs_of,
)
from services.membership.member.events import Language
from services.membership.member.projections import found_by, sought, standing_of
from services.membership.sponsorship.events import SponsorshipId
from services.membership.sponsorship.projections import sponsor_name
from services.membership.tier.events import TierId
from services.membership.tier.projections import free_tiers_of, tier_name, tiers_of
from shared import auth
from shared.auth import Link
from shared.command_handler import Claimed
from shared.decider import NotFound
from shared.event_store import Forget, Keep
from shared.http import Body, Caller, Page, Written, by_moment, listing, needs
from shared.ids import AccountId, Code, CommunityId, Label, PersonId
from shared.problem import Problem, error
from shared.reaction import Ask

router = APIRouter()

DAYS = 14
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Target = Annotated[str, StringConstraints(pattern=r"^/([A-Za-z0-9_.~-][A-Za-z0-9/_.~-]{0,300})?$")]
Days = Annotated[int, Field(ge=1, le=60)]


class Invite(Body):
    email: Address
    language: Language | None = None
    days: Days = DAYS


class InvitePerson(Invite):
    """With a tier as a gift, for good or until a time."""

    tier_id: UUID | None = None
    until: AwareDatetime | None = None


class AffiliateLink(Body):
    """Made to the credit of whoever accepts; `target` is a page at this origin."""

    name: Name
    target: Target
    days: int = Field(default=30, ge=1, le=365)


class InviteStaff(Invite):
    """Who sees only their own is told what that is: an affiliate their `link`, a sponsor's contact the sponsorship."""

    role: InvitedRole
    link: AffiliateLink | None = None
    sponsorship_id: UUID | None = None


class Invited(Written):
    invitation_id: UUID


@router.post("/invitations", status_code=201, operation_id="invite_person")
async def invite_person(
    body: InvitePerson, caller: Annotated[Caller, needs("members.write", strict=True)]
) -> Invited:
    """A gift needs the permission to give access, too."""
    if body.tier_id is None:
        return await _invite(caller, body, None, Theirs(until=body.until))
    if not caller.may("access.write"):
        raise Problem(403, "forbidden", "Your roles do not allow access.write.")
    async with caller.read() as connection:
        tiers = {tier.tier_id: tier for tier in await tiers_of(connection, caller.community_id)}
    tier = tiers.get(TierId(body.tier_id))
    if tier is None:
        wrong = error("tier_not_found", "There is no such tier.", "/tier_id")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong])
    theirs = Theirs(tier_id=tier.tier_id, until=body.until, tier_retired=tier.retired)
    return await _invite(caller, body, None, theirs)


@router.post("/staff/invitations", status_code=201, operation_id="invite_staff")
async def invite_staff(
    body: InviteStaff, caller: Annotated[Caller, needs("staff.write", strict=True)]
) -> Invited:
    """Who joins as an affiliate becomes a member too, so that what they earn is somebody's."""
    sponsorship_id = SponsorshipId(body.sponsorship_id) if body.sponsorship_id else None
    sponsor = await sponsor_name(caller.service, caller.community_id, sponsorship_id)
    theirs = Theirs(link=_promised(body.link), sponsorship_id=sponsorship_id, sponsor=sponsor)
    return await _invite(caller, body, body.role, theirs)


class Theirs(TypedDict, total=False):
    """What the invited are promised."""

    tier_id: TierId | None
    until: datetime | None
    link: PromisedLink | None
    sponsorship_id: SponsorshipId | None
    sponsor: Label | None
    tier_retired: bool


def _promised(link: AffiliateLink | None) -> PromisedLink | None:
    return PromisedLink(Label(link.name), Code(link.target), link.days) if link else None


async def _invite(
    caller: Caller, body: Invite, role: InvitedRole | None, theirs: Theirs
) -> Invited:
    service, community_id = caller.service, CommunityId(caller.community_id)
    invitation_id = caller.new_id("invitation")
    addressee = addressee_of(invitation_id)
    if await service.vault.find(INVITED, community_id, body.email) not in (None, addressee):
        raise _already_invited()
    known = await service.vault.find(EMAIL, community_id, body.email)
    invite = commands.InvitePerson(
        email=await caller.seal(known or addressee, body.email),
        language=await spoken(service, community_id, body.language),
        by=AccountId(caller.account_id),
        invitee=await _invitee(caller, community_id, body.email, known, role),
        role=role,
        expires_at=caller.now + timedelta(days=body.days),
        at=caller.now,
        **theirs,
    )
    once = Keep(lookups=(service.vault.lookup(INVITED, community_id, body.email, addressee),))
    try:
        written = await caller.ask(Ask(INVITATION, invitation_id, invite, once))
    except Claimed as claimed:
        raise _already_invited() from claimed
    return Invited(**written.model_dump(), invitation_id=invitation_id)


async def _invitee(
    caller: Caller,
    community_id: CommunityId,
    email: str,
    person_id: UUID | None,
    role: InvitedRole | None,
) -> commands.Invitee:
    standing = None
    if person_id is not None:
        standing = await standing_of(caller.service, community_id, person_id)
    if standing == "banned":
        return "banned"
    account_id = await account_of(caller.service, email)
    community = await community_now(caller.service, community_id)
    if role is not None and account_id and role in community.roles_of(account_id):
        return "staff"
    return "member" if standing == "joined" else "unknown"


def _already_invited() -> Problem:
    return Problem(
        409, "already_invited", "This address is invited already: send it again, or withdraw it."
    )


class Resend(Body):
    days: Days = DAYS


@router.post("/invitations/{invitation_id}/letters", operation_id="resend_invitation")
async def resend_invitation(
    invitation_id: UUID,
    body: Resend,
    caller: Annotated[Caller, needs("members.write", strict=True)],
) -> Written:
    """There is time again from now on."""
    await _own(caller, invitation_id)
    resend = commands.ResendInvitation(caller.now + timedelta(days=body.days), caller.now)
    return await caller.ask(Ask(INVITATION, invitation_id, resend), invitation_id=invitation_id)


@router.post("/invitations/{invitation_id}/withdrawal", operation_id="withdraw_invitation")
async def withdraw_invitation(
    invitation_id: UUID, caller: Annotated[Caller, needs("members.write", strict=True)]
) -> Written:
    """The address is forgotten with it, and may be invited again."""
    await _own(caller, invitation_id)
    forget = Keep(forget=(Forget(addressee_of(invitation_id)),))
    withdraw = commands.WithdrawInvitation()
    ask = Ask(INVITATION, invitation_id, withdraw, forget)
    return await caller.ask(ask, invitation_id=invitation_id)


async def _own(caller: Caller, invitation_id: UUID) -> None:
    """What invites to work is for those who may choose who works."""
    invitation = await invitation_now(caller.service, caller.community_id, invitation_id)
    if invitation.invited and invitation.invited.role and not caller.may("staff.write"):
        raise Problem(403, "forbidden", "Your roles do not allow staff.write.")


class ListedInvitation(BaseModel):
    """`email` is gone once the invitation is over; `not_posted` says why the last letter did not go."""

    invitation_id: UUID
    email: str | None
    role: InvitedRole | None
    tier_id: UUID | None
    until: datetime | None
    invited_by: UUID
    invited_at: datetime
    expires_at: datetime
    standing: Standing
    letters: int
    not_posted: NotPostedReason | None
    ended_at: datetime | None
    person_id: UUID | None


class Invitations(BaseModel):
    items: list[ListedInvitation]
    next: str | None


@router.get("/invitations", operation_id="list_invitations")
async def list_invitations(
    caller: Annotated[Caller, needs("members.read")],
    page: Annotated[Page, Depends(listing(filters=("standing",)))],
) -> Invitations:
    """The newest first."""
    async with caller.read() as connection:
        rows = await invitations_of(
            connection,
            caller.community_id,
            standing=page.filters.get("standing"),
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    emails = await caller.open_all([row.email for row in rows])
    items = [
        ListedInvitation(
            email=email,
            **{name: getattr(row, name) for name in row.__slots__ if name != "email"},
        )
        for row, email in zip(rows, emails, strict=True)
    ]
    return Invitations(
        **page.answer(items, lambda last: f"{last.invited_at.isoformat()} {last.invitation_id}")
    )


class PublicInvitation(BaseModel):
    """What the link alone shows: who invites and to what, never whom. `theirs` is the link or sponsor it is about.

    `documents` are what a new member accepts, as long as the invitation is open.
    """

    community_id: UUID
    community: str
    slug: str
    colour: str
    logo: str | None
    brand: BrandShown
    role: InvitedRole | None
    theirs: str | None
    tier: str | None
    until: datetime | None
    expires_at: datetime | None
    standing: Standing
    documents: list[AskedDocument]


@router.get("/public/invitations/{link}", operation_id="read_invitation")
async def read_invitation(
    link: str, caller: Annotated[Caller, needs("public")]
) -> PublicInvitation:
    door = opened_by(caller, link, "invitation")
    invitation = await invitation_now(caller.service, door.community_id, door.subject)
    async with caller.read(door.community_id) as connection:
        page = await page_of(connection, door.community_id)
        invited = invitation.invited
        tier = await tier_name(connection, invited.tier_id if invited else None)
    if page is None or invited is None:
        raise NotFound("invitation_not_found", "There is no such invitation.")
    return PublicInvitation(
        community_id=page.community_id,
        community=page.name,
        slug=page.slug,
        colour=page.colour,
        logo=page.logo,
        brand=brand_of(page),
        role=invited.role,
        theirs=await theirs_of(caller.service, door.community_id, invited),
        tier=tier,
        until=invited.until,
        expires_at=invitation.expires_at,
        standing=invitation.standing,
        documents=await _asked(caller, door.community_id, invitation),
    )


async def _asked(caller: Caller, community_id: UUID, invitation: Invitation) -> list[AskedDocument]:
    """Told with the link while it opens something: of a community that strangers do not see they read nothing else."""
    invited = invitation.invited
    if invited is None or not _comes(invited) or not invitation.is_open(caller.now):
        return []
    return await asked_of_newcomers(caller, community_id)


class AcceptInvitation(Agree):
    """The name is how the community shall call who joins; who comes to work needs none, but an affiliate does."""

    link: str = Field(max_length=2000)
    name: str | None = Field(default=None, min_length=1, max_length=200)
    language: Language | None = None


class Accepted(Written):
    """Who has come to work is a person of the community only if they were before."""

    invitation_id: UUID
    community_id: UUID
    person_id: UUID | None


@router.post("/invitations/acceptance", status_code=201, operation_id="accept_invitation")
async def accept_invitation(
    body: AcceptInvitation, caller: Annotated[Caller, needs("account")]
) -> Accepted:
    """For whoever signs in with the invited address; the link alone opens nothing.

    Their next token names them as a person, or with their role, a moment later.
    """
    door = opened_by(caller, body.link, "invitation")
    return await found_again(lambda: _accept(caller, door, body))


async def _accept(caller: Caller, door: Link, body: AcceptInvitation) -> Accepted:
    service, community_id = caller.service, CommunityId(door.community_id)
    community = await community_now(service, community_id)
    invitation = await invitation_now(service, community_id, door.subject)
    invited = invitation.invited
    address = await caller.open(invited.email if invited else None)
    found = await sought(service, community_id, caller.account_id, address or "")
    is_own, person_id = address is not None and found.is_own, found.person_id
    accept = commands.AcceptInvitation(
        account_id=AccountId(caller.account_id),
        email_is_own=is_own,
        inviter_may=invited is not None and _may(community.roles_of(invited.invited_by), invited),
        member=await standing_of(caller.service, community_id, person_id),
        language=body.language or (invited.language if invited else community.language),
        at=caller.now,
    )
    keep, agrees = Keep(forget=(Forget(addressee_of(door.subject)),)), []
    if _comes(invited) and is_own and address and invitation.standing == "open":
        person_id = person_id or PersonId(caller.new_id("person"))
        accept = await _as_person(caller, accept, person_id, address, body, community_id)
        keep = keep + await found_by(service, community_id, found, person_id)
        agrees = accepting(person_id, accept.agreement)
    asks = [Ask(INVITATION, door.subject, accept, keep), *agrees]
    written = await caller.ask(*asks, community_id=community_id, mode=community.mode)
    return Accepted(
        **written.model_dump(),
        invitation_id=door.subject,
        community_id=community_id,
        person_id=person_id,
    )


async def _as_person(
    caller: Caller,
    accept: commands.AcceptInvitation,
    person_id: PersonId,
    address: str,
    body: AcceptInvitation,
    community_id: CommunityId,
) -> commands.AcceptInvitation:
    if body.name is None:
        wrong = error("missing", "Say what the community shall call you.", "/name")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong])
    async with caller.read(community_id) as connection:
        free_tiers = await free_tiers_of(connection, community_id)
    return replace(
        accept,
        person_id=person_id,
        name=await caller.seal(person_id, body.name),
        email=await caller.seal(person_id, address),
        free_tiers=free_tiers,
        agreement=await agreement_of(caller, community_id, person_id, body),
    )


def _may(roles: tuple[Role, ...], invited: PersonInvited) -> bool:
    return auth.may(roles, "staff.write" if invited.role else "members.write")


def _comes(invited: PersonInvited | None) -> bool:
    """Whether who accepts becomes a member by it."""
    return invited is not None and (invited.role is None or invited.link is not None)
