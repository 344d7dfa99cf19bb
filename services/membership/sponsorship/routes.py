"""Saying where a sponsor is seen and who looks at it for them; and looking."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, StringConstraints

from services.membership.community.projections import community_now
from services.membership.link.events import link_of
from services.membership.link.projections import LinkRow, link_now, links_named
from services.membership.sponsorship import commands
from services.membership.sponsorship.decider import SPONSORSHIP
from services.membership.sponsorship.events import SponsorshipId
from services.membership.sponsorship.projections import SponsorshipRow, sponsorships_of
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import AccountId, Label
from shared.reaction import Ask

router = APIRouter()

Placing = Annotated[Caller, needs("links.write", strict=True)]
Naming = Annotated[Caller, needs("staff.write", strict=True)]
Paging = Annotated[Page, Depends(paging)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class MakeSponsorship(Body):
    """`name` is the sponsor's, as the community calls it."""

    name: Name


class MadeSponsorship(Written):
    sponsorship_id: UUID


@router.post("/sponsorships", status_code=201, operation_id="make_sponsorship")
async def make_sponsorship(body: MakeSponsorship, caller: Placing) -> MadeSponsorship:
    """It has placements, each a campaign's link, and contacts who see what they bring."""
    sponsorship_id = SponsorshipId(caller.new_id("sponsorship"))
    written = await _ask(caller, sponsorship_id, commands.MakeSponsorship(Label(body.name)))
    return MadeSponsorship(**written.model_dump(), sponsorship_id=sponsorship_id)


@router.put("/sponsorships/{sponsorship_id}/placements/{slug}", operation_id="give_placement")
async def give_placement(sponsorship_id: SponsorshipId, slug: str, caller: Placing) -> Written:
    """Of a campaign, since that is to nobody's credit."""
    link_id = link_of(caller.community_id, slug)
    link = await link_now(caller.service, caller.community_id, link_id)
    kind = link.made.kind if link else None
    return await _ask(caller, sponsorship_id, commands.GivePlacement(link_id, kind))


@router.delete("/sponsorships/{sponsorship_id}/placements/{slug}", operation_id="take_placement")
async def take_placement(sponsorship_id: SponsorshipId, slug: str, caller: Placing) -> Written:
    take = commands.TakePlacement(link_of(caller.community_id, slug))
    return await _ask(caller, sponsorship_id, take)


@router.put("/sponsorships/{sponsorship_id}/contacts/{account_id}", operation_id="name_contact")
async def name_contact(
    sponsorship_id: SponsorshipId, account_id: AccountId, caller: Naming
) -> Written:
    """Of who is a sponsor's contact already; whoever is not is invited as one, with the sponsorship."""
    community = await community_now(caller.service, caller.community_id)
    has_role = "sponsor_contact" in community.roles_of(account_id)
    return await _ask(caller, sponsorship_id, commands.NameContact(account_id, has_role))


@router.delete(
    "/sponsorships/{sponsorship_id}/contacts/{account_id}", operation_id="dismiss_contact"
)
async def dismiss_contact(
    sponsorship_id: SponsorshipId, account_id: AccountId, caller: Naming
) -> Written:
    return await _ask(caller, sponsorship_id, commands.DismissContact(account_id))


class Placement(BaseModel):
    """A visit is a number: nobody is told from anybody."""

    link_id: UUID
    slug: str
    name: str
    target: str
    retired_at: datetime | None
    visits: int


class SponsorshipShown(BaseModel):
    sponsorship_id: UUID
    name: str
    made_at: datetime
    placements: list[Placement]


class MySponsorships(BaseModel):
    items: list[SponsorshipShown]
    next: str | None


class ListedSponsorship(SponsorshipShown):
    contacts: list[UUID]


class Sponsorships(BaseModel):
    items: list[ListedSponsorship]
    next: str | None


@router.get("/sponsorships/mine", operation_id="list_my_sponsorships")
async def list_my_sponsorships(
    caller: Annotated[Caller, needs("placements.own")], page: Paging
) -> MySponsorships:
    """Those whose contact one is, and how often their placements were followed; analytics has what came of it."""
    found = await _list(caller, page, caller.account_id)
    items = [SponsorshipShown(**one.model_dump(exclude={"contacts"})) for one in found.items]
    return MySponsorships(items=items, next=found.next)


@router.get("/sponsorships", operation_id="list_sponsorships")
async def list_sponsorships(
    caller: Annotated[Caller, needs("links.write")], page: Paging
) -> Sponsorships:
    """The newest first."""
    return await _list(caller, page, None)


async def _list(caller: Caller, page: Page, contact: UUID | None) -> Sponsorships:
    async with caller.read() as connection:
        rows = await sponsorships_of(
            connection,
            caller.community_id,
            contact=contact,
            before=page.cursor(by_moment),
            limit=page.limit + 1,
        )
        placed = [link_id for row in rows for link_id in row.placements]
        links = {link.link_id: link for link in await links_named(connection, placed)}
    items = [_listed(row, links) for row in rows]
    return Sponsorships(
        **page.answer(items, lambda last: f"{last.made_at.isoformat()} {last.sponsorship_id}")
    )


def _listed(row: SponsorshipRow, links: dict[UUID, LinkRow]) -> ListedSponsorship:
    return ListedSponsorship(
        sponsorship_id=row.sponsorship_id,
        name=row.name,
        made_at=row.made_at,
        contacts=row.contacts,
        placements=[
            Placement(**{field: getattr(links[link_id], field) for field in Placement.model_fields})
            for link_id in row.placements
            if link_id in links
        ],
    )


async def _ask(
    caller: Caller, sponsorship_id: SponsorshipId, command: commands.SponsorshipCommand
) -> Written:
    return await caller.ask(Ask(SPONSORSHIP, sponsorship_id, command))
