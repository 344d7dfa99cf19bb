"""Making links that people are sent by, and following one."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode, urljoin
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, Field, StringConstraints

from services.membership.domain.projections import origin_of
from services.membership.gateways.visits import Visits
from services.membership.link import commands
from services.membership.link.decider import LINK
from services.membership.link.events import LinkKind, LinkMade, link_of
from services.membership.link.projections import LinkRow, link_now, links_of
from services.membership.member.projections import member_now
from services.membership.visit import make_visit
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import Code, Label, PersonId, derive
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

DAYS = 30
Staff = Annotated[Caller, needs("links.write", strict=True)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,59}$")]
Target = Annotated[str, StringConstraints(pattern=r"^/([A-Za-z0-9_.~-][A-Za-z0-9/_.~-]{0,300})?$")]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class MakeLink(Body):
    """`target` is a page at this origin; who comes by it counts for so many `days`, to the credit of `owner_id`."""

    slug: Slug
    kind: LinkKind
    name: Name
    owner_id: UUID | None = None
    target: Target
    days: int = Field(default=DAYS, ge=1, le=365)


class MadeLink(Written):
    link_id: UUID
    url: str


@router.post("/links", status_code=201, operation_id="make_link")
async def make_link(body: MakeLink, caller: Staff) -> MadeLink:
    """What it means never changes; a name is used once."""
    if body.owner_id is not None:
        await member_now(caller.service, caller.community_id, body.owner_id)
    owner = PersonId(body.owner_id) if body.owner_id else None
    return await _make(
        caller,
        LinkMade(Code(body.slug), body.kind, Label(body.name), owner, Code(body.target), body.days),
    )


class MakeReferralLink(Body):
    target: Target


@router.post("/me/referral-link", status_code=201, operation_id="make_referral_link")
async def make_referral_link(
    body: MakeReferralLink, caller: Annotated[Caller, needs("person")]
) -> MadeLink:
    """Each member has one for each page; it says nothing about them."""
    person_id = PersonId(caller.person_id)
    slug = Code("r-" + derive(person_id, "referral link", body.target).hex[:12])
    referral = LinkMade(slug, "referral", Label("referral"), person_id, Code(body.target), DAYS)
    return await _make(caller, referral)


@router.post("/links/{slug}/retirement", operation_id="retire_link")
async def retire_link(slug: str, caller: Staff) -> Written:
    link_id = link_of(caller.community_id, slug)
    return await caller.ask(Ask(LINK, link_id, commands.RetireLink()))


class ListedLink(BaseModel):
    link_id: UUID
    slug: str
    kind: LinkKind
    name: str
    owner_id: UUID | None
    target: str
    days: int
    made_at: datetime
    retired_at: datetime | None
    visits: int
    url: str


class Links(BaseModel):
    items: list[ListedLink]
    next: str | None


@router.get("/links", operation_id="list_links")
async def list_links(
    caller: Annotated[Caller, needs("links.write")], page: Annotated[Page, Depends(paging)]
) -> Links:
    """The newest first. A visit is a number: nobody is told from anybody."""
    return await _list(caller, page, None)


@router.get("/me/links", operation_id="list_my_links")
async def list_my_links(
    caller: Annotated[Caller, needs("person")], page: Annotated[Page, Depends(paging)]
) -> Links:
    """Those that are to one's own credit."""
    return await _list(caller, page, caller.person_id)


@router.get(
    "/public/links/{community_id}/{slug}",
    status_code=303,
    operation_id="follow_link",
    response_class=RedirectResponse,
)
async def follow_link(community_id: UUID, slug: str, caller: Visitor) -> RedirectResponse:
    """On to the page, with a `via` that it hands in once its reader agrees to be counted as sent by the link."""
    service, link_id = caller.service, link_of(community_id, slug)
    link = await link_now(service, community_id, link_id)
    if link is None or link.retired:
        raise NotFound("link_not_found", "There is no such link.")
    await Visits(service.pool).count(community_id, link_id, caller.now.astimezone(UTC).date())
    via = urlencode({"via": make_visit(service.secret, link_id, caller.now)})
    target = f"{await origin_of(service, community_id)}{link.made.target}?{via}"
    plain = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return RedirectResponse(target, status_code=303, headers=plain)


async def _make(caller: Caller, wanted: LinkMade) -> MadeLink:
    link_id = link_of(caller.community_id, wanted.slug)
    written = await caller.ask(Ask(LINK, link_id, commands.MakeLink(wanted)))
    return MadeLink(**written.model_dump(), link_id=link_id, url=_url(caller, wanted.slug))


def _url(caller: Caller, slug: str) -> str:
    path = f"/api/membership/v1/public/links/{caller.community_id}/{slug}"
    origin: str = caller.service.settings.origin
    return urljoin(origin, path)


async def _list(caller: Caller, page: Page, owner: UUID | None) -> Links:
    async with caller.read() as connection:
        rows = await links_of(
            connection,
            caller.community_id,
            owner=owner,
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
    answer: dict[str, Any] = page.answer(
        rows, lambda last: f"{last.made_at.isoformat()} {last.link_id}"
    )
    items = [_listed(caller, row) for row in answer["items"]]
    return Links(items=items, next=answer["next"])


def _listed(caller: Caller, row: LinkRow) -> ListedLink:
    plain = {field: getattr(row, field) for field in row.__slots__ if field != "owner"}
    return ListedLink(**plain, owner_id=row.owner, url=_url(caller, row.slug))
