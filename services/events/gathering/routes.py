"""Publishing, moving and cancelling gatherings, and seeing which are coming."""

from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints

from services.events.access.projections import tiers_among
from services.events.gathering import commands
from services.events.gathering.decider import GATHERING
from services.events.gathering.events import MemberPrice, MemberTerms, Presale, TierId
from services.events.gathering.projections import (
    Listed,
    coming_gatherings,
    gatherings_among,
    told_terms,
)
from services.events.sale.projections import seats_left_among
from shared.contracts import events_gathering as contracts
from shared.contracts.contract import MoneyValue
from shared.decider import NotFound
from shared.http import Body, Caller, Page, Written, by_moment, needs, paging
from shared.ids import Label
from shared.reaction import Ask
from shared.visibility.gate import Visitor

router = APIRouter()

MOST_TIERS = 50

Organiser = Annotated[Caller, needs("gatherings.write", strict=True)]
Price = Annotated[MoneyValue, AfterValidator(lambda price: MoneyValue.of(price.money()))]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]


Tiers = Annotated[tuple[TierId, ...], Field(max_length=MOST_TIERS)]


class AskedPresale(Body):
    """Who has one of the tiers buys from `opens_at`, everybody else from `everybody_at`."""

    tiers: Tiers
    opens_at: AwareDatetime
    everybody_at: AwareDatetime


class AskedMemberPrice(Body):
    """What a seat costs who has one of the tiers."""

    tiers: Tiers
    price: Price


class PublishGathering(Body):
    """`only_for` names the tiers whose holders may have seats at all; everybody may where it is empty."""

    name: Text
    place: Text | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int
    price: Price
    presale: AskedPresale | None = None
    member_price: AskedMemberPrice | None = None
    only_for: Tiers = ()

    def member_terms(self) -> MemberTerms:
        """What some tiers give of it."""
        presale, cheaper = self.presale, self.member_price
        return MemberTerms(
            Presale(presale.tiers, presale.opens_at, presale.everybody_at) if presale else None,
            MemberPrice(cheaper.tiers, cheaper.price.money()) if cheaper else None,
            self.only_for,
        )

    def named_tiers(self) -> set[TierId]:
        """Every tier that the terms name."""
        early = self.presale.tiers if self.presale else ()
        cheaper = self.member_price.tiers if self.member_price else ()
        return {*early, *cheaper, *self.only_for}


class RescheduleGathering(Body):
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class Gathering(BaseModel):
    """`seats_left` is null until the sale has opened; `price` is what everybody pays, `member_price` what some do."""

    gathering_id: UUID
    version: int
    name: str
    place: str | None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    capacity: int
    seats_left: int | None
    price: MoneyValue
    presale: contracts.Presale | None
    member_price: contracts.MemberPrice | None
    only_for: tuple[UUID, ...]
    cancelled: bool


class Gatherings(BaseModel):
    items: list[Gathering]
    next: str | None


@router.post("/gatherings", status_code=201, operation_id="publish_gathering")
async def publish_gathering(body: PublishGathering, caller: Organiser) -> Written:
    gathering_id = caller.new_id("gathering")
    async with caller.read() as connection:
        tiers = await tiers_among(connection, body.named_tiers())
    command = commands.PublishGathering(
        Label(body.name),
        Label(body.place) if body.place else None,
        body.starts_at,
        body.ends_at,
        body.capacity,
        body.price.money(),
        caller.now,
        body.member_terms(),
        tiers,
    )
    return await caller.ask(Ask(GATHERING, gathering_id, command), gathering_id=gathering_id)


@router.put("/gatherings/{gathering_id}/times", operation_id="reschedule_gathering")
async def reschedule_gathering(
    gathering_id: UUID,
    body: RescheduleGathering,
    caller: Annotated[Caller, needs("gatherings.write", strict=True, if_match=True)],
) -> Written:
    command = commands.RescheduleGathering(body.starts_at, body.ends_at, caller.now)
    return await caller.ask(Ask(GATHERING, gathering_id, command), gathering_id=gathering_id)


@router.post("/gatherings/{gathering_id}/cancellation", operation_id="cancel_gathering")
async def cancel_gathering(gathering_id: UUID, caller: Organiser) -> Written:
    command = commands.CancelGathering(caller.now)
    return await caller.ask(Ask(GATHERING, gathering_id, command), gathering_id=gathering_id)


@router.get("/gatherings/{gathering_id}", operation_id="read_gathering")
async def read_gathering(
    gathering_id: UUID, response: Response, caller: Annotated[Caller, needs("account")]
) -> Gathering:
    async with caller.read() as connection:
        found = await gatherings_among(connection, [gathering_id])
        shown = await _shown(connection, found.values())
    if not shown:
        raise NotFound("gathering_not_found", "There is no such gathering.")
    response.headers["ETag"] = f'"{shown[0].version}"'
    return shown[0]


@router.get("/public/communities/{community_id}/gatherings", operation_id="list_coming_gatherings")
async def list_coming_gatherings(
    community_id: UUID, caller: Visitor, page: Annotated[Page, Depends(paging)]
) -> Gatherings:
    async with caller.read(community_id) as connection:
        coming = await coming_gatherings(
            connection, caller.now, page.cursor(by_moment), page.limit + 1
        )
        shown = await _shown(connection, coming)
    return Gatherings(
        **page.answer(shown, key=lambda g: f"{g.starts_at.isoformat()} {g.gathering_id}")
    )


async def _shown(connection: Any, listed: Collection[Listed]) -> list[Gathering]:
    seats_left = await seats_left_among(connection, [one.gathering_id for one in listed])
    return [
        Gathering(
            gathering_id=one.gathering_id,
            version=one.version,
            name=one.name,
            place=one.place,
            starts_at=one.starts_at,
            ends_at=one.ends_at,
            capacity=one.capacity,
            seats_left=seats_left.get(one.gathering_id),
            price=MoneyValue.of(one.price),
            cancelled=one.cancelled,
            **told_terms(one.member_terms),
        )
        for one in listed
    ]
