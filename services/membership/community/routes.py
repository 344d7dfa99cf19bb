"""Opening a community, showing its page, and saying who works for it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import AfterValidator, BaseModel, Field, StringConstraints

from services.membership.account.projections import account_exists
from services.membership.branding import BrandShown, brand_of
from services.membership.community import commands
from services.membership.community.decider import COMMUNITY, SLUG, slug_stream
from services.membership.community.events import (
    Audience,
    Brand,
    CommunityKind,
    Mode,
    Role,
    Visibility,
)
from services.membership.community.projections import (
    CommunityPage,
    acting_in,
    community_now,
    page_at,
    page_of,
)
from services.membership.domain.projections import own_origin
from services.membership.languages import preferred
from services.membership.member.events import Language
from services.membership.member.projections import is_shut_out
from services.membership.setup.projections import has_prices
from services.membership.tier.projections import Tier, tiers_of
from services.membership.zones import TimeZone
from shared.auth import PERMISSIONS, Principal
from shared.decider import NotFound, Rejected
from shared.http import Body, Caller, Written, needs
from shared.ids import PLATFORM, AccountId, Code, CommunityId, Label
from shared.money import CURRENCIES
from shared.problem import Problem, error
from shared.reaction import Ask
from shared.visibility.gate import visibility_of, visitor

router = APIRouter()


def _currency(text: str) -> str:
    if text not in CURRENCIES:
        raise ValueError("is not an ISO 4217 currency")
    return text


Slug = Annotated[str, Field(min_length=2, max_length=63, pattern="^[a-z0-9]+(-[a-z0-9]+)*$")]


Colour = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]


class CommunityBrand(Body):
    """`accent` is the colour of what is pressed, in letters too; without one it is the `colour`."""

    colour: Colour = "#1f6feb"
    accent: Colour | None = None
    logo: str | None = Field(default=None, max_length=200, pattern=r"^https://[^\s\"'<>]+$")


class CreateCommunity(Body):
    """Without a `language` it speaks the one that Accept-Language prefers, and English without either."""

    kind: CommunityKind
    name: str = Field(min_length=1, max_length=200)
    slug: Slug
    brand: CommunityBrand = CommunityBrand()
    currency: Annotated[str, AfterValidator(_currency)]
    time_zone: TimeZone = "UTC"
    mode: Mode = "live"
    visibility: Visibility = "public"
    language: Language | None = None
    audience: Audience = "persons"


class Created(Written):
    """`access_token` is the owner's, good in the new community at once; a dry run gives none."""

    community_id: UUID
    access_token: str | None = None


class Page(BaseModel):
    """`home` is where its pages are, under a domain of its own that it has proved."""

    community_id: UUID
    slug: str
    kind: CommunityKind
    name: str
    brand: BrandShown
    currency: str
    time_zone: str
    mode: Mode
    visibility: Visibility
    language: Language
    audience: Audience
    home: str | None
    tiers: list[Tier]


@router.post("/communities", status_code=201, operation_id="create_community")
async def create_community(
    body: CreateCommunity, request: Request, caller: Annotated[Caller, needs("account")]
) -> Created:
    community_id = CommunityId(caller.new_id("community"))
    create = commands.CreateCommunity(
        owner=AccountId(caller.account_id),
        kind=body.kind,
        name=Label(body.name),
        slug=Code(body.slug),
        brand=_brand(body.brand),
        currency=Code(body.currency),
        time_zone=Code(body.time_zone),
        mode=body.mode,
        visibility=body.visibility,
        language=body.language or preferred(request.headers.get("accept-language", "")),
        audience=body.audience,
    )
    written = await caller.ask(
        Ask(COMMUNITY, community_id, create),
        _take(body.slug, community_id),
        community_id=community_id,
        mode=body.mode,
    )
    token = None if written.would else await _token(caller, community_id)
    return Created(**written.model_dump(), community_id=community_id, access_token=token)


class MoveCommunity(Body):
    slug: Slug


@router.put("/communities/{community_id}/slug", operation_id="move_community")
async def move_community(
    community_id: CommunityId,
    body: MoveCommunity,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    _own(caller, community_id)
    before = (await community_now(caller.service, community_id)).slug or Code("")
    move = Ask(COMMUNITY, community_id, commands.MoveCommunity(before, Code(body.slug)))
    if before == body.slug:
        return await caller.ask(move)
    return await caller.ask(move, _free(before, community_id), _take(body.slug, community_id))


@router.put("/communities/{community_id}/brand", operation_id="rebrand_community")
async def rebrand_community(
    community_id: CommunityId,
    body: CommunityBrand,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """The whole brand anew: its page and every letter from now on look like this."""
    _own(caller, community_id)
    return await caller.ask(Ask(COMMUNITY, community_id, commands.RebrandCommunity(_brand(body))))


class RenameCommunity(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


@router.put("/communities/{community_id}/name", operation_id="rename_community")
async def rename_community(
    community_id: CommunityId,
    body: RenameCommunity,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """Its page, its letters and what is paid on are called so from now on; its address stays."""
    _own(caller, community_id)
    return await caller.ask(
        Ask(COMMUNITY, community_id, commands.RenameCommunity(Label(body.name)))
    )


class ChooseCurrency(Body):
    currency: Annotated[str, AfterValidator(_currency)]


@router.put("/communities/{community_id}/currency", operation_id="choose_currency")
async def choose_currency(
    community_id: CommunityId,
    body: ChooseCurrency,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """What it reckons in, as long as no offer and no gathering with a price was ever published here."""
    _own(caller, community_id)
    async with caller.read() as connection:
        in_use = await has_prices(connection, community_id)
    choose = commands.ChooseCurrency(Code(body.currency), in_use)
    return await caller.ask(Ask(COMMUNITY, community_id, choose))


class ChooseLanguage(Body):
    language: Language


@router.put("/communities/{community_id}/language", operation_id="choose_language")
async def choose_language(
    community_id: CommunityId,
    body: ChooseLanguage,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """Whoever comes from now on and says nothing of theirs is written to in it; who is here keeps theirs."""
    _own(caller, community_id)
    return await caller.ask(Ask(COMMUNITY, community_id, commands.ChooseLanguage(body.language)))


class ChooseTimeZone(Body):
    time_zone: TimeZone


@router.put("/communities/{community_id}/time-zone", operation_id="choose_time_zone")
async def choose_time_zone(
    community_id: CommunityId,
    body: ChooseTimeZone,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """Letters say times in it from now on, and days begin by it, in figures and books those before as well.

    Nothing that is planned moves: gatherings, announcements and whatever else is due keep their moment, each ritual the
    wall clock of the zone it was promised in, until it is given another (`PUT /rituals/{ritual_id}`), and what was
    bought the days of the zone it was bought in.
    """
    _own(caller, community_id)
    choose = commands.ChooseTimeZone(Code(body.time_zone))
    return await caller.ask(Ask(COMMUNITY, community_id, choose))


class ChooseKind(Body):
    kind: CommunityKind


@router.put("/communities/{community_id}/kind", operation_id="choose_kind")
async def choose_kind(
    community_id: CommunityId,
    body: ChooseKind,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """What its page says it is; nothing else depends on it."""
    _own(caller, community_id)
    return await caller.ask(Ask(COMMUNITY, community_id, commands.ChooseKind(body.kind)))


class ChooseAudience(Body):
    audience: Audience


@router.put("/communities/{community_id}/audience", operation_id="choose_audience")
async def choose_audience(
    community_id: CommunityId,
    body: ChooseAudience,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """Whom it is made for: its page says so, and the setup suggests what sells to them. It keeps nobody out."""
    _own(caller, community_id)
    return await caller.ask(Ask(COMMUNITY, community_id, commands.ChooseAudience(body.audience)))


class ChooseVisibility(Body):
    visibility: Visibility


@router.put("/communities/{community_id}/visibility", operation_id="choose_visibility")
async def choose_visibility(
    community_id: CommunityId,
    body: ChooseVisibility,
    caller: Annotated[Caller, needs("community.write", strict=True)],
) -> Written:
    """Strangers find a `private` community nowhere; who belongs to it sees all of it, who is invited comes in."""
    _own(caller, community_id)
    return await caller.ask(
        Ask(COMMUNITY, community_id, commands.ChooseVisibility(body.visibility))
    )


@router.get("/communities/{community_id}", operation_id="read_community")
async def read_community(
    community_id: CommunityId, caller: Annotated[Caller, needs("account")]
) -> Page:
    _own(caller, community_id)
    async with caller.read() as connection:
        return await _page(connection, await page_of(connection, community_id))


@router.get("/public/communities/{slug}", operation_id="read_public_community")
async def read_public_community(
    slug: str, response: Response, caller: Annotated[Caller, needs("public")]
) -> Page:
    """Marked `noindex` where it is unlisted."""
    async with caller.read(PLATFORM) as connection:
        page = await page_at(connection, slug)
    await visitor(page.community_id if page else PLATFORM, response, caller)
    async with caller.read(page.community_id if page else PLATFORM) as connection:
        return await _page(connection, page)


class GrantRole(Body):
    account_id: UUID
    role: Role


@router.post("/staff", status_code=201, operation_id="grant_role")
async def grant_role(
    body: GrantRole, caller: Annotated[Caller, needs("staff.write", strict=True)]
) -> Written:
    if not await account_exists(caller.service, body.account_id):
        wrong = error("account_not_found", "Nobody signs in with this account.", "/account_id")
        raise Problem(422, "invalid_request", wrong["detail"], errors=[wrong])
    if await is_shut_out(caller.service, caller.community_id, body.account_id):
        raise Rejected(
            "banned", "This person was shut out: lift the ban first.", pointer="/account_id"
        )
    by, account_id = AccountId(caller.account_id), AccountId(body.account_id)
    grant = commands.GrantRole(by, account_id, body.role)
    return await caller.ask(Ask(COMMUNITY, caller.community_id, grant))


@router.delete("/staff/{account_id}/{role}", operation_id="revoke_role")
async def revoke_role(
    account_id: AccountId,
    role: Role,
    caller: Annotated[Caller, needs("staff.write", strict=True)],
) -> Written:
    revoke = commands.RevokeRole(AccountId(caller.account_id), account_id, role)
    return await caller.ask(Ask(COMMUNITY, caller.community_id, revoke))


class StaffMember(BaseModel):
    account_id: UUID
    roles: tuple[Role, ...]


class Staff(BaseModel):
    items: list[StaffMember]


@router.get("/staff", operation_id="list_staff")
async def list_staff(caller: Annotated[Caller, needs("staff.read")]) -> Staff:
    community = await community_now(caller.service, caller.community_id)
    accounts = sorted({account_id for account_id, _ in community.staff})
    return Staff(
        items=[
            StaffMember(account_id=account_id, roles=community.roles_of(account_id))
            for account_id in accounts
        ]
    )


class RolePermissions(BaseModel):
    """`*` is every permission there is, those that no other role has among them."""

    role: Role
    permissions: list[str]


class Roles(BaseModel):
    items: list[RolePermissions]


@router.get("/roles", operation_id="list_roles", dependencies=[needs("account")])
async def list_roles() -> Roles:
    """What each role may do: the table by which every service decides."""
    return Roles(
        items=[
            RolePermissions(role=role, permissions=sorted(permissions))
            for role, permissions in PERMISSIONS.items()
        ]
    )


def _own(caller: Caller, community_id: CommunityId) -> None:
    if community_id != caller.community_id:
        raise NotFound("community_not_found", "There is no such community.")


async def _token(caller: Caller, community_id: CommunityId) -> str:
    community = await community_now(caller.service, community_id)
    account = caller.principal or Principal(caller.account_id)
    owner = acting_in(community_id, community, account)
    return str(caller.service.gateways["signer"].sign(owner))


def _brand(body: CommunityBrand) -> Brand:
    return Brand(
        colour=Code(body.colour),
        logo=Label(body.logo) if body.logo else None,
        accent=Code(body.accent) if body.accent else None,
    )


def _take(slug: str, community_id: CommunityId) -> Ask:
    take = commands.TakeSlug(community_id)
    return Ask(SLUG, slug_stream(slug), take, community_id=PLATFORM)


def _free(slug: str, community_id: CommunityId) -> Ask:
    free = commands.FreeSlug(community_id)
    return Ask(SLUG, slug_stream(slug), free, community_id=PLATFORM)


async def _page(connection: Any, page: CommunityPage | None) -> Page:
    if page is None:
        raise NotFound("community_not_found", "There is no such community.")
    tiers = await tiers_of(connection, page.community_id)
    visibility = await visibility_of(connection, page.community_id)
    return Page(
        community_id=page.community_id,
        slug=page.slug,
        kind=page.kind,
        name=page.name,
        brand=brand_of(page),
        currency=page.currency,
        time_zone=page.time_zone,
        mode=page.mode,
        visibility=visibility or "public",
        language=page.language,
        audience=page.audience,
        home=await own_origin(connection, page.community_id),
        tiers=[tier for tier in tiers if not tier.retired],
    )
